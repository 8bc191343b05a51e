"""WooCommerce as a `bopis.ports.Platform`. A unit is a package: an order's shipping line, named `<order>-<line>`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from bopis.ports import Account, AccountNews, BadSignature, Delivery, Location, OrderSnapshot, Trial
from integrations.public import PublicCaller
from integrations.woocommerce import marks, webhooks
from integrations.woocommerce.client import RestClient
from integrations.woocommerce.orders import changed_orders, locations, read_order, read_refunds
from integrations.woocommerce.packages import is_pickup
from integrations.woocommerce.products import Products
from integrations.woocommerce.subscriptions import ensure
from integrations.woocommerce.translate import order_snapshot


class WooCommercePlatform:
    """`base_url`, when given, stands in for every shop's `https://…` address.

    Of an account it reads name (`shop.example.com`), secrets `consumer_key`, `consumer_secret`, `webhook_secret`,
    `previous_webhook_secret`, and settings `country`, `ready_status`, `open_statuses`.
    """

    def __init__(self, caller: PublicCaller, base_url: str = "") -> None:
        self._client = RestClient(caller, base_url)
        self._products = Products(self._client)

    def verify(self, headers: Mapping[str, str], body: bytes, account: Account) -> Delivery:
        """Check a webhook and say what it is. Raises Ping, BadSignature or BadDelivery."""
        return webhooks.verify(headers, body, account)

    def verify_for_app(self, headers: Mapping[str, str], body: bytes) -> tuple[str, Delivery]:
        """Nothing: no app stands between shops and us, each signs with its own secret. Raises BadSignature."""
        raise BadSignature("shops have no address in common")

    def order_of(self, delivery: Delivery, body: bytes) -> str | None:
        """The order id a webhook concerns, or None. Raises BadDelivery."""
        return webhooks.order_of(delivery.topic, body)

    def unit_of(self, delivery: Delivery, body: bytes) -> str | None:
        """None: news of orders name the order."""
        return None

    def account_news(self, account: Account, delivery: Delivery, body: bytes) -> AccountNews | None:
        """None: a shop that takes our key away tells nobody."""
        return None

    def order_of_unit(self, account: Account, unit_id: str) -> str | None:
        """The order a package belongs to."""
        return unit_id.partition("-")[0] or None

    def fetch_order(self, account: Account, order_id: str) -> OrderSnapshot | None:
        """The order as it is now; None when the shop has no such order. Raises the three."""
        order = read_order(self._client, account, order_id)
        if order is None:
            return None
        refunds = read_refunds(self._client, account, order)
        opened = [status.strip() for status in account.settings.get("open_statuses", "").split(",")]
        opened.append(account.settings.get("ready_status", ""))
        is_ours = any(is_pickup(package) for package in order["shipping_lines"])
        measures = self._products.of(account, order["lines"]) if is_ours else {}
        return order_snapshot(order, refunds, account.settings.get("country", ""), opened, measures)

    def locations(self, account: Account) -> list[Location]:
        """The places of the classic checkout; those of the checkout block no list names. Raises the three."""
        return locations(self._client, account)

    def mark_ready(self, account: Account, unit_id: str) -> None:
        """Note that the goods wait; the order gets the shop's own status for that if it has one. Raises the three."""
        marks.mark(self._client, account, unit_id, "ready")

    def mark_collected(self, account: Account, unit_id: str) -> None:
        """Note that the goods were handed over; with its last package the order is completed. Raises the three."""
        marks.mark(self._client, account, unit_id, "collected")

    def mark_returned(self, account: Account, unit_id: str, key: str) -> None:
        """Put what is left of a package back into stock; no money moves. Raises the three."""
        marks.give_back(self._client, account, unit_id, key)

    def changed_since(self, account: Account, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
        """Orders changed since then, oldest change first, page by page as they are read. Raises the three."""
        return changed_orders(self._client, account, since)

    def test_delivery(self, account: Account, callback_url: str, body: bytes) -> Trial:
        """Signed with the webhooks' secret; the shop's own ping is signed by nobody. Raises PermanentFailure."""
        return Trial(webhooks.signed(body, account))

    def ensure_subscriptions(self, account: Account, callback_url: str) -> list[str]:
        """Have every topic we follow sent to this address, or sent again; says which were not. Raises the three."""
        return ensure(self._client, account, callback_url)
