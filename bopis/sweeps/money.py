"""What time asks of money: payments and pages looked at again, storage that begins to cost, payments nobody told of."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from bopis import outbox
from bopis.db import UtcDateTime
from bopis.merchants.models import Connection
from bopis.messages import FindPayments
from bopis.payments import actions, checkouts, finding, ledger
from bopis.payments.models import Checkout
from bopis.pickups.models import Pickup
from bopis.prepared import Prepared
from bopis.sweeps.step import NOW, Step, first

_FARTHEST = dt.timedelta(days=2)
"""A next look further ahead was noted by a clock that has been put back since."""
_FAR = bindparam("far", type_=UtcDateTime())
_PAGE = Prepared(select(Checkout.id).where(Checkout.look_at.is_not(None), Checkout.look_at <= NOW).limit(1))
_HOLDER = Prepared(select(Connection.id).where(Connection.payments_at <= NOW, Connection.paused_at.is_(None)).limit(1))
_STORED = Prepared(
    select(Pickup.id).where(Pickup.fee_at.is_not(None), or_(Pickup.fee_at <= NOW, Pickup.fee_at > _FAR)).limit(1)
)


class WatchCheckouts(Step):
    """A page on which something may be paid is looked at until it is over."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return first(session, _PAGE, now)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        page = session.get_one(Checkout, found)
        ledger.hold(session, page.order_id)
        session.refresh(page)
        checkouts.watch(session, page, now)


class LookForPayments(Step):
    """Everybody who holds money is asked regularly what was paid, because news get lost."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return first(session, _HOLDER, now)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        connection = session.get_one(Connection, found)
        connection.payments_at = now + finding.EVERY
        outbox.repeat(session, FindPayments(found), now, merchant_id=connection.merchant_id)


class FollowFees(Step):
    """Goods that lie longer than is free cost something, and their door waits until that is paid."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return first(session, _STORED, now, far=now + _FARTHEST)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        pickup = session.get_one(Pickup, found)
        ledger.hold(session, pickup.order_id)
        if pickup.state != "ready":
            pickup.fee_at = None
        actions.follow(session, pickup.order_id, now)
