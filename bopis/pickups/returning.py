"""Goods nobody collected are with the store again."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bopis import outbox, tasks
from bopis.messages import MarkReturned
from bopis.pickups import holding
from bopis.pickups.models import Pickup


def goods_are_back(session: Session, pickup: Pickup, now: dt.datetime) -> None:
    """What was not collected is with the store again: its shop's stock is put right.

    The money is a person's business, but where we look after it: then it follows by itself.
    """
    assert pickup.store is not None
    if holding.rules_of(pickup.store).restock:
        outbox.put(session, MarkReturned(pickup.id), now, merchant_id=pickup.merchant_id)
    if pickup.order.secured:
        return
    tasks.ask(
        session,
        "uncollected",
        pickup.id,
        merchant_id=pickup.merchant_id,
        store_id=pickup.store_id,
        reason=f"{pickup.order.name} was never collected and is back with the store.",
        now=now,
    )
