"""How a worker takes rows from the inbox or the outbox: conditionally, for a while, with a token.

A lease that lapses frees the row for another worker; the token in the row then differs from the one the slow worker
holds, so that its late word is refused (`LostLease`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from bopis.among import among
from bopis.inbox import InboxEntry
from bopis.outbox import OutboxEntry
from bopis.prepared import Prepared

LEASE = dt.timedelta(seconds=60)
Entry = TypeVar("Entry", InboxEntry, OutboxEntry)


class LostLease(Exception):
    """Another worker has taken this row over; nothing of ours may be recorded."""


def due(box: type[Entry], now: dt.datetime) -> ColumnElement[bool]:
    """The condition for a row that someone should work on now."""
    return (box.state == "waiting") & (box.next_at <= now) & or_(box.lease_until.is_(None), box.lease_until <= now)


def claim(
    session: Session, box: type[Entry], limit: int, now: dt.datetime, *, where: ColumnElement[bool] | None = None
) -> list[Entry]:
    """Take up to `limit` due rows (of those `where` allows), oldest first, each under a fresh token."""
    takeable = due(box, now) if where is None else due(box, now) & where
    chosen = select(box.id).where(takeable).order_by(box.next_at, box.id).limit(limit)
    # Skipping locked rows is PostgreSQL's speed-up; SQLite ignores it and has one writer anyway. It stands apart, since
    # PostgreSQL may ask a mere subquery again for every row, each time for others.
    these = chosen.with_for_update(skip_locked=True).cte("these")
    statement = (
        update(box)
        .where(box.id.in_(select(these.c.id)), due(box, now))
        .values(lease_until=now + LEASE, lease_token=box.lease_token + 1, attempts=box.attempts + 1)
        .returning(box)
        .execution_options(synchronize_session=False)
    )
    return sorted(session.scalars(statement), key=lambda entry: (entry.next_at, entry.id))


def still_ours(session: Session, entries: Iterable[Entry]) -> list[Entry]:
    """Those of our entries, all of one box, that nobody took over; none can until this transaction ends."""
    held = {entry.id: entry for entry in entries}
    if not held:
        return []
    box = type(next(iter(held.values())))
    tokens = dict(iter(_HELD[box].run(session, these=held)))
    return [entry for entry in held.values() if tokens.get(entry.id) == entry.lease_token]


# In the order of their ids, so that two workers who hold the same rows cannot wait for each other in a circle.
_HELD = {
    box: Prepared(select(box.id, box.lease_token).where(among(box.id, "these")).order_by(box.id).with_for_update())
    for box in (InboxEntry, OutboxEntry)
}


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


def settle_all(session: Session, ends: Sequence[tuple[Entry, Mapping[str, object]]]) -> None:
    """`settle` for entries that `still_ours` found to be ours: what ends alike takes one statement."""
    alike: dict[tuple[tuple[str, object], ...], list[Entry]] = {}
    for entry, values in ends:
        alike.setdefault(tuple(values.items()), []).append(entry)
    for values_alike, entries in alike.items():
        box = type(entries[0])
        statement = update(box.__table__).where(among(box.id, "these")).values(lease_until=None, **dict(values_alike))
        session.connection().execute(statement, {"these": [entry.id for entry in entries]})


def ids_of(entry: InboxEntry | OutboxEntry) -> dict[str, object]:
    """What the lines logged at work on an entry are about."""
    if isinstance(entry, InboxEntry):
        return {"delivery": entry.id}
    return {"effect": entry.id, "pickup": entry.pickup_id, "grant": entry.fields.get("grant_id")}
