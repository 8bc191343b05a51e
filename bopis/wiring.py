"""The composition root: from settings to everything that runs. The only place that knows every vendor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from bopis import clock, inbox, sealing
from bopis.bell import Bell, RedisBell
from bopis.config import Settings
from bopis.db import Database
from bopis.effects import Effect, Gateways, handlers
from bopis.hooks.health import CarefulSender
from bopis.merchants.calling import CarefulPlatform
from bopis.merchants.secrets import Keeper
from bopis.merchants.typed_in import TypedIn
from bopis.messages import Message
from bopis.ports import Installer, Mailer, Payments, Platform
from integrations.bigcommerce import BigCommercePlatform
from integrations.hooks import SignedSender
from integrations.magento import MagentoPlatform
from integrations.ourselves import OwnAddress
from integrations.public import PublicCaller
from integrations.shopify import ShopifyInstaller, ShopifyPlatform
from integrations.smtp import Server, SmtpMailer
from integrations.square import SquarePlatform
from integrations.standard import StandardOrders, StandardPlatform
from integrations.twilio import TwilioMessenger
from integrations.woocommerce import WooCommerceInstaller, WooCommercePlatform, site_of

_HANDS = 32


@dataclass(frozen=True)
class Service:
    """Everything a process of ours needs."""

    settings: Settings
    database: Database
    gateways: Gateways
    handlers: Mapping[type[Message], Effect]
    hands: int = 0
    """How many calls to the world a worker makes side by side; with none, one after another."""


TYPED_IN = {
    "shopify": TypedIn(
        ("access_token", "client_secret"),
        also=("previous_client_secret", "store_webhook_key"),
        account="Address, such as example.myshopify.com",
    ),
    "bigcommerce": TypedIn(
        ("access_token", "client_secret"), also=("previous_client_secret",), title="BigCommerce", account="Store hash"
    ),
    "square": TypedIn(
        ("access_token",), also=("signature_key", "previous_signature_key"), title="Square", account="Merchant id"
    ),
    "twilio": TypedIn(("auth_token",), ("from",), account="Account SID"),
    "stripe": TypedIn(
        ("secret_key", "webhook_secret"), also=("previous_webhook_secret",), account="Account id, such as acct_…"
    ),
    "woocommerce": TypedIn(
        ("consumer_key", "consumer_secret", "webhook_secret"),
        also=("previous_webhook_secret",),
        optional=("country", "ready_status", "open_statuses"),
        title="WooCommerce",
        account="Address, such as shop.example.com",
        name_of=site_of,
    ),
    "magento": TypedIn(
        ("access_token",),
        optional=("client_id", "website", "country", "weight_unit", "collected_status"),
        title="Adobe Commerce",
        account="Address, such as shop.example.com",
    ),
    "standard": TypedIn(
        ("signing_secret",),
        also=("previous_signing_secret", "access_token"),
        title="Any other shop",
        account="A name for it",
    ),
}


def build(settings: Settings, bell: Bell | None = None) -> Service:
    """Put the service together. Nothing is called yet: the first use of a part finds out whether it answers."""
    sealing.use_keys(settings.secret_keys)
    database = Database(settings.database_url, bell or RedisBell(settings.redis_url))
    installers = _installers(settings)
    keeper = Keeper(database, installers)
    gateways = Gateways(
        platforms={
            name: CarefulPlatform(platform, keeper) for name, platform in _platforms(settings, database).items()
        },
        messengers={"twilio": TwilioMessenger(base_url=settings.twilio_url)},
        installers=installers,
        mailer=_mailer(settings),
        payments=WhenAsked({"stripe": lambda: _stripe(settings)}),
        orders=StandardOrders(),
        hooks=CarefulSender(SignedSender(PublicCaller(private=settings.private_urls)), database),
        address=OwnAddress(),
    )
    return Service(settings, database, gateways, handlers(gateways, settings.public_url), _HANDS)


class WhenAsked(Mapping[str, Payments]):
    """Vendors whose library is large: 30 MB that only a process which serves an account of theirs takes."""

    def __init__(self, makers: Mapping[str, Callable[[], Payments]]) -> None:
        self._makers, self._made = makers, dict[str, Payments]()

    def __getitem__(self, vendor: str) -> Payments:
        if vendor not in self._made:
            self._made[vendor] = self._makers[vendor]()
        return self._made[vendor]

    def __contains__(self, vendor: object) -> bool:
        return vendor in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def _stripe(settings: Settings) -> Payments:
    from integrations.stripe import StripePayments

    return StripePayments(base_url=settings.stripe_url)


def _mailer(settings: Settings) -> Mailer | None:
    mail = settings.mail
    if mail is None:
        return None
    return SmtpMailer(Server(mail.host, mail.port, mail.security, mail.user, mail.password), mail.sender)


def _platforms(settings: Settings, database: Database) -> dict[str, Platform]:
    """Every shop platform there is: one line each."""
    kept, caller = partial(inbox.kept_of, database), PublicCaller(private=settings.private_urls)
    return {
        "bigcommerce": BigCommercePlatform(settings.bigcommerce_url),
        "square": SquarePlatform(settings.square_url, settings.public_url),
        "magento": MagentoPlatform(
            PublicCaller(private=settings.private_urls or bool(settings.magento_url)), settings.magento_url
        ),
        "standard": StandardPlatform(kept, _now, caller),
        "woocommerce": WooCommercePlatform(_for_woocommerce(settings), settings.woocommerce_url),
        "shopify": ShopifyPlatform(base_url=settings.shopify_url, app_secrets=settings.shopify_client_secrets),
    }


def _for_woocommerce(settings: Settings) -> PublicCaller:
    return PublicCaller(private=settings.private_urls or bool(settings.woocommerce_url))


def _now() -> dt.datetime:
    return clock.now()  # looked up at each call, as everywhere


def _installers(settings: Settings) -> dict[str, Installer]:
    found: dict[str, Installer] = {
        "woocommerce": WooCommerceInstaller(_for_woocommerce(settings), settings.woocommerce_url)
    }
    if settings.shopify_client_id:
        found["shopify"] = ShopifyInstaller(
            settings.shopify_client_id, settings.shopify_client_secrets, base_url=settings.shopify_url
        )
    return found
