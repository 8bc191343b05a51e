"""The world around the simulated service: a shop, a phone provider, and a virtual clock. Plain memory, no I/O."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count

from bopis.ports import Account, AccountNews, Delivery, OrderSnapshot, Receipt

BEGINS = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)


class Clock:
    """Time that passes when told to, and a little with every look, so that no two things happen at once."""

    def __init__(self, begins: dt.datetime = BEGINS) -> None:
        self._now = begins

    def now(self) -> dt.datetime:
        self._now += dt.timedelta(microseconds=10)
        return self._now

    def pass_by(self, seconds: float) -> None:
        self._now += dt.timedelta(seconds=seconds)

    def put(self, to: dt.datetime) -> None:
        """Show this time from now on, be it in the past."""
        self._now = to


class Shop:
    """A platform of the simulation's own: orders as they are now, and news about them not yet delivered."""

    def __init__(self, clock: Clock) -> None:
        self.orders: dict[str, OrderSnapshot] = {}
        self.news: list[tuple[str, str]] = []
        """(delivery id, order id) of what was not delivered yet."""
        self.told: list[tuple[str, str]] = []
        """What the service told the shop: (`ready` or `collected`, unit id)."""
        self._clock = clock
        self._numbers = count(1)

    def set(self, order: OrderSnapshot) -> None:
        """An order as it is from now on; the news of it is on its way."""
        self.orders[order.order_id] = replace(order, updated_at=self._clock.now())
        self.news.append((f"d{next(self._numbers)}", order.order_id))

    def verify(self, headers: Mapping[str, str], body: bytes, account: Account) -> Delivery:
        return Delivery(headers["delivery"], "orders/updated", body.decode().partition(" ")[0], None)

    def order_of(self, delivery: Delivery, body: bytes) -> str | None:
        return delivery.subject

    def unit_of(self, delivery: Delivery, body: bytes) -> str | None:
        return None

    def account_news(self, account: Account, delivery: Delivery, body: bytes) -> AccountNews | None:
        return None

    def changed_since(self, account: Account, since: dt.datetime) -> Iterable[tuple[str, dt.datetime]]:
        changed = [order for order in self.orders.values() if order.updated_at >= since]
        return [(order.order_id, order.updated_at) for order in sorted(changed, key=lambda order: order.updated_at)]

    def ensure_subscriptions(self, account: Account, callback_url: str) -> list[str]:
        return []

    def fetch_order(self, account: Account, order_id: str) -> OrderSnapshot | None:
        return self.orders.get(order_id)

    def mark_ready(self, account: Account, unit_id: str) -> None:
        self.told.append(("ready", unit_id))

    def mark_collected(self, account: Account, unit_id: str) -> None:
        self.told.append(("collected", unit_id))

    def mark_returned(self, account: Account, unit_id: str, key: str) -> None:
        self.told.append(("returned", unit_id))


class PhoneProvider:
    """Takes every text and remembers it."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def send(self, account: Account, to: str, body: str, callback_url: str) -> Receipt:
        self.texts.append(body)
        return Receipt(f"t{len(self.texts)}", "sent")

    def find(self, account: Account, to: str, body: str, since: dt.datetime) -> Receipt | None:
        return Receipt(f"t{self.texts.index(body) + 1}", "sent") if body in self.texts else None
