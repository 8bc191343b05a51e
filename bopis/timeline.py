"""The timeline: what happened to each pickup, append-only, each pickup's entries a hash chain."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
from typing import Any

from sqlalchemy import Index, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bopis import clock
from bopis.db import Base, Id
from bopis.logs import its
from bopis.memory import memory
from bopis.prepared import Prepared, Write, send
from bopis.rows import Insert

_TOLD = ("reason", "door", "placement", "command")
"""Of an entry's detail, what its log line repeats."""
_NEWS = "newly_told"
log = logging.getLogger(__name__)


class TimelineEntry(Base):
    """One thing that happened. `detail` holds ids, numbers and reasons; never a code, a name or a phone number."""

    __tablename__ = "timeline"
    __table_args__ = (Index("ix_timeline_written", "written_at", "pickup_id", "number"),)

    pickup_id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime]
    written_at: Mapped[dt.datetime]
    """When we came to know of it: later than `at` for what happened in a store without internet."""
    what: Mapped[str]
    actor: Mapped[str]
    detail: Mapped[dict[str, Any]]
    previous_hash: Mapped[str]
    hash: Mapped[str]


def write(session: Session, pickup_id: str, what: str, *, actor: str, at: dt.datetime, **detail: Any) -> None:
    """Add one entry. The caller holds the store's lock, so that entries of one pickup come one after another."""
    send(session, entry(session, pickup_id, what, actor=actor, at=at, **detail))


def begin(session: Session, pickup_id: str, what: str, *, actor: str, at: dt.datetime, **detail: Any) -> None:
    """Add the first entry of a pickup that this transaction made."""
    send(session, first(session, pickup_id, what, actor=actor, at=at, **detail))


def first(session: Session, pickup_id: str, what: str, *, actor: str, at: dt.datetime, **detail: Any) -> Write:
    """`begin` put off, to be sent with other changes."""
    memory(session, "timeline")[pickup_id] = (0, "")
    return entry(session, pickup_id, what, actor=actor, at=at, **detail)


def remember(session: Session, pickup_id: str, number: int, of: str) -> None:
    """Take over a pickup's newest entry, its number and its hash, from whoever has read it under the store's lock.

    What is known already stays: it may be newer, for it may not have been sent yet.
    """
    memory(session, "timeline").setdefault(pickup_id, (number, of))


def entry(session: Session, pickup_id: str, what: str, *, actor: str, at: dt.datetime, **detail: Any) -> Write:
    """`write` put off, to be sent with other changes; what it is chained to is settled here and now."""
    heads = memory(session, "timeline")
    number, previous = heads[pickup_id] if pickup_id in heads else _head(session, pickup_id)
    number += 1
    of = _hash((pickup_id, number, _instant(at), what, actor, detail, previous))
    heads[pickup_id] = (number, of)
    session.info.setdefault(_NEWS, []).append((pickup_id, number, what))
    log.info("pickup %s", what, extra=its(pickup=pickup_id, actor=actor, **{name: detail.get(name) for name in _TOLD}))
    row = {"pickup_id": pickup_id, "number": number, "at": at, "what": what, "actor": actor, "detail": detail}
    return Write(_WRITE, {**row, "written_at": clock.now(), "previous_hash": previous, "hash": of})


def newly_told(session: Session) -> list[tuple[str, int, str]]:
    """(pickup, number, what) of the entries this transaction wrote; empty when it is asked once more."""
    told: list[tuple[str, int, str]] = session.info.pop(_NEWS, [])
    return told


def _head(session: Session, pickup_id: str) -> tuple[int, str]:
    found = _LAST.run(session, of=pickup_id)
    return found[0] if found else (0, "")


_WRITE = Insert(TimelineEntry.__table__)  # type: ignore[arg-type]
_LAST = Prepared(
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
    for number, told in enumerate(chain, start=1):
        facts = (told.pickup_id, told.number, _instant(told.at), told.what, told.actor, told.detail, previous)
        if told.number != number or told.previous_hash != previous or told.hash != _hash(facts):
            return number
        previous = told.hash
    return None


def _instant(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat()


def _hash(facts: tuple[Any, ...]) -> str:
    return hashlib.sha256(_ENCODER.encode(facts).encode()).hexdigest()


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
