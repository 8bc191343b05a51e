"""Adobe Commerce and Magento Open Source as a `bopis.ports.Platform`. A unit is an order, and has its id."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from bopis.errors import PermanentFailure
from bopis.ports import Account, AccountNews, BadSignature, Delivery, Location, OrderSnapshot, Trial
from integrations.magento import marks, webhooks
from integrations.magento.client import RestClient
from integrations.magento.keys import ADOBE, PublicKeys
from integrations.magento.orders import Names, changed_orders, locations, read_order
from integrations.magento.subscriptions import ensure
from integrations.magento.translate import is_pickup, order_snapshot
from integrations.public import PublicCaller


class MagentoPlatform:
    """`base_url`, when given, stands in for every shop's `https://…` address, and for Adobe's keys.

    Of an account it reads name (`shop.example.com`), secret `access_token`, and settings `client_id`, `website`,
    `country`, `weight_unit`, `collected_status`.
    """

    def __init__(self, caller: PublicCaller, base_url: str = "") -> None:
        self._client = RestClient(caller, base_url)
        self._names = Names(self._client)
        self._keys = PublicKeys(base_url or ADOBE)

    def verify(self, headers: Mapping[str, str], body: bytes, account: Account) -> Delivery:
        """Check an event and say what it is. Raises BadSignature.

        Adobe's public key is fetched when an event first names it, and remembered for a day.
        """
        return webhooks.verify(headers, body, account, self._keys.of)

    def verify_for_app(self, headers: Mapping[str, str], body: bytes) -> tuple[str, Delivery]:
        """Raises BadSignature: every shop's events go to its own connection's address."""
        raise BadSignature("shops have no address in common")

    def order_of(self, delivery: Delivery, body: bytes) -> str | None:
        """The order id an event concerns, or None. Raises BadDelivery."""
        return webhooks.order_of(body)

    def unit_of(self, delivery: Delivery, body: bytes) -> str | None:
        """None: events of orders name the order."""
        return None

    def account_news(self, account: Account, delivery: Delivery, body: bytes) -> AccountNews | None:
        """None: a shop that takes our token away tells nobody."""
        return None

    def order_of_unit(self, account: Account, unit_id: str) -> str | None:
        """The order itself."""
        return unit_id or None

    def fetch_order(self, account: Account, order_id: str) -> OrderSnapshot | None:
        """The order as it is now; None when the shop has no such order. Raises the three."""
        order = read_order(self._client, account, order_id)
        if order is None:
            return None
        settings = account.settings
        name = self._names.of(account, order["more"]["pickup_location_code"] or "") if is_pickup(order) else ""
        return order_snapshot(order, name, settings.get("weight_unit", ""), settings.get("country", ""))

    def locations(self, account: Account) -> list[Location]:
        """Its pickup locations, by their source codes. Raises the three."""
        return locations(self._client, account)

    def mark_ready(self, account: Account, unit_id: str) -> None:
        """Have the shop tell its shopper that the goods wait, which ships them. Raises the three."""
        marks.ready(self._client, account, unit_id)

    def mark_collected(self, account: Account, unit_id: str) -> None:
        """Note on the order that the goods were handed over. Raises the three."""
        marks.collected(self._client, account, unit_id)

    def mark_returned(self, account: Account, unit_id: str, key: str) -> None:
        """Put an order's goods back into the stock of its place; no money moves. Raises the three."""
        marks.returned(self._client, account, unit_id, key)

    def changed_since(self, account: Account, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
        """Orders changed since then, oldest change first, page by page as they are read. Raises the three."""
        return changed_orders(self._client, account, since)

    def ensure_subscriptions(self, account: Account, callback_url: str) -> list[str]:
        """Have the shop make events of its orders where the connection wants any. Raises the three."""
        return ensure(self._client, account)

    def test_delivery(self, account: Account, callback_url: str, body: bytes) -> Trial:
        """Adobe alone can sign, and sends nothing when asked. Raises PermanentFailure where nothing is expected."""
        if not account.settings.get("client_id"):
            raise PermanentFailure(
                "no_events", "no events are expected: without a client id the shop is asked every five minutes instead"
            )
        return Trial()
