"""How a worker takes rows from the inbox or the outbox: conditionally, for a while, with a token.

A lease that lapses frees the row for another worker; the token in the row then differs from the one the slow worker
holds, so that its late word is refused (`LostLease`).
"""

from __future__ import annotations

import datetime as dt
from typing import TypeVar

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from bopis.inbox import InboxEntry
from bopis.outbox import OutboxEntry

LEASE = dt.timedelta(seconds=60)
Entry = TypeVar("Entry", InboxEntry, OutboxEntry)


class LostLease(Exception):
    """Another worker has taken this row over; nothing of ours may be recorded."""


def due(box: type[Entry], now: dt.datetime) -> ColumnElement[bool]:
    """The condition for a row that someone should work on now."""
    return (box.state == "waiting") & (box.next_at <= now) & or_(box.lease_until.is_(None), box.lease_until <= now)


def claim(session: Session, box: type[Entry], limit: int, now: dt.datetime) -> list[Entry]:
    """Take up to `limit` due rows, oldest first, each under a fresh token."""
    chosen = select(box.id).where(due(box, now)).order_by(box.next_at, box.id).limit(limit)
    statement = (
        update(box)
        # Skipping locked rows is PostgreSQL's speed-up; SQLite ignores it and has one writer anyway.
        .where(box.id.in_(chosen.with_for_update(skip_locked=True).scalar_subquery()), due(box, now))
        .values(lease_until=now + LEASE, lease_token=box.lease_token + 1, attempts=box.attempts + 1)
        .returning(box)
        .execution_options(synchronize_session=False)
    )
    return sorted(session.scalars(statement), key=lambda entry: (entry.next_at, entry.id))


def note(session: Session, entry: Entry, **values: object) -> None:
    """Write something into an entry that we go on working on. Raises LostLease when it is no longer ours."""
    box = type(entry)
    statement = (
        update(box)
        .where(box.id == entry.id, box.lease_token == entry.lease_token)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if session.execute(statement).rowcount != 1:  # type: ignore[attr-defined]
        raise LostLease(entry.id)


def settle(session: Session, entry: Entry, **values: object) -> None:
    """Write the end of our work on `entry` and let it go. Raises LostLease when it is no longer ours."""
    note(session, entry, lease_until=None, **values)
