"""Places promised to many new pickups at once: the free doors and codes of their stores read together, then given out.

What one of them gets is ruled where it is for a single one: by `lockers.allocation`, `places` and `grants`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, select, union_all
from sqlalchemy.orm import Session

from bopis.among import among
from bopis.lockers.allocation import Door, choose
from bopis.lockers.models import TAKES_GOODS, Bank, Compartment
from bopis.pickups import grants, places
from bopis.pickups.codes import SELECTOR_REST
from bopis.pickups.models import IS_CLOSED, IS_LIVE, IS_NOT_CLOSED, Grant, NewPickup, Placement
from bopis.prepared import Prepared, Write


class Promise(NamedTuple):
    """The changes that give a pickup its place and its code; the door's number, None for the counter; and why."""

    writes: list[Write]
    door: int | None
    reason: str


class Promises:
    """The free doors of some stores, their oldest banks and the selectors in use there, while their locks are held."""

    def __init__(
        self, doors: Mapping[str, list[Door]], banks: Mapping[str, str], taken: Mapping[str, set[int]]
    ) -> None:
        self._doors, self._banks, self._taken = doors, banks, taken

    @classmethod
    def read(cls, session: Session, pickups: Sequence[NewPickup], now: dt.datetime) -> Promises:
        """All that is needed to promise these a place."""
        wanted = [pickup.store_id for pickup in pickups if pickup.store_id]
        if not wanted:
            return cls({}, {}, {})
        banks = _banks(session, sorted(set(wanted)))
        oldest = {store_id: bank_ids[0] for store_id, bank_ids in banks.items()}
        all_banks = sorted(bank_id for bank_ids in banks.values() for bank_id in bank_ids)
        return cls(_free_doors(session, wanted), oldest, _taken(session, all_banks, now))

    def make(self, session: Session, pickup: NewPickup, now: dt.datetime) -> Promise:
        """Promise the best free door of its store, or else the counter. Raises grants.NoSelectorFree."""
        assert pickup.store_id is not None
        free = self._doors.get(pickup.store_id, [])
        choice = choose(free, pickup.size or None)
        door = choice.door
        bank_id = door.bank_id if door else self._banks.get(pickup.store_id)
        access = grants.first(session, pickup, bank_id, self._taken[bank_id] if bank_id else set(), now)
        if door:
            free.remove(door)
        place = places.hold(pickup, door.compartment_id if door else None, now)
        return Promise([place, *access], door.number if door else None, choice.reason if bank_id else "no_lockers")


def _banks(session: Session, store_ids: list[str]) -> dict[str, list[str]]:
    banks: dict[str, list[str]] = {}
    for store_id, bank_id in _BANKS.run(session, stores=store_ids):
        banks.setdefault(store_id, []).append(bank_id)
    return banks


def _free_doors(session: Session, store_ids: list[str]) -> dict[str, list[Door]]:
    most = max(store_ids.count(store_id) for store_id in set(store_ids))
    doors: dict[str, list[Door]] = {}
    for store_id, *door in _FREE.run(session, stores=set(store_ids), most=most):
        doors.setdefault(store_id, []).append(Door._make(door))
    return doors


def _taken(session: Session, bank_ids: list[str], now: dt.datetime) -> dict[str, set[int]]:
    taken: dict[str, set[int]] = {bank_id: set() for bank_id in bank_ids}
    for bank_id, selector in _SELECTORS.run(session, banks=bank_ids, rested=now - SELECTOR_REST) if bank_ids else ():
        if selector is not None:
            taken[bank_id].add(int(selector))
    return taken


_THESE_STORES = among(Bank.store_id, "stores")
_BANKS = Prepared(select(Bank.store_id, Bank.id).where(_THESE_STORES).order_by(Bank.created_at, Bank.id))
# Of each size no more doors than could be given out, the best first as `choose` sees it: a store has dozens.
_BEST_FIRST = func.row_number().over(
    partition_by=(Bank.store_id, Compartment.size), order_by=(Compartment.accessible, Compartment.number)
)
_RANKED = (
    select(
        Bank.store_id,
        Compartment.id,
        Compartment.number,
        Compartment.size,
        Compartment.accessible,
        Placement.pickup_id,
        Compartment.bank_id,
        _BEST_FIRST.label("rank"),
    )
    .join(Bank, Bank.id == Compartment.bank_id)
    .outerjoin(Placement, and_(Placement.compartment_id == Compartment.id, IS_LIVE))
    .where(_THESE_STORES, TAKES_GOODS, Placement.id.is_(None))
    .subquery()
)
_FREE = Prepared(select(*list(_RANKED.columns)[:-1]).where(_RANKED.c.rank <= bindparam("most")))
_THESE_BANKS = among(Grant.bank_id, "banks")
# Two parts with an index each, as in `grants`: a bank's past grows for ever, and must not be read.
_SELECTORS = Prepared(
    union_all(
        select(Grant.bank_id, Grant.selector).where(_THESE_BANKS, IS_NOT_CLOSED),
        select(Grant.bank_id, Grant.selector).where(_THESE_BANKS, IS_CLOSED, Grant.closed_at > bindparam("rested")),
    )
)
