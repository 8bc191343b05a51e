"""One running shop: its orders, its behaviour, its ledger and its outgoing webhooks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.behaviour import Behaviour
from sandbox.config import ShopConfig
from sandbox.later import Later
from sandbox.shop.points import Points
from sandbox.shop.tokens import Tokens
from sandbox.shop.webhooks import Webhooks
from sandbox.shop.world import World

BEHAVIOUR = {
    "down": False,  # every GraphQL call answers 503
    "slow": 0.0,  # seconds before a GraphQL answer
    "points": 0,  # what the bucket of points holds, refilled at 100 a second; 0 for no limit
    "throttled": 0,  # so many GraphQL calls are refused as THROTTLED
    "lost_answers": 0,  # so many mutations are done, and the answer takes `hang` seconds
    "hang": 15.0,
    "token_revoked": False,  # every GraphQL call answers 401
    "units_after": 0.0,  # seconds until a new order's fulfilment orders can be seen
    "duplicate_webhooks": False,
    "shuffle_webhooks": 0.0,  # each delivery waits a random time up to so many seconds
    "drop_webhooks": 0,  # so many deliveries never leave
    "retry_seconds": 1.0,  # wait before the first retry of a webhook; it doubles
}


@dataclass(frozen=True)
class Entry:
    """A mutation somebody asked for. `refused` is the reason, "" when it was done."""

    at: str
    operation: str
    unit_ids: list[str]
    order_id: str
    refused: str
    notify_customer: bool


class Shop:
    """Everything the shop's pages and its API share."""

    def __init__(self, config: ShopConfig, now: Callable[[], dt.datetime], later: Later) -> None:
        self.config = config
        self.now = now
        self.names = dict(config.locations)
        self.behaviour = Behaviour(BEHAVIOUR)
        self.webhooks = Webhooks(config, now, later, self.behaviour)
        self.world = World(now, self.webhooks.tell)
        self.tokens = Tokens(config, now)
        self.points = Points(lambda: self.behaviour.get("points"))
        self._ledger: list[Entry] = []

    def uninstall(self) -> None:
        """The merchant removes the app: its tokens die, its subscriptions go, and it is told once."""
        self.tokens.revoke()
        body = {"id": 1, "domain": self.config.domain, "myshopify_domain": self.config.domain}
        self.webhooks.tell_app("app/uninstalled", body)
        self.webhooks.subscriptions.clear()

    def record(self, operation: str, unit_ids: list[str], refused: str = "", notify_customer: bool = False) -> None:
        """Write one mutation into the ledger."""
        unit = self.world.unit(unit_ids[0]) if unit_ids else None
        order_id = unit.order_id if unit else ""
        at = self.now().isoformat()
        self._ledger.append(Entry(at, operation, unit_ids, order_id, refused, notify_customer))

    def ledger(self) -> dict[str, Any]:
        """What was asked of the shop, and what it sent: evidence kept by a party that is not the product."""
        with self.world.lock:
            entries = [asdict(entry) for entry in self._ledger]
        return {"mutations": entries, "deliveries": self.webhooks.deliveries()}
