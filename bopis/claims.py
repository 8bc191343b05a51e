"""How a worker takes rows from the inbox or the outbox: conditionally, for a while, with a token.

A lease that lapses frees the row for another worker; the token in the row then differs from the one the slow worker
holds, so that its late word is refused (`LostLease`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar, overload

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    bindparam,
    exists,
    literal_column,
    not_,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from bopis.among import among
from bopis.db import UtcDateTime
from bopis.inbox import InboxEntry, InboxWork
from bopis.outbox import OutboxEntry, OutboxWork
from bopis.prepared import Prepared, word

LEASE = dt.timedelta(seconds=60)
Box = type[InboxEntry] | type[OutboxEntry]
Entry = TypeVar("Entry", InboxWork, OutboxWork)


class LostLease(Exception):
    """Another worker has taken this row over; nothing of ours may be recorded."""


def due(box: Box, now: dt.datetime | ColumnElement[dt.datetime]) -> ColumnElement[bool]:
    """The condition for a row that someone should work on now."""
    return (
        (box.state == word("waiting")) & (box.next_at <= now) & or_(box.lease_until.is_(None), box.lease_until <= now)
    )


@overload
def claim(
    session: Session, box: type[InboxEntry], limit: int, now: dt.datetime, *, but_of: Collection[str] = ()
) -> list[InboxWork]: ...
@overload
def claim(
    session: Session, box: type[OutboxEntry], limit: int, now: dt.datetime, *, but_of: Collection[str] = ()
) -> list[OutboxWork]: ...
def claim(
    session: Session, box: Box, limit: int, now: dt.datetime, *, but_of: Collection[str] = ()
) -> list[InboxWork] | list[OutboxWork]:
    """Take up to `limit` due rows, oldest first, each under a fresh token.

    `but_of` names what is left where it is: connections, or kinds of message, each alone or as `kind merchant`.
    """
    work: Any = _WORK[box]
    found = _CLAIM[box].read(session, work, now=now, until=now + LEASE, limit=limit, but_of=but_of)
    return sorted(found, key=lambda entry: (entry.next_at, entry.id))


def _claiming(box: Box) -> Prepared:
    now = bindparam("now", type_=UtcDateTime())
    takeable = and_(due(box, now), *(not_(among(lane, "but_of")) for lane in _LANES[box]))
    chosen = select(box.id).where(takeable).order_by(box.next_at, box.id).limit(bindparam("limit", type_=Integer()))
    # Skipping locked rows is PostgreSQL's speed-up; SQLite ignores it and has one writer anyway. It stands apart, since
    # PostgreSQL may ask a mere subquery again for every row, each time for others.
    these = chosen.with_for_update(skip_locked=True).cte("these")
    return Prepared(
        update(box.__table__)  # type: ignore[arg-type]
        .where(box.id.in_(select(these.c.id)), due(box, now))
        .values(
            lease_until=bindparam("until", type_=UtcDateTime()),
            lease_token=box.lease_token + literal_column("1"),
            attempts=box.attempts + literal_column("1"),
        )
        .returning(*(getattr(box, name) for name in _WORK[box]._fields))
    )


_LANES: dict[Box, tuple[ColumnElement[str], ...]] = {
    InboxEntry: (InboxEntry.connection_id.expression,),
    OutboxEntry: (OutboxEntry.kind.expression, OutboxEntry.kind + word(" ") + OutboxEntry.merchant_id),
}
_WORK: dict[Box, type[InboxWork] | type[OutboxWork]] = {InboxEntry: InboxWork, OutboxEntry: OutboxWork}
_BOX: dict[type[Any], Box] = {work: box for box, work in _WORK.items()}
_CLAIM = {box: _claiming(box) for box in _WORK}


def is_any_due(session: Session, now: dt.datetime) -> bool:
    """Whether there is anything to work on now in either box."""
    return bool(_IS_ANY_DUE.run(session, now=now)[0][0])


_NOW = bindparam("now", type_=UtcDateTime())
_IS_ANY_DUE = Prepared(
    select(or_(*(exists(select(box.id).where(due(box, _NOW)).correlate(None)) for box in _WORK)).label("is_due"))
)


def still_ours(session: Session, entries: Iterable[Entry]) -> list[Entry]:
    """Those of our entries, all of one box, that nobody took over; none can until this transaction ends."""
    held = {entry.id: entry for entry in entries}
    if not held:
        return []
    box = _BOX[type(next(iter(held.values())))]
    tokens = dict(_HELD[box].run(session, these=held))
    return [entry for entry in held.values() if tokens.get(entry.id) == entry.lease_token]


# In the order of their ids, so that two workers who hold the same rows cannot wait for each other in a circle.
_HELD = {
    box: Prepared(select(box.id, box.lease_token).where(among(box.id, "these")).order_by(box.id).with_for_update())
    for box in (InboxEntry, OutboxEntry)
}


def note(session: Session, entry: Entry, **values: object) -> None:
    """Write something into an entry that we go on working on. Raises LostLease when it is no longer ours."""
    box = _BOX[type(entry)]
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
        statement = _ending(_BOX[type(entries[0])], tuple(name for name, _ in values_alike))
        statement.run(session, these=[entry.id for entry in entries], **dict(values_alike))


@lru_cache(maxsize=32)
def _ending(box: Box, names: tuple[str, ...]) -> Prepared:
    said = {name: bindparam(name, type_=box.__table__.c[name].type) for name in names}
    return Prepared(update(box.__table__).where(among(box.id, "these")).values(lease_until=null(), **said))  # type: ignore[arg-type]


def ids_of(entry: InboxEntry | OutboxEntry | InboxWork | OutboxWork) -> dict[str, object]:
    """What the lines logged at work on an entry are about."""
    if isinstance(entry, InboxEntry | InboxWork):
        return {"delivery": entry.id}
    return {"effect": entry.id, "pickup": entry.pickup_id, "grant": entry.fields.get("grant_id")}
