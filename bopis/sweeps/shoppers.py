"""When who an order was for is forgotten: at once where that was asked for, a month after its end everywhere."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import bindparam, exists, or_, select, update
from sqlalchemy.orm import Session

from bopis.db import Id, UtcDateTime
from bopis.ids import first_id
from bopis.orders.models import Order, personal
from bopis.orders.privacy import erase
from bopis.pickups.models import Pickup
from bopis.prepared import Prepared
from bopis.sweeps.step import NOW, Step, first

SHOPPERS = dt.timedelta(days=30)
"""How long a shopper may still ask about what was handed over."""
AT_ONCE = 500


class EraseOrders(Step):
    """Who an order was for is forgotten, where that was asked for, once nothing of it waits for anybody."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return first(session, _ASKED, now)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        erase(session, session.get_one(Order, found), now)


class ForgetShoppers(Step):
    """Who an order was for is forgotten thirty days after the last of it was handed over or given up.

    Its raw deliveries are gone by then. An order nothing of which was a pickup counts from the day it came.
    """

    def find(self, session: Session, now: dt.datetime) -> str | None:
        found = _LONG_OVER.run(session, **_before(now))
        return found[0][0] if found else None

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        _FORGET.run(session, at=now, **_before(now))


def _before(now: dt.datetime) -> dict[str, dt.datetime | str]:
    return {"now": now - SHOPPERS, "first": first_id(now - SHOPPERS)}


_IS_OPEN = exists().where(Pickup.order_id == Order.id, Pickup.closed_at.is_(None))
_ASKED = Prepared(
    select(Order.id).where(Order.erasure_asked_at.is_not(None), Order.erased_at.is_(None), ~_IS_OPEN).limit(1)
)
_IS_YOUNG = exists().where(Pickup.order_id == Order.id, or_(Pickup.closed_at.is_(None), Pickup.closed_at >= NOW))
# Ids begin with the time they were made at, so the index of those not yet forgotten begins with what is due.
_OLD = (
    select(Order.id)
    .where(Order.erased_at.is_(None), Order.id < bindparam("first", type_=Id), ~_IS_YOUNG)
    .order_by(Order.id)
)
_LONG_OVER = Prepared(_OLD.limit(1))
_THESE = _OLD.limit(AT_ONCE).with_for_update(skip_locked=True, of=Order).cte("these")
_FORGET = Prepared(
    update(Order)
    .where(Order.id.in_(select(_THESE.c.id)))
    .values(**personal(""), erased_at=bindparam("at", type_=UtcDateTime()))
)
