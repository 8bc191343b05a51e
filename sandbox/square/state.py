"""One running seller: its orders, its behaviour, its ledger and its webhooks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.behaviour import Behaviour
from sandbox.later import Later
from sandbox.square.hooks import Hooks
from sandbox.square.world import World

MERCHANT_ID = "EXAMPLEMERCHANT"
ACCESS_TOKEN = "access token of the pretend seller"  # noqa: S105
SIGNATURE_KEY = "signature key of the pretend seller"
BEHAVIOUR = {
    "down": False,  # every call answers 503
    "slow": 0.0,  # seconds before an answer
    "throttled": 0,  # so many calls are refused with 429
    "token_revoked": False,  # every call answers 401
    "garbled": 0,  # so many answers are a page of HTML with status 200
    "lost_answers": 0,  # so many writes are done, and answered 504
    "busy": 0,  # so many writes find that the order has changed just now
    "a_page": 0,  # rows of a search's page at most; 0 for what was asked for
    "duplicate_webhooks": False,
    "shuffle_webhooks": 0.0,  # each delivery waits a random time up to so many seconds
    "drop_webhooks": 0,  # so many deliveries never leave
    "sample_merchant": False,  # the samples it sends when asked for a test name another merchant
    "retry_seconds": 1.0,  # wait before the first retry of a webhook; it doubles
}


class Seller:
    """Everything the seller's API and its tests share."""

    def __init__(self, locations: Mapping[str, str], now: Callable[[], dt.datetime], later: Later) -> None:
        self.names = dict(locations)
        self.behaviour = Behaviour(BEHAVIOUR)
        self.hooks = Hooks(MERCHANT_ID, SIGNATURE_KEY, now, later, self.behaviour)
        self.world = World(now, self.hooks.tell)
        self.ledger: list[tuple[str, str]] = []
        """(order, state) of every fulfilment moved through the API."""
        self.answered: dict[str, tuple[Any, Any]] = {}
        """What was asked and answered under each idempotency key."""
