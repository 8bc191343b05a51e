"""One running store: its orders, its behaviour, its ledger and its webhooks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.behaviour import Behaviour
from sandbox.bigcommerce.hooks import Hooks
from sandbox.bigcommerce.world import World
from sandbox.later import Later

STORE_HASH = "examplestore"
ACCESS_TOKEN = "access token of the pretend store"  # noqa: S105
CLIENT_SECRET = "client secret of the pretend store"  # noqa: S105
BEHAVIOUR = {
    "down": False,  # every call answers 503
    "slow": 0.0,  # seconds before an answer
    "throttled": 0,  # so many calls are refused with 429
    "quota_ms": 1500,  # what a refused call is told to wait
    "token_revoked": False,  # every call answers 401
    "store_gone": False,  # every call answers 404
    "no_fulfillment_scope": False,  # the Pickups API answers 403
    "garbled": 0,  # so many answers are a page of HTML with status 200
    "lost_answers": 0,  # so many writes are done, and answered 504
    "short_pages": False,  # fifty rows a page, whatever was asked for
    "duplicate_webhooks": False,
    "shuffle_webhooks": 0.0,  # each delivery waits a random time up to so many seconds
    "drop_webhooks": 0,  # so many deliveries never leave
    "retry_seconds": 1.0,  # wait before the first retry of a webhook; it doubles
}


class Store:
    """Everything the store's API and its tests share."""

    def __init__(self, locations: Mapping[str, str], now: Callable[[], dt.datetime], later: Later) -> None:
        self.names = dict(locations)
        self.now = now
        self.behaviour = Behaviour(BEHAVIOUR)
        self.hooks = Hooks(STORE_HASH, CLIENT_SECRET, now, later, self.behaviour)
        self.world = World(now, self.hooks.tell)
        self.ledger: list[tuple[str, str, Any]] = []
        """What was changed through the API: (what, the order's id, how), refused or done."""

    def record(self, what: str, order_id: object, how: Any) -> None:
        """Write one change into the ledger."""
        self.ledger.append((what, str(order_id), how))
