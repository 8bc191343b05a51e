"""Places promised to pickups, to one or to many at once: all that is to be known is read by one statement.

What each of them gets is ruled by `lockers.allocation`, `places` and `grants`.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal_column, null, select, union_all
from sqlalchemy.orm import Session

from bopis import timeline
from bopis.among import among
from bopis.db import Id
from bopis.lockers.allocation import Box, Door
from bopis.lockers.models import TAKES_GOODS, Bank, Compartment
from bopis.pickups import choosing, grants, places
from bopis.pickups.codes import SELECTOR_REST
from bopis.pickups.models import IS_CLOSED, IS_LIVE, IS_NOT_CLOSED, Grant, NewPickup, Pickup, Placement
from bopis.prepared import Prepared, Write, word
from bopis.timeline import TimelineEntry


class Promise(NamedTuple):
    """The changes that give a pickup its place and its code; the doors' numbers, None for the counter; and why."""

    writes: list[Write]
    door: int | str | None
    reason: str


class Promises:
    """The free doors of some stores, their oldest banks and the selectors in use there, while their locks are held."""

    def __init__(self) -> None:
        self._free: dict[str, list[Box]] = {}
        self._banks: dict[str, str] = {}
        self._taken: dict[str, set[int]] = {}
        self._granted = ""

    @classmethod
    def read(cls, session: Session, store_ids: Sequence[str], now: dt.datetime, *, of: str | None = None) -> Promises:
        """All that is needed to promise a place in these stores, in each as often as it is named.

        `of` is the pickup it is for, unless it is new: it may have a grant already, and it has a past.
        """
        found = cls()
        if store_ids:
            often = Counter(store_ids)
            statement, stores = (_IN_SEVERAL, often) if len(often) > 1 else (_IN_ONE, store_ids[0])
            rested = now - SELECTOR_REST
            for kind, *row in statement.run(session, stores=stores, most=max(often.values()), rested=rested, of=of):
                found._note(session, kind, row)
        if of is not None:
            timeline.remember(session, of, 0, "")  # unless something was found
        return found

    def _note(self, session: Session, kind: str, row: Sequence[Any]) -> None:
        of, what, number, size, accessible, bank_id, cold = row
        if kind == "door":
            door = Door(what, number, size, accessible, None, bank_id)
            self._free.setdefault(of, []).append(Box(door, cold=cold))
        elif kind == "bank":
            self._banks[of] = what
            self._taken.setdefault(what, set())
        elif kind == "code":
            self._taken.setdefault(of, set()).add(int(what))
        elif kind == "grant":
            self._granted = what
        else:
            timeline.remember(session, of, number, what)

    def make(self, session: Session, pickup: Pickup | NewPickup, now: dt.datetime) -> Promise:
        """Promise the best free door of its store, or else the counter. Raises grants.NoSelectorFree."""
        assert pickup.store_id is not None
        free = self._free.get(pickup.store_id, [])
        chosen, reason = choosing.among_these(session, free, pickup)
        door = chosen[0] if chosen else None
        bank_id = door.bank_id if door else self._banks.get(pickup.store_id)
        access = self._access(session, pickup, bank_id, now)
        free[:] = [box for box in free if box.door not in chosen]
        holds = [places.hold(pickup, each.compartment_id, now, parcel) for parcel, each in enumerate(chosen, start=1)]
        return Promise(
            [*(holds or [places.hold(pickup, None, now)]), *access],
            " and ".join(str(each.number) for each in chosen) if len(chosen) > 1 else door and door.number,
            reason if bank_id else "no_lockers",
        )

    def _access(
        self, session: Session, pickup: Pickup | NewPickup, bank_id: str | None, now: dt.datetime
    ) -> list[Write]:
        if self._granted:
            grants.changed(session, session.get_one(Grant, self._granted), now)
            return []
        return grants.first(session, pickup, bank_id, self._taken.setdefault(bank_id, set()) if bank_id else set(), now)


def _rows(
    kind: str,
    of: Any,
    what: Any,
    number: Any = None,
    size: Any = None,
    accessible: Any = None,
    bank: Any = None,
    cold: Any = None,
) -> Select[Any]:
    columns = (of, what, number, size, accessible, bank, cold)
    return select(word(kind).label("kind"), *(null() if column is None else column for column in columns))


def _all(in_stores: ColumnElement[bool]) -> Prepared:
    # Of each kind no more doors than could be given out, the best first as `choose` sees it: a store has dozens.
    kind = (Compartment.size, Compartment.accessible, Compartment.cold)
    best_first = func.row_number().over(partition_by=(Bank.store_id, *kind), order_by=Compartment.number)
    size, accessible, cold = kind
    door = (Compartment.id, Compartment.number, size, accessible, Compartment.bank_id, cold)
    free = (
        select(Bank.store_id, *door, best_first.label("rank"))
        .join(Bank, Bank.id == Compartment.bank_id)
        .outerjoin(Placement, and_(Placement.compartment_id == Compartment.id, IS_LIVE))
        .where(in_stores, TAKES_GOODS, Placement.id.is_(None))
        .subquery()
    )
    eldest_first = func.row_number().over(partition_by=Bank.store_id, order_by=(Bank.created_at, Bank.id))
    banks = select(Bank.store_id, Bank.id, eldest_first.label("age")).where(in_stores).subquery()
    of_banks = Grant.bank_id.in_(select(Bank.id).where(in_stores))
    # What a bank uses and what rests there are parts of their own, with an index each: its past grows for ever, and
    # must not be read.
    return Prepared(
        union_all(
            _rows("door", *list(free.c)[:-1]).where(free.c.rank <= bindparam("most")),
            _rows("bank", banks.c.store_id, banks.c.id).where(banks.c.age == literal_column("1")),
            _rows("code", Grant.bank_id, Grant.selector).where(of_banks, IS_NOT_CLOSED, Grant.selector.is_not(None)),
            _rows("code", Grant.bank_id, Grant.selector).where(
                of_banks, IS_CLOSED, Grant.closed_at > bindparam("rested"), Grant.selector.is_not(None)
            ),
            _rows("grant", Grant.pickup_id, Grant.id).where(Grant.pickup_id == _OF, IS_NOT_CLOSED),
            _rows("head", _HEAD.c.pickup_id, _HEAD.c.hash, _HEAD.c.number),
        )
    )


_OF = bindparam("of", type_=Id)
_HEAD = (
    select(TimelineEntry.pickup_id, TimelineEntry.hash, TimelineEntry.number)
    .where(TimelineEntry.pickup_id == _OF)
    .order_by(TimelineEntry.number.desc())
    .limit(literal_column("1"))
    .subquery()
)
# Apart, since of several PostgreSQL's general plan expects more than one, and would plan for one anew each time.
_IN_ONE, _IN_SEVERAL = _all(Bank.store_id == bindparam("stores")), _all(among(Bank.store_id, "stores"))
