"""Placements: given, kept, released."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from bopis.ids import new_id
from bopis.lockers.allocation import Choice, Door, choose
from bopis.lockers.models import Bank, Compartment
from bopis.pickups.models import Pickup, Placement


def doors_to_choose_from(session: Session, store_id: str, *, in_hand: bool) -> list[Door]:
    """The doors of a store that are free, and for goods in hand also those another pickup is only promised."""
    doors = []
    for compartment_id, number, size, accessible, bank_id, holder, state, touched in session.execute(
        _DOORS, {"store": store_id}
    ):
        promised = state == "held" and not touched
        if holder is None or (in_hand and promised):
            doors.append(Door(compartment_id, number, size, accessible, holder, bank_id))
    return doors


# Columns, not objects, and built once: this is read for every order, and a store has dozens of doors.
_DOORS = (
    select(
        Compartment.id,
        Compartment.number,
        Compartment.size,
        Compartment.accessible,
        Compartment.bank_id,
        Placement.pickup_id,
        Placement.state,
        Placement.touched,
    )
    .join(Bank, Bank.id == Compartment.bank_id)
    .outerjoin(Placement, and_(Placement.compartment_id == Compartment.id, Placement.state != "released"))
    .where(Bank.store_id == bindparam("store"), Compartment.in_service.is_(True))
)


def choose_for(session: Session, pickup: Pickup, *, in_hand: bool, not_in: Collection[str] = ()) -> Choice:
    """The place this pickup should get now."""
    assert pickup.store_id is not None
    doors = doors_to_choose_from(session, pickup.store_id, in_hand=in_hand)
    return choose([door for door in doors if door.holder != pickup.id], pickup.size or None, not_in=not_in)


def give(session: Session, pickup: Pickup, compartment_id: str | None, now: dt.datetime) -> Placement:
    """Hold a compartment, or the counter, for this pickup. The unique index lets only one hold a door."""
    placement = Placement(
        id=new_id(),
        merchant_id=pickup.merchant_id,
        compartment_id=compartment_id,
        state="held",
        created_at=now,
        touched=False,
        abandoned=False,
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


def bank_of(session: Session, pickup: Pickup) -> str | None:
    """The bank this pickup's code belongs to: that of its places, else the store's first."""
    for placement in pickup.live_placements():
        if placement.compartment:
            return placement.compartment.bank_id
    return session.scalars(
        select(Bank.id).where(Bank.store_id == pickup.store_id).order_by(Bank.created_at, Bank.id).limit(1)
    ).first()
