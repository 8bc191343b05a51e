"""Placements: given, kept, released."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from sqlalchemy import and_, bindparam, exists, false, or_, select
from sqlalchemy.orm import Session

from bopis.ids import new_id
from bopis.lockers.allocation import Box, Choice, Door, Goods, choose, takes
from bopis.lockers.models import TAKES_GOODS, Bank, Compartment
from bopis.pickups.models import IS_LIVE, NewPickup, Pickup, Placement, all_needs
from bopis.prepared import Prepared, Write, word
from bopis.rows import Insert

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
        Placement.pickup_id.is_distinct_from(bindparam("of")),
    )
)


def choose_in_hand(session: Session, pickup: Pickup, *, not_in: Collection[str] = ()) -> Choice:
    """The door for goods that are in hand: a free one, or one that another pickup is only promised."""
    rows = _FREE_OR_PROMISED.run(session, store=pickup.store_id, of=pickup.id)
    boxes = [Box(Door(*door), cold=cold) for *door, cold in rows]
    return among_these(session, boxes, pickup, not_in=not_in)


def among_these(
    session: Session, boxes: Iterable[Box], pickup: Pickup | NewPickup, *, not_in: Collection[str] = ()
) -> Choice:
    """The best of these doors, which are free or may be taken; else why there is none."""
    goods = goods_of(pickup)
    choice = choose([box.door for box in boxes if takes(box, goods)], goods.size, not_in=not_in)
    if choice.door is None and goods.size and goods.needs and not _is_any(session, pickup.store_id, goods):
        return Choice(None, "no_such_door")
    return choice


def goods_of(pickup: Pickup | NewPickup, parcel: int | None = None) -> Goods:
    """A pickup, or one of its parcels, as the choice of doors sees it."""
    if parcel is not None and pickup.parcels:
        part = pickup.parcels[min(parcel, len(pickup.parcels)) - 1]
        wish = all_needs(pickup) & {"accessible"}
        return Goods(pickup.id, part["size"], frozenset(part["needs"].split()) | wish)
    return Goods(pickup.id, pickup.size or None, all_needs(pickup))


def _is_any(session: Session, store_id: str | None, goods: Goods) -> bool:
    """Whether the store has a door at all that would take these goods."""
    rows = session.execute(
        select(Compartment.id, Compartment.number, Compartment.size, Compartment.accessible, Compartment.cold)
        .join(Bank, Bank.id == Compartment.bank_id)
        .where(Bank.store_id == store_id, Compartment.in_service.is_(True))
    )
    return any(takes(Box(Door(*door), cold=cold), goods) for *door, cold in rows)


def bank_of(session: Session, pickup: Pickup) -> str | None:
    """The bank this pickup's code belongs to when it gets no door: that of its places, else the store's first."""
    found = _BANK.run(session, of=pickup.id, store=pickup.store_id)
    return found[0][0] if found else None


_HELD = exists().where(
    Placement.pickup_id == bindparam("of"),
    IS_LIVE,
    Compartment.id == Placement.compartment_id,
    Compartment.bank_id == Bank.id,
)
_BANK = Prepared(
    select(Bank.id).where(Bank.store_id == bindparam("store")).order_by(_HELD.desc(), Bank.created_at, Bank.id).limit(1)
)


def hold(pickup: Pickup | NewPickup, compartment_id: str | None, now: dt.datetime, parcel: int = 1) -> Write:
    """`give` as a change to be sent with others."""
    row = {"id": new_id(), "merchant_id": pickup.merchant_id, "pickup_id": pickup.id, "parcel": parcel}
    return Write(_HOLD, {**row, "compartment_id": compartment_id, "created_at": now})


_HOLD = Insert(
    Placement.__table__,  # type: ignore[arg-type]
    *("id", "merchant_id", "pickup_id", "compartment_id", "created_at", "parcel"),
    state=word("held"),
    touched=false(),
    abandoned=false(),
    evidence=word(""),
)


def give(
    session: Session,
    pickup: Pickup,
    compartment_id: str | None,
    now: dt.datetime,
    placement_id: str | None = None,
    parcel: int = 1,
) -> Placement:
    """Hold a compartment, or the counter, for this pickup. The unique index lets only one hold a door.

    `placement_id` is given when a bridge has named it already.
    """
    placement = Placement(
        id=placement_id or new_id(),
        merchant_id=pickup.merchant_id,
        compartment_id=compartment_id,
        state="held",
        created_at=now,
        touched=False,
        abandoned=False,
        parcel=parcel,
        evidence="",
        pickup=pickup,
    )
    session.add(placement)
    session.flush()
    return placement


def release(session: Session, placement: Placement, evidence: str, now: dt.datetime) -> None:
    """Free a place, because `evidence` says that it is empty; never on a timer, never by a cancel."""
    placement.state, placement.released_at, placement.evidence = "released", now, evidence
    session.flush()
