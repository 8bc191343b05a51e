"""What was booked wrongly, put right by a person who says why."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bopis import outbox, tasks
from bopis.errors import Conflict, Invalid
from bopis.messages import MarkCollected
from bopis.pickups import actions
from bopis.pickups.by_hand import LONGEST_REASON
from bopis.pickups.models import Pickup

CORRECTED = "corrected"


def collected_after_all(session: Session, pickup: Pickup, because: str, now: dt.datetime, *, actor: str) -> None:
    """What was booked as back with the store is with its shopper; `because` goes to the timeline.

    The shop hears it, unless the order was called off. Whatever followed from the goods' return, money and stock, is
    asked of a person. Expects the store's lock. Raises Conflict, or Invalid without a reason.
    """
    because = " ".join(because.split())[:LONGEST_REASON]
    if not because:
        raise Invalid("no_reason", "Say in a few words how it is known that the shopper has it.")
    if pickup.state != "returned":
        raise Conflict("not_returned", "Only an order that is booked as back with the store can be put right so.")
    actions.move(session, pickup, "collected", actor=actor, now=now, reason=CORRECTED, because=because)
    tasks.settle(session, "uncollected", pickup.id, actor=actor, now=now)
    if pickup.order.cancelled_at is None:
        outbox.put(session, MarkCollected(pickup.id), now, merchant_id=pickup.merchant_id)
    tasks.ask(
        session,
        "goods_gone",
        pickup.id,
        merchant_id=pickup.merchant_id,
        store_id=pickup.store_id,
        reason=f"{pickup.order.name} was booked as back, and its shopper has it. Look after its money and its stock.",
        now=now,
    )
