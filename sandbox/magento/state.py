"""One running shop: its orders, its behaviour, its ledger and its events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.behaviour import Behaviour
from sandbox.later import Later
from sandbox.magento.events import Events
from sandbox.magento.world import World

SITE = "shop.example.com"
ACCESS_TOKEN = "access token of the pretend integration"  # noqa: S105
CLIENT_ID = "clientidofthepretendproject"
BEHAVIOUR = {
    "down": False,  # every call answers 503
    "slow": 0.0,  # seconds before an answer
    "throttled": 0,  # so many calls are refused with 429
    "token_revoked": False,  # every call answers 401
    "garbled": 0,  # so many answers are a page of HTML with status 200
    "lost_answers": 0,  # so many writes are done, and answered 504
    "lies": False,  # an order that is asked for is answered with another
    "no_events": False,  # the shop has no eventing, as Magento Open Source
    "mails_wait": False,  # mails wait for the shop's own clockwork, and are not sent at once
    "duplicate_events": False,
    "drop_events": 0,  # so many events never leave
    "retry_seconds": 60.0,  # wait before the first retry of an event; it doubles, to 15 minutes at most
}


class MagentoShop:
    """Everything the shop's API and its tests share."""

    def __init__(self, locations: Mapping[str, str], now: Callable[[], dt.datetime], later: Later) -> None:
        self.names, self.now = dict(locations), now
        self.behaviour = Behaviour(BEHAVIOUR)
        self.events = Events(CLIENT_ID, now, later, self.behaviour)
        self.world = World(now, self.names, self.events.tell)
        self.ledger: list[tuple[str, int, Any]] = []
        """(`notified`, `comment` or `stock`, order, details) of every change made through the API."""
