"""BigCommerce as a `bopis.ports.Platform`. Order and location ids are BigCommerce's numbers as decimal digits; a unit's
is `<order>-<pickup consignment>`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure
from bopis.ports import Account, AccountNews, BadSignature, Delivery, Location, OrderSnapshot, Trial
from integrations import http
from integrations.bigcommerce import records, webhooks
from integrations.bigcommerce.client import StoreClient
from integrations.bigcommerce.orders import Stores, changed_orders, read_locations, read_order, read_status
from integrations.bigcommerce.subscriptions import ensure
from integrations.bigcommerce.translate import (
    AWAITING_PAYMENT,
    AWAITING_PICKUP,
    CALLED_OFF,
    CANCELLED,
    COMPLETED,
    HANDED_OVER,
    HELD,
    order_snapshot,
    parts_of,
    pieces_of,
)


class BigCommercePlatform:
    """`base_url` is the API gateway of all stores.

    Of an account it reads name (the store hash), secrets `access_token`, `client_secret`, `previous_client_secret`,
    and the setting `country`.
    """

    def __init__(self, base_url: str, read_seconds: float = http.READ_SECONDS) -> None:
        self._client = StoreClient(base_url, read_seconds)
        self._stores = Stores(self._client)

    def verify_for_app(self, headers: Mapping[str, str], body: bytes) -> tuple[str, Delivery]:
        """Raises BadSignature: every store's webhooks go to its own connection's address."""
        raise BadSignature("there is no app of ours at this platform")

    def verify(self, headers: Mapping[str, str], body: bytes, account: Account) -> Delivery:
        """Check a webhook and say what it is. Raises BadSignature."""
        return webhooks.verify(headers, body, account)

    def order_of(self, delivery: Delivery, body: bytes) -> str | None:
        """The order id a webhook concerns, or None. Raises BadDelivery."""
        return webhooks.order_of(body)

    def unit_of(self, delivery: Delivery, body: bytes) -> str | None:
        """None: every webhook about a pickup names its order."""
        return None

    def account_news(self, account: Account, delivery: Delivery, body: bytes) -> AccountNews | None:
        """What a webhook says about the store itself, or None. Raises BadDelivery."""
        return webhooks.account_news(body, account)

    def order_of_unit(self, account: Account, unit_id: str) -> str | None:
        """The order a pickup belongs to stands in its id."""
        parts = parts_of(unit_id)
        return parts[0] if parts else None

    def changed_since(self, account: Account, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
        """Orders changed since then, oldest change first, page by page as they are read. Raises the three."""
        return changed_orders(self._client, account, since)

    def ensure_subscriptions(self, account: Account, callback_url: str) -> list[str]:
        """Subscribe to every scope that has no live webhook to this address; says which. Raises the three."""
        return ensure(self._client, account, callback_url)

    def test_delivery(self, account: Account, callback_url: str, body: bytes) -> Trial:
        """Signed with the client secret. Raises PermanentFailure."""
        return Trial(webhooks.signed(body, account, dt.datetime.now(dt.UTC)))

    def fetch_order(self, account: Account, order_id: str) -> OrderSnapshot | None:
        """The order as it is now; None when BigCommerce has no such order. Raises the three effect errors."""
        order = read_order(self._client, account, order_id)
        if order is None:
            return None
        return order_snapshot(order, self._stores.of(account), account.settings.get("country", ""))

    def locations(self, account: Account) -> list[Location]:
        """The store's locations. Raises the three effect errors."""
        return read_locations(self._client, account)

    def mark_ready(self, account: Account, unit_id: str) -> None:
        """Say that the goods wait: a record of the Pickups API, and for what is paid the status “Awaiting Pickup”.

        Raises the three effect errors. The status comes last and is written once, since the store may send its own
        e-mail with it.
        """
        order, pickup = self._order_and_pickup(account, unit_id)
        if order["status_id"] in HANDED_OVER:
            return
        pieces, now = pieces_of(order, pickup), dt.datetime.now(dt.UTC)
        records.record_ready(self._client, account, order["id"], pickup["method_id"], pieces, now)
        # What is to be paid at pickup goes on saying so: its status is all that does.
        if order["status_id"] != AWAITING_PAYMENT:
            self._set_status(account, order["id"], AWAITING_PICKUP)

    def mark_collected(self, account: Account, unit_id: str) -> None:
        """Say that the goods were handed over: the records are collected, and the order is completed.

        Raises the three effect errors.
        """
        order, pickup = self._order_and_pickup(account, unit_id)
        if order["status_id"] in HANDED_OVER:
            return
        order_id, now = order["id"], dt.datetime.now(dt.UTC)
        written = records.record_ready(
            self._client, account, order_id, pickup["method_id"], pieces_of(order, pickup), now
        )
        records.record_collected(self._client, account, order_id, written, now)
        self._set_status(account, order_id, COMPLETED)

    def mark_returned(self, account: Account, unit_id: str, key: str) -> None:
        """Cancel the order, which puts its goods back into stock as the store has set that up, and moves no money.

        Raises the three effect errors. Idempotent by what it says, so the key is not needed.
        """
        parts = parts_of(unit_id)
        order = read_order(self._client, account, parts[0]) if parts else None
        if order is None or order["status_id"] in (*CALLED_OFF, *HANDED_OVER):
            return
        _refuse_held(order)
        self._set_status(account, order["id"], CANCELLED)

    def _order_and_pickup(self, account: Account, unit_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Raises PermanentFailure when it is gone, called off or held."""
        order_id, pickup_id = parts_of(unit_id) or ("", "")
        order = read_order(self._client, account, order_id) if order_id else None
        found = [pickup for pickup in order["pickups"] if pickup["id"] == pickup_id] if order else []
        if order is None or not found:
            raise PermanentFailure("unit_not_found", "BigCommerce has no such pickup")
        if order["status_id"] in CALLED_OFF:
            raise PermanentFailure("unit_cancelled", "the order was cancelled")
        _refuse_held(order)
        return order, found[0]

    def _set_status(self, account: Account, order_id: str, status: int) -> None:
        """Look, write, and when the answer is lost look again. Raises the three effect errors."""
        if read_status(self._client, account, order_id) == status:
            return
        try:
            self._client.write("PUT", account, f"v2/orders/{order_id}", {"status_id": status})
        except (OutcomeUnknown, PermanentFailure):
            if not self._looks_done(account, order_id, status):
                raise

    def _looks_done(self, account: Account, order_id: str, status: int) -> bool:
        """Whether a look now shows it done; a look that fails shows nothing."""
        try:
            return read_status(self._client, account, order_id) == status
        except EffectError:
            return False


def _refuse_held(order: Mapping[str, Any]) -> None:
    if order["status_id"] in HELD:
        raise PermanentFailure("unit_on_hold", "the order is disputed or to be verified, which we do not overwrite")
