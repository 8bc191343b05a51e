"""What a pickup's storage costs by now. Every function expects the store's lock and leaves the commit to others."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import timeline
from bopis.messages import FEE_SOON
from bopis.payments import rules_fee
from bopis.payments.models import Checkout
from bopis.payments.rules_amounts import written
from bopis.payments.rules_fee import ENOUGH, Reachable, Terms
from bopis.pickups import holding
from bopis.pickups.models import Pickup
from bopis.pickups.reminding import tell
from bopis.stores.holding import end, is_quiet, quiet_until

LOOK_EVERY = dt.timedelta(days=1)
SAID_AHEAD = dt.timedelta(hours=12)
"""A shopper hears so long before it costs something, or as soon after that as nobody is woken."""


def terms_of(pickup: Pickup) -> Terms | None:
    """The terms under which a pickup lies; none where its order is paid in another currency, for nobody may guess."""
    terms = Terms.of(pickup.store.merchant.storage_fee) if pickup.store else None
    return terms if terms and pickup.order.currency in ("", terms.currency) else None


def reachable_of(pickup: Pickup) -> Reachable:
    """How hours are counted where a pickup lies: as its hold's."""
    place = holding.place_of(pickup)
    return lambda start, hours: end(start, hours, place)


def look(session: Session, pickup: Pickup, now: dt.datetime) -> None:
    """Work out what is to be paid for its storage, and note when to look again."""
    terms, was = terms_of(pickup), pickup.fee_due
    if terms is None or not counts(pickup):
        pickup.fee_due = pickup.fee_at = None
        session.flush()
        return
    assert pickup.ready_at is not None and pickup.hold_until is not None
    count, paid = reachable_of(pickup), _paid(session, pickup)
    # Who has just paid is not asked again because a new day begins while they walk to the door.
    last = max((each.settled_at for each in paid if each.settled_at and each.settled_at <= now), default=None)
    as_of = last if last is not None and now < last + ENOUGH else now
    due = rules_fee.owed(terms, pickup.ready_at, pickup.hold_until, as_of, count) - _up_to(paid)
    rise = rules_fee.next_rise(terms, pickup.ready_at, pickup.hold_until, as_of, count)
    pickup.fee_due = due if due > 0 else None
    pickup.fee_at = min(max(rise or now + LOOK_EVERY, as_of + ENOUGH if as_of != now else now), now + LOOK_EVERY)
    if pickup.fee_due and pickup.fee_due != was:
        told = {"amount": pickup.fee_due, "currency": terms.currency, "sum": written(pickup.fee_due, terms.currency)}
        timeline.write(session, pickup.id, "fee_due", actor="system", at=now, **told)
    _announce(session, pickup, rules_fee.begins(terms, pickup.ready_at, count), now)
    session.flush()


def counts(pickup: Pickup) -> bool:
    """Whether its storage may cost something."""
    waived = (
        pickup.fee_waived_at is not None and pickup.ready_at is not None and pickup.fee_waived_at >= pickup.ready_at
    )
    return pickup.state == "ready" and pickup.ready_at is not None and pickup.hold_until is not None and not waived


def _announce(session: Session, pickup: Pickup, begins: dt.datetime, now: dt.datetime) -> None:
    """Say it while it is still free, once, and not in the night."""
    assert pickup.store is not None and pickup.hold_until is not None and pickup.fee_at is not None
    if begins >= pickup.hold_until or now >= begins:
        return
    soon, rules, zone = begins - SAID_AHEAD, holding.rules_of(pickup.store), ZoneInfo(pickup.store.time_zone)
    if now < soon or is_quiet(now, rules, zone):
        pickup.fee_at = min(pickup.fee_at, quiet_until(max(now, soon), rules, zone))
    else:
        tell(session, pickup, FEE_SOON, 1, now)


def paid_before(session: Session, pickup: Pickup) -> int:
    """How much of its storage has been paid."""
    return _up_to(_paid(session, pickup))


def _up_to(paid: list[Checkout]) -> int:
    return max((each.fee_up_to for each in paid), default=0)


def _paid(session: Session, pickup: Pickup) -> list[Checkout]:
    mine = (Checkout.pickup_id == pickup.id, Checkout.state == "paid", Checkout.fee > 0)
    return list(session.scalars(select(Checkout).where(*mine, Checkout.created_at >= pickup.ready_at)))


def waive(session: Session, pickup: Pickup, now: dt.datetime) -> int:
    """Let its storage cost nothing; how much it had come to."""
    was, pickup.fee_due = pickup.fee_due or 0, None
    pickup.fee_waived_at, pickup.fee_at = now, None
    session.flush()
    return was
