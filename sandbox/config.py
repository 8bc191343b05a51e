"""The sandbox's own configuration, one JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class BadConfig(Exception):
    """The file is missing or wrong; the text names the place."""


@dataclass(frozen=True)
class ShopConfig:
    domain: str
    access_token: str = field(repr=False)
    client_secret: str = field(repr=False)
    webhook_url: str
    locations: tuple[tuple[str, str], ...]
    """(id as decimal digits, name)"""
    client_id: str = ""
    """The app's; empty when nobody may install it."""
    app_webhook_url: str = ""
    """Where the app hears of compliance."""


@dataclass(frozen=True)
class PhoneConfig:
    account_sid: str
    auth_token: str = field(repr=False)
    sender: str


@dataclass(frozen=True)
class CardsConfig:
    secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    webhook_url: str = ""


@dataclass(frozen=True)
class StandardConfig:
    signing_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    webhook_url: str = ""


@dataclass(frozen=True)
class WooCommerceConfig:
    site: str
    """Its own address, as it writes it down."""
    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    locations: tuple[tuple[str, str], ...]
    """(id as decimal digits, name)"""
    statuses: tuple[str, ...] = ()
    """Those a plugin of the shop added to WooCommerce's own."""
    webhook_secret: str = field(default="", repr=False)
    """What the webhooks are signed with that it has from the start."""


@dataclass(frozen=True)
class BankConfig:
    tty: str
    doors: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Config:
    shop: ShopConfig
    phone: PhoneConfig
    bank: BankConfig | None
    cards: CardsConfig | None = None
    standard: StandardConfig | None = None
    woocommerce: WooCommerceConfig | None = None
    webhook_urls: Mapping[str, str] = field(default_factory=dict)
    """Where the shops beside the first send their news from the start, by the platform's name."""


def read_config(path: Path) -> Config:
    """Read the file. Raises BadConfig."""
    try:
        payload = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfig(f"{path} cannot be read as JSON: {error}") from None
    return config_of(payload)


def config_of(payload: Any) -> Config:
    """The configuration in a parsed file. Raises BadConfig naming what is missing."""
    try:
        shop, phone, bank = payload["shop"], payload["twilio"], payload.get("bank")
        cards, standard = payload.get("stripe"), payload.get("standard")
        woocommerce = payload.get("woocommerce")
        return Config(
            ShopConfig(
                domain=shop["domain"],
                access_token=shop["access_token"],
                client_secret=shop["client_secret"],
                webhook_url=shop.get("webhook_url", ""),
                locations=tuple((_digits(place["id"]), str(place["name"])) for place in shop["locations"]),
                client_id=str(shop.get("client_id", "")),
                app_webhook_url=str(shop.get("app_webhook_url", "")),
            ),
            PhoneConfig(phone["account_sid"], phone["auth_token"], phone["from"]),
            BankConfig(str(bank["tty"]), tuple(bank["doors"])) if bank else None,
            CardsConfig(cards["secret_key"], cards["webhook_secret"], cards.get("webhook_url", "")) if cards else None,
            StandardConfig(standard["signing_secret"], standard["access_token"], standard.get("webhook_url", ""))
            if standard
            else None,
            _woocommerce(woocommerce) if woocommerce else None,
            {str(vendor): str(url) for vendor, url in payload.get("webhook_urls", {}).items()},
        )
    except KeyError as error:
        raise BadConfig(f"the sandbox's configuration lacks {error}") from None
    except (TypeError, AttributeError):
        raise BadConfig("the sandbox's configuration is not shaped as documented in sandbox/README.md") from None


def _woocommerce(shop: Any) -> WooCommerceConfig:
    return WooCommerceConfig(
        site=shop["site"],
        consumer_key=shop["consumer_key"],
        consumer_secret=shop["consumer_secret"],
        locations=tuple((str(place["id"]), str(place["name"])) for place in shop["locations"]),
        statuses=tuple(shop.get("statuses", ())),
        webhook_secret=str(shop.get("webhook_secret", "")),
    )


def _digits(location_id: Any) -> str:
    return str(location_id).rpartition("/")[2]
