"""Any shop as a `bopis.ports.Platform`: its deliveries carry the whole order, in our own schema."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from bopis.errors import PermanentFailure
from bopis.ports import Account, AccountNews, BadDelivery, BadSignature, Delivery, Location, OrderSnapshot, Trial
from integrations.public import PublicCaller
from integrations.standard import webhooks
from integrations.standard.client import ShopClient
from integrations.standard.translate import order_snapshot

Kept = Callable[[str, str], Iterable[bytes]]
"""(connection, order) → the bodies of its deliveries that are kept, those taken in last first."""


class StandardPlatform:
    """Of an account it reads the secrets `signing_secret`, `previous_signing_secret` and `access_token`, and the
    settings `orders_url`, `callback_url` and `country`.

    Where a shop has an `orders_url`, an order is what the shop answers there. Elsewhere it is the newest version, by
    its own `updated_at`, among the deliveries we have kept.
    """

    def __init__(self, kept: Kept, now: Callable[[], dt.datetime], caller: PublicCaller) -> None:
        self._kept, self._now = kept, now
        self._client = ShopClient(caller, now)

    def verify(self, headers: Mapping[str, str], body: bytes, account: Account) -> Delivery:
        """Check a message and say what it is. Raises BadSignature."""
        return webhooks.verify(headers, body, account, self._now())

    def verify_for_app(self, headers: Mapping[str, str], body: bytes) -> tuple[str, Delivery]:
        """Every shop has an address and a secret of its own. Raises BadSignature."""
        raise BadSignature("there is no address that such shops share")

    def order_of(self, delivery: Delivery, body: bytes) -> str | None:
        """The order a message carries, read whole, so that a bad one is kept for a person. Raises BadDelivery."""
        order_id: str = webhooks.order_in(body, self._now())["id"]
        return order_id

    def unit_of(self, delivery: Delivery, body: bytes) -> str | None:
        """Every message names its order."""
        return None

    def account_news(self, account: Account, delivery: Delivery, body: bytes) -> AccountNews | None:
        """Such shops say nothing of themselves."""
        return None

    def order_of_unit(self, account: Account, unit_id: str) -> str | None:
        """Never asked for: every message names its order."""
        return None

    def fetch_order(self, account: Account, order_id: str) -> OrderSnapshot | None:
        """The order as it is now. Raises the effect errors.

        An order of which nothing is kept any more is not one the shop has no more: it raises PermanentFailure.
        """
        if account.settings.get("orders_url"):
            order = self._client.order(account, order_id)
        else:
            order = self._newest(account, order_id)
        return None if order is None else order_snapshot(order, account.settings.get("country", ""))

    def locations(self, account: Account) -> list[Location]:
        """Such shops list no places: each becomes known by its first order."""
        return []

    def mark_ready(self, account: Account, unit_id: str) -> None:
        """Tell the shop, if it wants to know, that the goods wait. Raises the effect errors."""
        self._client.tell(account, "pickup.ready", unit_id)

    def mark_collected(self, account: Account, unit_id: str) -> None:
        """Tell the shop, if it wants to know, that the goods were handed over. Raises the effect errors."""
        self._client.tell(account, "pickup.collected", unit_id)

    def mark_returned(self, account: Account, unit_id: str, key: str) -> None:
        """Tell the shop, if it wants to know, that nobody collected. Raises the effect errors."""
        self._client.tell(account, "pickup.returned", unit_id, key)

    def changed_since(self, account: Account, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
        """What the shop lists as changed; nothing where it has no list. Raises the effect errors."""
        if account.settings.get("orders_url"):
            yield from self._client.changed(account, since)

    def ensure_subscriptions(self, account: Account, callback_url: str) -> list[str]:
        """Nothing: whoever runs the shop typed our address in there."""
        return []

    def test_delivery(self, account: Account, callback_url: str, body: bytes) -> Trial:
        """Signed with the signing secret. Raises PermanentFailure."""
        return Trial(webhooks.signed(body, account, self._now()))

    def _newest(self, account: Account, order_id: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] | None = None
        for body in self._kept(account.connection_id, order_id):
            try:
                order = webhooks.order_in(body, self._now())
            except BadDelivery:
                continue
            # Of two that changed at the same moment the one that came last counts, and it comes first here.
            if found is None or order["updated_at"] > found["updated_at"]:
                found = order
        if found is None:
            raise PermanentFailure("nothing_kept", "nothing is kept of this order any more; have it sent again")
        return found
