"""The outbox: what an action decided the world should hear, written in the action's own transaction."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from sqlalchemy import Index, UniqueConstraint, literal_column, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bopis import messages
from bopis.bell import WorkToDo
from bopis.db import Base, Id, ring_after_commit
from bopis.ids import new_id
from bopis.messages import Message
from bopis.prepared import Write, send, word
from bopis.rows import Insert


class OutboxEntry(Base):
    """One message to the world. `state`: waiting, done, dead.

    `submitted_at` is written before the world is asked, so that whoever takes over a lapsed lease knows that it may
    have happened.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("kind", "subject"),
        # Newest first, page by page, for one merchant among all. SQLite, which has no other measure, prefers of two
        # that are alike the one made last, and they are made in the order of their names: the narrower come later.
        Index("ix_outbox_all", "merchant_id", "id"),
        Index(
            "ix_outbox_pickup",
            "pickup_id",
            sqlite_where=text("pickup_id IS NOT NULL"),
            postgresql_where=text("pickup_id IS NOT NULL"),
        ),
        Index(
            "ix_outbox_dead",
            "merchant_id",
            "id",
            sqlite_where=text("state = 'dead'"),
            postgresql_where=text("state = 'dead'"),
        ),
        Index(
            "ix_outbox_waiting",
            "merchant_id",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_outbox_due",
            "next_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str]
    subject: Mapped[str]
    """The message's fields as one text: the same message is asked for once."""
    fields: Mapped[dict[str, Any]]
    pickup_id: Mapped[str | None] = mapped_column(Id)
    """The pickup it is about, where the message names one."""
    created_at: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(default="waiting")
    outcome: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[dt.datetime]
    submitted_at: Mapped[dt.datetime | None]
    lease_until: Mapped[dt.datetime | None]
    lease_token: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[dt.datetime | None]


class OutboxWork(NamedTuple):
    """A message that a worker has claimed: what its row said then."""

    id: str
    merchant_id: str
    kind: str
    fields: dict[str, Any]
    pickup_id: str | None
    attempts: int
    submitted_at: dt.datetime | None
    next_at: dt.datetime
    lease_until: dt.datetime
    lease_token: int


def put(session: Session, message: Message, now: dt.datetime, *, merchant_id: str) -> None:
    """Ask the world for `message`, once, for this merchant: one that was asked for before is left as it is."""
    send(session, entry(session, message, now, merchant_id=merchant_id))


def entry(session: Session, message: Message, now: dt.datetime, *, merchant_id: str) -> Write:
    """`put` as a change to be sent with others."""
    kind, fields = messages.write(message)
    ring_after_commit(session, WorkToDo())
    row = {"id": new_id(), "merchant_id": merchant_id, "kind": kind, "subject": _subject(fields), "fields": fields}
    return Write(_PUT, {**row, "pickup_id": fields.get("pickup_id"), "created_at": now, "next_at": now})


_PUT = Insert(
    OutboxEntry.__table__,  # type: ignore[arg-type]
    *("id", "merchant_id", "kind", "subject", "fields", "pickup_id", "created_at", "next_at"),
    or_nothing=True,
    state=word("waiting"),
    outcome=word(""),
    attempts=literal_column("0"),
    lease_token=literal_column("0"),
)


def repeat(session: Session, message: Message, now: dt.datetime, *, merchant_id: str) -> None:
    """Ask the world for `message` once more: the row of the last time is used again, unless it is still waiting."""
    kind, fields = messages.write(message)
    again = (
        update(OutboxEntry)
        .where(OutboxEntry.kind == kind, OutboxEntry.subject == _subject(fields), OutboxEntry.state != "waiting")
        .values(state="waiting", attempts=0, next_at=now, submitted_at=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    # In this order: an entry that is forgotten at this very moment is gone by the time it is put.
    if session.execute(again).rowcount:  # type: ignore[attr-defined]
        ring_after_commit(session, WorkToDo())
    else:
        put(session, message, now, merchant_id=merchant_id)


def attempts_of(session: Session, message: Message) -> int:
    """How often this message was tried, the attempt under way counted; 0 for one that was never asked for."""
    kind, fields = messages.write(message)
    tried = select(OutboxEntry.attempts).where(OutboxEntry.kind == kind, OutboxEntry.subject == _subject(fields))
    return session.scalar(tried) or 0


def _subject(fields: dict[str, Any]) -> str:
    return "|".join(str(value) for value in fields.values())
