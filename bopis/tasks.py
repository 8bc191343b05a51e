"""Tasks: what needs a person, with the one action that settles it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from bopis.db import Base, Id
from bopis.ids import new_id

_OPEN = text("settled_at IS NULL")

AT_MOST = 100
KINDS = {
    "map_location": "Say which store this location is",
    "no_phone": "Reach the shopper another way",
    "text_failed": "Reach the shopper another way",
    "platform_refused": "Put it right on the platform",
    "reclaim": "Take the goods out",
    "not_loaded": "Find the order and load it",
    "uncollected": "Decide about the money",
    "door_disagrees": "Look inside and put it right",
    "shopper_at_counter": "Hand the goods over",
    "shopper_needs_help": "Go to the lockers",
    "code_locked": "See who it is, then unlock the code",
    "door_failed": "Look at the door",
    "wiring_mismatch": "Set the lockers up anew",
    "closed_for_service": "Finish setting the doors up",
    "goods_exposed": "Look behind the door that opened by mistake",
    "sensor_suspect": "Look at the door and its sensor",
    "door_left_open": "Shut the door",
    "goods_gone": "Settle it with the shopper",
    "left_uncertain": "Look inside and say what you find",
    "changed_after_loading": "Take it out and change it",
    "reconnect": "Connect the shop again",
    "connection_failed": "Put the connection right",
    "left_unpaid": "Settle what nobody paid",
    "mark_paid": "Mark it as paid in the shop",
    "endpoint_off": "See why your own system does not answer, then turn it on again",
    "money_lapses": "Take the money or let it go",
    "money_unclear": "Say what becomes of the money",
    "money_stuck": "See why the money does not move",
    "money_disputed": "Answer the shopper’s bank",
    "data_request": "Send the shopper what we hold",
    "delivery_failed": "Put it right and replay it",
    "bridge_cloned": "Find the second machine, then enrol the bridge anew",
    "look_after_bridge": "See to the machine in the store",
    "set_new_pin": "Choose a new PIN",
    "odd_event": "Look at what the bridge reported",
}


class Task(Base):
    """Something a person must do. One open task per kind and subject."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ux_tasks_open", "kind", "subject_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_tasks_merchant_open", "merchant_id", "created_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_tasks_store_open", "store_id", "created_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    store_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str]
    subject_id: Mapped[str] = mapped_column(Id)
    """The pickup, compartment, connection or order it is about."""
    reason: Mapped[str]
    created_at: Mapped[dt.datetime]
    settled_at: Mapped[dt.datetime | None]
    settled_by: Mapped[str | None]


def ask(
    session: Session,
    kind: str,
    subject_id: str,
    *,
    merchant_id: str,
    store_id: str | None,
    reason: str,
    now: dt.datetime,
) -> None:
    """Ask a person for `kind`, unless the same is asked already."""
    assert kind in KINDS, kind
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(Task)
        .values(
            id=new_id(),
            merchant_id=merchant_id,
            store_id=store_id,
            kind=kind,
            subject_id=subject_id,
            reason=reason,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )


def is_open(session: Session, kind: str, subject_id: str) -> bool:
    """Whether a person is asked for this now."""
    statement = select(Task.id).where(Task.kind == kind, Task.subject_id == subject_id, Task.settled_at.is_(None))
    return session.scalars(statement).first() is not None


def reason_of(session: Session, kind: str, subject_id: str) -> str:
    """Why a person is asked for this now; "" when nobody is."""
    statement = select(Task.reason).where(Task.kind == kind, Task.subject_id == subject_id, Task.settled_at.is_(None))
    return session.scalars(statement).first() or ""


def settle(session: Session, kind: str, subject_id: str, *, actor: str, now: dt.datetime) -> bool:
    """Close the open task of this kind about this subject; whether there was one."""
    found = session.scalars(
        select(Task).where(Task.kind == kind, Task.subject_id == subject_id, Task.settled_at.is_(None))
    ).first()
    if found is None:
        return False
    found.settled_at = now
    found.settled_by = actor
    session.flush()
    return True


def open_in(session: Session, merchant_id: str, store_id: str, *, and_of_no_store: bool = False) -> list[Task]:
    """A store's open tasks, and those of no store if asked for; oldest first, as many as one page shows."""
    where = or_(Task.store_id == store_id, Task.store_id.is_(None)) if and_of_no_store else Task.store_id == store_id
    statement = (
        select(Task)
        .where(Task.merchant_id == merchant_id, where, Task.settled_at.is_(None))
        .order_by(Task.created_at, Task.id)
        .limit(AT_MOST)
    )
    return list(session.scalars(statement))
