"""The inbox: verified deliveries as they came, stored before anyone is thanked for them."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import zlib
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, Index, UniqueConstraint, literal, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from bopis import sealing
from bopis.bell import WorkToDo
from bopis.db import Base, Database, Id, ring_after_commit
from bopis.ids import new_id
from bopis.logs import its
from bopis.ports import Account, Delivery

ASK_AGAIN = "ask_again"
"""The topic of our own entries. No platform's looks like it."""
_WAITING, _DEAD = text("state = 'waiting'"), text("state = 'dead'")
_KEPT = text("body_sealed IS NOT NULL")
_MOST_KEPT = 500
"""Deliveries about one thing that are looked through."""
log = logging.getLogger(__name__)


class InboxEntry(Base):
    """One verified delivery. `state`: waiting, done, dead."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("connection_id", "delivery_id"),
        # Some vendors sign the body only, so a captured body could be played back under a new delivery id.
        UniqueConstraint("connection_id", "topic", "content_hash"),
        Index("ix_inbox_subject", "connection_id", "subject"),
        Index("ix_inbox_dead", "id", sqlite_where=_DEAD, postgresql_where=_DEAD),
        Index("ix_inbox_due", "next_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_inbox_bodies", "received_at", sqlite_where=_KEPT, postgresql_where=_KEPT),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    connection_id: Mapped[str] = mapped_column(Id, ForeignKey("connections.id"))
    delivery_id: Mapped[str]
    topic: Mapped[str]
    subject: Mapped[str]
    content_hash: Mapped[str]
    body_sealed: Mapped[bytes | None]
    received_at: Mapped[dt.datetime]
    occurred_at: Mapped[dt.datetime | None]
    is_source: Mapped[bool] = mapped_column(default=False)
    """Its body is the only place where the order stands."""
    state: Mapped[str] = mapped_column(default="waiting")
    outcome: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[dt.datetime]
    lease_until: Mapped[dt.datetime | None]
    lease_token: Mapped[int] = mapped_column(default=0)


class InboxWork(NamedTuple):
    """A delivery that a worker has claimed: what its row said then."""

    id: str
    connection_id: str
    delivery_id: str
    topic: str
    subject: str
    body_sealed: bytes | None
    received_at: dt.datetime
    occurred_at: dt.datetime | None
    attempts: int
    next_at: dt.datetime
    lease_until: dt.datetime
    lease_token: int


def take_in(database: Database, account: Account, delivery: Delivery, body: bytes, now: dt.datetime) -> str | None:
    """Store and commit what came from outside; its id, or None when this delivery, or this very content, is known."""
    row = _row(account, delivery, body, now)
    return row["id"] if database.insert_once(_TABLE, row, WorkToDo()) else None


def store(session: Session, account: Account, delivery: Delivery, body: bytes, now: dt.datetime) -> bool:
    """`take_in` as a part of a transaction; False when it is known."""
    row = _row(account, delivery, body, now)
    # Past the object mapper, which would double what it costs.
    connection = session.connection()
    if connection.execute(_STORE[connection.dialect.name], row).first() is None:
        return False
    log.info("delivery %s taken in", delivery.topic, extra=its(delivery=row["id"]))
    ring_after_commit(session, WorkToDo())
    return True


def _row(account: Account, delivery: Delivery, body: bytes, now: dt.datetime) -> dict[str, Any]:
    entry_id = new_id()
    return {
        "id": entry_id,
        "connection_id": account.connection_id,
        "delivery_id": delivery.delivery_id,
        "topic": delivery.topic,
        "subject": delivery.subject,
        "content_hash": hashlib.sha256(body + (delivery.delivery_id if delivery.is_thin else "").encode()).hexdigest(),
        "body_sealed": sealing.seal_bytes(_small(body), to=_place(entry_id)),
        "received_at": now,
        "occurred_at": delivery.occurred_at,
        "is_source": delivery.is_source,
        "state": "waiting",
        "outcome": "",
        "attempts": 0,
        "next_at": now,
        "lease_token": 0,
    }


_TABLE = Base.metadata.tables[InboxEntry.__tablename__]
_STORE = {
    name: dialect.insert(_TABLE).on_conflict_do_nothing().returning(literal(1))
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}


def ask_again(session: Session, connection_id: str, order_id: str, why: str, now: dt.datetime) -> bool:
    """An entry of our own making, which leads to an order as any delivery does; the same `why` counts once."""
    account = Account(connection_id, "", "", {}, {})
    delivery = Delivery(f"{ASK_AGAIN}:{order_id}:{why}", ASK_AGAIN, order_id)
    return store(session, account, delivery, f"{order_id} {why}".encode(), now)


def _small(body: bytes) -> bytes:
    """Compressed, as what is sealed cannot be: a large value costs the database pages of its own."""
    # The fastest level; and a smaller window than usual, whose memory takes longer to get than the rest together.
    deflate = zlib.compressobj(1, zlib.DEFLATED, 13, 6)
    return deflate.compress(body) + deflate.flush()


def body_of(entry: InboxEntry | InboxWork) -> bytes:
    """The raw bytes as they came; empty once retention has erased them."""
    if entry.body_sealed is None:
        return b""
    return zlib.decompress(sealing.unseal_bytes(entry.body_sealed, to=_place(entry.id)))


def kept_of(database: Database, connection_id: str, subject: str) -> list[bytes]:
    """The bodies still kept of a connection's deliveries about this, those taken in last first. Raises Unavailable."""
    theirs = (InboxEntry.connection_id == connection_id, InboxEntry.subject == subject, InboxEntry.topic != ASK_AGAIN)
    newest = select(InboxEntry).where(*theirs, InboxEntry.body_sealed.is_not(None))
    with database.reading() as session:
        found = session.scalars(newest.order_by(InboxEntry.received_at.desc(), InboxEntry.id.desc()).limit(_MOST_KEPT))
        return [body_of(entry) for entry in found]


def _place(entry_id: str) -> str:
    return f"inbox.body:{entry_id}"
