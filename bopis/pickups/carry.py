"""Goods to be carried from one place to another, and who waits at the counter for a door. What staff do with both is
`pickups.carrying` and `pickups.waitlist`."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, relationship

from bopis.db import Base, Id
from bopis.lockers.models import Bank, Compartment
from bopis.pickups.models import Pickup

_OPEN = text("closed_at IS NULL")
_WAITS = text("since IS NOT NULL")
LAPSE = dt.timedelta(minutes=30)
"""A plan that nobody goes on with for so long is over: others may have its doors."""
PLANNED, OUT, DONE, LEFT = "planned", "out", "done", "left"


class Carry(Base):
    """One pickup's goods on their way. `stage`: planned; out (of their door, in somebody's hands; what comes from the
    counter begins so); then done, or left where they were.

    The carries of one plan make room for one pickup, and its own way into the door is the last of them.
    """

    __tablename__ = "carries"
    __table_args__ = (
        Index("ux_carries_open", "pickup_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_carries_store_open", "store_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_carries_plan", "plan_id"),
        Index("ix_carries_pickup", "pickup_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    store_id: Mapped[str] = mapped_column(Id, ForeignKey("stores.id"))
    plan_id: Mapped[str] = mapped_column(Id)
    number: Mapped[int]
    """Its turn in the plan."""
    pickup_id: Mapped[str] = mapped_column(Id, ForeignKey("pickups.id"))
    room_for: Mapped[str | None] = mapped_column(Id)
    """The pickup in hand that room is made for, also of its own way in; None when it comes from the counter."""
    start_id: Mapped[str | None] = mapped_column(Id, ForeignKey("compartments.id"))
    """None: the counter."""
    to_id: Mapped[str | None] = mapped_column(Id, ForeignKey("compartments.id"))
    """None: the counter."""
    why: Mapped[str]
    stage: Mapped[str]
    since: Mapped[dt.datetime | None]
    """Since when the goods lay in the door they came out of: in the next one they are as old."""
    placement_id: Mapped[str | None] = mapped_column(Id)
    """Their place behind the door they go into, once it was asked to open."""
    command_id: Mapped[str | None] = mapped_column(Id)
    """What the bridge was asked last for it."""
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]
    closed_at: Mapped[dt.datetime | None]
    pickup: Mapped[Pickup] = relationship()
    start: Mapped[Compartment | None] = relationship(foreign_keys=[start_id])
    to: Mapped[Compartment | None] = relationship(foreign_keys=[to_id])

    def is_over(self) -> bool:
        """Whether there is nothing more to do: also when its goods were handed over on the way."""
        return self.closed_at is not None or (self.stage == OUT and self.pickup.state != "ready")

    def is_way_in(self) -> bool:
        """Whether it is the last one of a plan: the loading that room was made for."""
        return self.room_for == self.pickup_id


class Wait(Base):
    """A pickup that found every door full, or had to leave one, and would rather be in a door."""

    __tablename__ = "waitlist"
    __table_args__ = (Index("ix_waitlist_store", "store_id", sqlite_where=_WAITS, postgresql_where=_WAITS),)

    pickup_id: Mapped[str] = mapped_column(Id, ForeignKey("pickups.id"), primary_key=True)
    store_id: Mapped[str] = mapped_column(Id)
    since: Mapped[dt.datetime | None]
    """Since when it is ready at the counter and waits; None when it does not wait now."""
    loads: Mapped[int]
    """How often it was in a door and had to go."""


def is_under_way(now: dt.datetime, of: type[Pickup]) -> ColumnElement[bool]:
    """Whether a carry still counts; `of` is its joined pickup. What has come to its end otherwise is over by itself."""
    loading = and_(Carry.room_for == Carry.pickup_id, of.state.in_(("waiting", "reserved")))
    carried = and_(or_(Carry.room_for.is_(None), Carry.room_for != Carry.pickup_id), of.state == "ready")
    fresh = or_(Carry.stage == OUT, Carry.changed_at > now - LAPSE)
    return and_(Carry.closed_at.is_(None), fresh, or_(loading, carried))


def is_spoken_for(now: dt.datetime, of: str) -> ColumnElement[bool]:
    """Whether a compartment is part of a plan for another pickup than `of`; for a statement over banks."""
    carried = aliased(Pickup)
    return (
        select(Carry.id)
        .join(carried, carried.id == Carry.pickup_id)
        .where(
            Carry.store_id == Bank.store_id,
            or_(Carry.start_id == Compartment.id, Carry.to_id == Compartment.id),
            or_(Carry.room_for.is_(None), Carry.room_for != of),
            Carry.pickup_id != of,
            is_under_way(now, carried),
        )
        .exists()
    )


def drop_plan(session: Session, pickup_id: str, now: dt.datetime) -> None:
    """No room is needed for this pickup any more: what was not begun for it is not carried."""
    session.execute(
        update(Carry)
        .where(Carry.room_for == pickup_id, Carry.stage == PLANNED, Carry.closed_at.is_(None))
        .values(stage=LEFT, closed_at=now, changed_at=now)
    )


def spoken_for(session: Session, pickup: Pickup, now: dt.datetime) -> set[str]:
    """The compartments of its store that are part of plans for others."""
    statement = (
        select(Compartment.id)
        .join(Bank, Bank.id == Compartment.bank_id)
        .where(Bank.store_id == pickup.store_id, is_spoken_for(now, pickup.id))
    )
    return set(session.scalars(statement))
