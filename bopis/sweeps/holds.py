"""What time asks of goods and doors: reminders and ends of holds, promises that lapse, the daily look at every door."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from bopis.db import UtcDateTime
from bopis.lockers.models import Bank
from bopis.pickups import auditing, expiring, lapsing
from bopis.pickups.models import Pickup
from bopis.prepared import Prepared
from bopis.stores.queries import lock
from bopis.sweeps.step import NOW, Step, first

_FARTHEST = dt.timedelta(days=2)
"""A next look further ahead was noted by a clock that has been put back since."""


class FollowHolds(Step):
    """A shopper is reminded in time, and a hold that is over ends."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return first(session, _HOLD, now)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        pickup = session.get_one(Pickup, found)
        if pickup.store_id is not None:
            lock(session, pickup.store_id)
            session.refresh(pickup)
        expiring.follow_up(session, pickup, now)


class LapsePromises(Step):
    """A door kept for an order that nobody loads goes to others."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return first(session, _LAPSE, now, far=now + _FARTHEST)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        lapsing.lapse(session, _held(session, found), now)


class AuditDoors(Step):
    """Once a day every door is looked at: do its state, its sensor and what should be inside agree?"""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return first(session, _AUDIT, now, far=now + _FARTHEST)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        auditing.audit(session, _held(session, found), now)


def _held(session: Session, bank_id: str) -> Bank:
    bank = session.get_one(Bank, bank_id)
    lock(session, bank.store_id)
    return bank


_HOLD = Prepared(
    select(Pickup.id).where(Pickup.due_at.is_not(None), Pickup.due_at <= NOW).order_by(Pickup.due_at).limit(1)
)
_LAPSE, _AUDIT = (
    Prepared(select(Bank.id).where(or_(at.is_(None), at <= NOW, at > bindparam("far", type_=UtcDateTime()))).limit(1))
    for at in (Bank.lapse_at, Bank.audit_at)
)
