"""Orders given to us otherwise than by their shop's signed word: taken in as deliveries, and worked off as these."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from bopis import inbox
from bopis.ports import Account, OrderMessage


class Dropped(NamedTuple):
    """How many orders were new to us in these very words, and how many were known so already."""

    fresh: int
    known: int


def drop(session: Session, account: Account, orders: Sequence[OrderMessage], now: dt.datetime) -> Dropped:
    """Take them all in, each once: the same words twice are one delivery."""
    fresh = sum(inbox.store(session, account, delivery, body, now) for delivery, body in orders)
    return Dropped(fresh, len(orders) - fresh)
