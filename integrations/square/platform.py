"""Square as a `bopis.ports.Platform`. Order and location ids are Square's own; a unit's is `<order>/<fulfilment>`."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from bopis.errors import OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.ports import Account, AccountNews, BadSignature, Delivery, Location, OrderSnapshot, Trial
from integrations import http
from integrations.square import failures, webhooks
from integrations.square.client import SquareClient
from integrations.square.orders import Places, changed_orders, read_order, read_places, read_skus
from integrations.square.stock import put_back
from integrations.square.subscriptions import ensure, send_test
from integrations.square.translate import (
    CALLED_OFF,
    CANCELED,
    COMPLETED,
    PICKUP,
    PREPARED,
    PROGRESS,
    order_snapshot,
    parts_of,
    pieces_of,
)

_MOST_TRIES = 4


class SquarePlatform:
    """`base_url` is the API of all sellers; `public_url` is where Square reaches us, which its signatures cover.

    Of an account it reads name (the merchant id), secrets `access_token`, `signature_key`, `previous_signature_key`,
    and the setting `country`.
    """

    def __init__(self, base_url: str, public_url: str, read_seconds: float = http.READ_SECONDS) -> None:
        self._client = SquareClient(base_url, read_seconds)
        self._places = Places(self._client)
        self._public_url = public_url.rstrip("/")

    def verify_for_app(self, headers: Mapping[str, str], body: bytes) -> tuple[str, Delivery]:
        """Raises BadSignature: every seller's webhooks go to its own connection's address."""
        raise BadSignature("there is no app of ours at this platform")

    def verify(self, headers: Mapping[str, str], body: bytes, account: Account) -> Delivery:
        """Check a webhook and say what it is. Raises BadSignature."""
        url = f"{self._public_url}/webhooks/square/{account.connection_id}"
        return webhooks.verify(headers, body, account, url)

    def order_of(self, delivery: Delivery, body: bytes) -> str | None:
        """The order id a webhook concerns, or None. Raises BadDelivery."""
        return webhooks.order_of(body)

    def unit_of(self, delivery: Delivery, body: bytes) -> str | None:
        """None: every webhook about a fulfilment names its order."""
        return None

    def account_news(self, account: Account, delivery: Delivery, body: bytes) -> AccountNews | None:
        """What a webhook says about the seller, or None. Raises BadDelivery."""
        return webhooks.account_news(body, account)

    def order_of_unit(self, account: Account, unit_id: str) -> str | None:
        """The order a fulfilment belongs to stands in its id."""
        return parts_of(unit_id)[0] or None

    def changed_since(self, account: Account, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
        """Pickup orders changed since then, oldest change first, page by page as they are read. Raises the three."""
        return changed_orders(self._client, account, since)

    def ensure_subscriptions(self, account: Account, callback_url: str) -> list[str]:
        """See to it that our topics come to this address; says which did not. Raises the three."""
        return ensure(self._client, account, callback_url)

    def test_delivery(self, account: Account, callback_url: str, body: bytes) -> Trial:
        """Sent by Square itself, or where its sample is another merchant's signed with our key. Raises the three."""
        status = send_test(self._client, account, callback_url)
        if status is None:
            return Trial(webhooks.signed(body, account, callback_url))
        return Trial(answered=status)

    def locations(self, account: Account) -> list[Location]:
        """The seller's locations. Raises the three effect errors."""
        return [Location(place["id"], place["name"] or "") for place in read_places(self._client, account)]

    def fetch_order(self, account: Account, order_id: str) -> OrderSnapshot | None:
        """The order as it is now; None when Square has no such order. Raises the three effect errors."""
        order = read_order(self._client, account, order_id)
        if order is None:
            return None
        place: Mapping[str, Any] = {}
        skus: Mapping[str, str] = {}
        picked = [each for each in order["fulfilments"] if each["kind"] == PICKUP]
        if picked:
            place = self._places.of(account, order["location_id"])
            wanted = {line_id for each in picked for line_id in pieces_of(order, each)}
            named = {line["catalog_id"] for line in order["lines"] if line["id"] in wanted and line["catalog_id"]}
            skus = read_skus(self._client, account, sorted(named))
        return order_snapshot(order, place, skus, account.settings.get("country", ""))

    def mark_ready(self, account: Account, unit_id: str) -> None:
        """Say that the goods wait: the fulfilment is PREPARED. Raises the three effect errors."""
        self._move(account, unit_id, PREPARED)

    def mark_collected(self, account: Account, unit_id: str) -> None:
        """Say that the goods were handed over: the fulfilment is COMPLETED. Raises the three effect errors."""
        self._move(account, unit_id, COMPLETED)

    def mark_returned(self, account: Account, unit_id: str, key: str) -> None:
        """Add the goods to the stock again, then call the fulfilment off, which moves no money. Raises the three.

        The stock comes first: the key makes its repeat harmless, and the state says that both are done.
        """
        found = self._found(account, unit_id)
        if found is None or found[1]["state"] in (*CALLED_OFF, COMPLETED):
            return
        put_back(self._client, account, *found, key, dt.datetime.now(dt.UTC))
        self._move(account, unit_id, CANCELED)

    def _move(self, account: Account, unit_id: str, state: str) -> None:
        """Bring a fulfilment into a state, unless it is there or beyond.

        Whoever changes the order between our look and our word makes Square refuse it by its version: we look again.
        """
        for left in reversed(range(_MOST_TRIES)):
            found = self._found(account, unit_id)
            if found is None:
                raise PermanentFailure("unit_not_found", "Square has no such fulfilment")
            if self._is_there(found[1]["state"], state):
                return
            try:
                self._write(account, *found, state)
                return
            except OutcomeUnknown:
                if not left:
                    raise
            except PermanentFailure as problem:
                if problem.code != failures.VERSION_MISMATCH:
                    raise
        raise TemporaryFailure("order_busy", "the order kept changing while we spoke")

    def _is_there(self, now: str, wanted: str) -> bool:
        """Whether nothing is left to do. Raises PermanentFailure for what was called off."""
        if now in CALLED_OFF:
            if wanted == CANCELED:
                return True
            raise PermanentFailure("unit_cancelled", "the fulfilment was called off")
        if now == COMPLETED or wanted == CANCELED:
            return now == COMPLETED
        return now in PROGRESS and PROGRESS.index(now) >= PROGRESS.index(wanted)

    def _write(self, account: Account, order: Mapping[str, Any], fulfilment: Mapping[str, Any], state: str) -> None:
        if order["version"] is None:
            raise PermanentFailure("not_updatable", "Square lets nobody change an order made at its register")
        words = f"{order['id']} {fulfilment['id']} {order['version']} {state}"
        body = {
            "order": {
                "location_id": order["location_id"],
                "version": order["version"],
                "fulfillments": [{"uid": fulfilment["id"], "state": state}],
            },
            "idempotency_key": hashlib.sha256(words.encode()).hexdigest()[:45],
        }
        self._client.write("PUT", account, f"orders/{order['id']}", body)

    def _found(self, account: Account, unit_id: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        order_id, fulfilment_id = parts_of(unit_id)
        order = read_order(self._client, account, order_id)
        found = [each for each in order["fulfilments"] if each["id"] == fulfilment_id] if order else []
        return (order, found[0]) if order and found else None
