"""The timeline: what happened to each pickup, append-only, each pickup's entries a hash chain."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
from typing import Any

from sqlalchemy import UniqueConstraint, bindparam, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bopis.db import Base, Id
from bopis.ids import new_id
from bopis.logs import its

_TOLD = ("reason", "door", "placement", "command")
"""Of an entry's detail, what its log line repeats."""
log = logging.getLogger(__name__)


class TimelineEntry(Base):
    """One thing that happened. `detail` holds ids, numbers and reasons; never a code, a name or a phone number."""

    __tablename__ = "timeline"
    __table_args__ = (UniqueConstraint("pickup_id", "number"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    pickup_id: Mapped[str] = mapped_column(Id)
    number: Mapped[int]
    at: Mapped[dt.datetime]
    what: Mapped[str]
    actor: Mapped[str]
    detail: Mapped[dict[str, Any]]
    previous_hash: Mapped[str]
    hash: Mapped[str]


def write(session: Session, pickup_id: str, what: str, *, actor: str, at: dt.datetime, **detail: Any) -> None:
    """Add one entry. The caller holds the store's lock, so that entries of one pickup come one after another."""
    # Past the object mapper: every step of every pickup comes through here.
    connection = session.connection()
    last = connection.execute(_LAST, {"of": pickup_id}).first()
    entry = TimelineEntry(
        id=new_id(),
        pickup_id=pickup_id,
        number=last.number + 1 if last else 1,
        at=at,
        what=what,
        actor=actor,
        detail=detail,
        previous_hash=last.hash if last else "",
        hash="",
    )
    entry.hash = _hash(entry)
    connection.execute(_WRITE, {name: getattr(entry, name) for name in _FIELDS})
    log.info("pickup %s", what, extra=its(pickup=pickup_id, actor=actor, **{name: detail.get(name) for name in _TOLD}))


_WRITE = insert(TimelineEntry.__table__)
_FIELDS = tuple(column.name for column in TimelineEntry.__table__.columns)
_LAST = (
    select(TimelineEntry.number, TimelineEntry.hash)
    .where(TimelineEntry.pickup_id == bindparam("of"))
    .order_by(TimelineEntry.number.desc())
    .limit(1)
)


def entries(session: Session, pickup_id: str) -> list[TimelineEntry]:
    """A pickup's entries, oldest first."""
    statement = select(TimelineEntry).where(TimelineEntry.pickup_id == pickup_id).order_by(TimelineEntry.number)
    return list(session.scalars(statement))


def first_break(chain: list[TimelineEntry]) -> int | None:
    """The number of the first entry that was altered, removed or moved; None when the chain holds."""
    previous = ""
    for expected, entry in enumerate(chain, start=1):
        if entry.number != expected or entry.previous_hash != previous or entry.hash != _hash(entry):
            return expected
        previous = entry.hash
    return None


def _hash(entry: TimelineEntry) -> str:
    facts = [
        entry.pickup_id,
        entry.number,
        entry.at.astimezone(dt.UTC).isoformat(),
        entry.what,
        entry.actor,
        entry.detail,
        entry.previous_hash,
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
