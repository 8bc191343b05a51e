"""Money that changes hands where no processor sees it: taken at the counter, or waived. Commits are left to others."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bopis import outbox, timeline
from bopis.errors import Conflict, Invalid
from bopis.messages import FollowMoney
from bopis.payments import dues, fees, ledger
from bopis.payments.rules_amounts import written
from bopis.pickups.models import Pickup

LONGEST_REASON = 200


def paid_at_counter(session: Session, pickup: Pickup, reason: str, now: dt.datetime, *, actor: str) -> None:
    """Staff took the money for all that is owed, and say how. Raises Conflict or Invalid."""
    pickups = _hold(session, pickup)
    said = " ".join(reason.split())
    if not 0 < len(said) <= LONGEST_REASON:
        raise Invalid("no_reason", "Say how it was paid, such as “cash”.")
    owed = dues.owed(session, pickup)
    if owed is None:
        raise Conflict("nothing_to_pay", "There is nothing to pay for this order any more.")
    told = {"amount": owed.amount, "currency": owed.currency, "sum": owed.written(), "reason": said}
    for each in pickups if owed.goods else [pickup]:
        timeline.write(session, each.id, "paid_at_counter", actor=actor, at=now, **told)
    if owed.goods:
        pickup.order.paid_at_counter_at = now
    if owed.fee:
        fees.waive(session, pickup, now)
    dues.refresh(session, pickup.order, pickups, now)
    # Who pays online in this very moment is given it back.
    news = FollowMoney(pickup.order_id, f"counter {now.isoformat()}")
    outbox.put(session, news, now, merchant_id=pickup.merchant_id)


def waive_fee(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> None:
    """Let its storage cost nothing, now and later. Raises Conflict."""
    pickups, terms = _hold(session, pickup), fees.terms_of(pickup)
    if terms is None or not pickup.fee_due:
        raise Conflict("no_fee", "Storage costs nothing for this order.")
    amount = fees.waive(session, pickup, now)
    told = {"amount": amount, "currency": terms.currency, "sum": written(amount, terms.currency)}
    timeline.write(session, pickup.id, "fee_waived", actor=actor, at=now, **told)
    dues.refresh(session, pickup.order, pickups, now)


def _hold(session: Session, pickup: Pickup) -> list[Pickup]:
    pickups = ledger.hold(session, pickup.order_id)
    session.refresh(pickup.order)
    return pickups
