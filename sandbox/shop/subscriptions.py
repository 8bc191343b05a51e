"""Who hears of what: the shop's webhook subscriptions, deleted after eight failures in a row as at the vendor."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

FIRST_TOPICS = ("orders/create", "orders/paid", "orders/updated", "orders/cancelled")
"""What a `webhook_url` in the configuration is subscribed to from the start."""
TOPICS = (
    *FIRST_TOPICS,
    "orders/edited",
    "orders/delete",
    "orders/fulfilled",
    "orders/partially_fulfilled",
    "refunds/create",
    "fulfillment_orders/order_routing_complete",
    "fulfillment_orders/line_items_prepared_for_pickup",
    "fulfillment_orders/moved",
    "fulfillment_orders/split",
    "fulfillment_orders/merged",
    "fulfillment_orders/cancelled",
    "fulfillment_orders/placed_on_hold",
    "fulfillment_orders/hold_released",
    "fulfillment_orders/rescheduled",
    "fulfillment_orders/scheduled_fulfillment_order_ready",
    "locations/update",
    "app/uninstalled",
)
BY_ENUM = {topic.replace("/", "_").upper(): topic for topic in TOPICS}
COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")
"""Sent to the app's own address; nobody subscribes to them."""
MOST_FAILURES = 8


@dataclass
class Subscription:
    subscription_id: str
    topic: str
    uri: str
    failures: int = 0
    """Failed retries in a row."""


class Subscriptions:
    """All of one app in one shop."""

    def __init__(self, webhook_url: str) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1_085_411_100_001)
        self._all: list[Subscription] = []
        for topic in FIRST_TOPICS if webhook_url else ():
            self.add(topic, webhook_url)

    def add(self, topic: str, uri: str) -> Subscription | str:
        """A new subscription, or the words it is refused with."""
        parts = urlsplit(uri)
        if parts.scheme not in ("https", "http") or not parts.netloc:
            return "Address is invalid"
        with self._lock:
            if any((one.topic, one.uri) == (topic, uri) for one in self._all):
                return "Address for this topic has already been taken"
            added = Subscription(str(next(self._ids)), topic, uri)
            self._all.append(added)
            return added

    def all(self) -> list[Subscription]:
        """Those there are now."""
        with self._lock:
            return list(self._all)

    def of(self, topic: str) -> list[Subscription]:
        """Those who hear of this topic."""
        return [one for one in self.all() if one.topic == topic]

    def clear(self) -> None:
        """Forget all of them, as when the app is uninstalled."""
        with self._lock:
            self._all.clear()

    def note(self, subscription: Subscription | None, ok: bool, *, is_retry: bool) -> None:
        """One attempt's end; the eighth failed retry in a row deletes the subscription."""
        if subscription is None:
            return
        with self._lock:
            subscription.failures = 0 if ok else subscription.failures + is_retry
            if subscription.failures >= MOST_FAILURES and subscription in self._all:
                self._all.remove(subscription)
