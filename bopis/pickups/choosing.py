"""Doors chosen for a pickup, or for each of its parcels, among those that are free or only promised to others.

Which one that is rules `lockers.allocation`; what must be carried first, `pickups.deciding`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, exists, false, or_, select
from sqlalchemy.orm import Session, aliased

from bopis.lockers.allocation import Box, Choice, Door, Goods, choose, decide_parcels, takes
from bopis.lockers.models import TAKES_GOODS, Bank, Compartment
from bopis.pickups.models import IS_LIVE, NewPickup, Pickup, Placement
from bopis.pickups.places import goods_of, numbers
from bopis.prepared import Prepared, word


class Chosen(NamedTuple):
    """A door for each parcel, in their order, all in one bank; or none, and why."""

    doors: list[Door]
    reason: str


def is_begun(of: type[Placement]) -> ColumnElement[bool]:
    """Whether another parcel of the same pickup is in its door already, so that this one's place is no more anybody
    else's to take."""
    other = aliased(Placement)
    return exists().where(
        other.pickup_id == of.pickup_id,
        other.state != word("released"),
        or_(other.state == word("loaded"), other.touched),
    )


# Columns, not objects: these are read for every order, and a store has dozens of doors.
_DOORS = (
    select(
        Compartment.id.label("compartment_id"),
        Compartment.number,
        Compartment.size,
        Compartment.accessible,
        Placement.pickup_id,
        Compartment.bank_id,
        Compartment.cold,
    )
    .join(Bank, Bank.id == Compartment.bank_id)
    .outerjoin(Placement, and_(Placement.compartment_id == Compartment.id, IS_LIVE))
    .where(Bank.store_id == bindparam("store"), TAKES_GOODS)
)
_FREE_OR_PROMISED = Prepared(
    _DOORS.where(
        or_(Placement.id.is_(None), and_(Placement.state == word("held"), Placement.touched.is_(false()))),
        ~is_begun(Placement),
        Placement.pickup_id.is_distinct_from(bindparam("of")),
    )
)


def all_in_hand(session: Session, pickup: Pickup, *, not_in: Collection[str] = ()) -> Chosen:
    """The doors for goods that are in hand: free ones, or ones that other pickups are only promised."""
    return among_these(session, _to_take(session, pickup, not_in), pickup)


def one_in_hand(session: Session, pickup: Pickup, parcel: int, *, not_in: Collection[str] = ()) -> Choice:
    """The door for one parcel in hand, in the bank where the others are."""
    goods = goods_of(pickup, parcel)
    there = next((place.compartment.bank_id for place in pickup.live_placements() if place.compartment), "")
    return _one(session, pickup.store_id, _to_take(session, pickup, not_in), goods._replace(bank_id=there))


def among_these(session: Session, boxes: Iterable[Box], pickup: Pickup | NewPickup) -> Chosen:
    """The best of these doors, which are free or may be taken."""
    if not pickup.parcels:
        choice = _one(session, pickup.store_id, boxes, goods_of(pickup))
        return Chosen([choice.door] if choice.door else [], choice.reason)
    parcels = [goods_of(pickup, parcel) for parcel in numbers(pickup)]
    banks: dict[str, list[Box]] = defaultdict(list)
    for box in boxes:
        banks[box.door.bank_id].append(box)
    for bank in banks.values():  # one code opens the doors of one bank
        decisions = decide_parcels(bank, parcels)
        if decisions:
            return Chosen([decision.door for decision in decisions if decision.door], "in_parcels")
    missing = any(not _is_any(session, pickup.store_id, goods) for goods in parcels)
    return Chosen([], "no_such_door" if missing else "not_all_fit")


def _one(session: Session, store_id: str | None, boxes: Iterable[Box], goods: Goods) -> Choice:
    choice = choose([box.door for box in boxes if takes(box, goods)], goods.size)
    if choice.door is None and goods.size and goods.needs and not _is_any(session, store_id, goods):
        return Choice(None, "no_such_door")
    return choice


def _to_take(session: Session, pickup: Pickup, not_in: Collection[str]) -> list[Box]:
    rows = _FREE_OR_PROMISED.run(session, store=pickup.store_id, of=pickup.id)
    boxes = [Box(Door(*door), cold=cold) for *door, cold in rows]
    return [box for box in boxes if box.door.compartment_id not in not_in]


def _is_any(session: Session, store_id: str | None, goods: Goods) -> bool:
    """Whether the store has a door at all that would take these goods."""
    rows = session.execute(
        select(Compartment.id, Compartment.number, Compartment.size, Compartment.accessible, Compartment.cold)
        .join(Bank, Bank.id == Compartment.bank_id)
        .where(Bank.store_id == store_id, Compartment.in_service.is_(True))
    )
    return any(takes(Box(Door(*door), cold=cold), goods) for *door, cold in rows)
