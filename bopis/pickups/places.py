"""Placements: given, kept, released."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import bindparam, exists, false, select
from sqlalchemy.orm import Session

from bopis.ids import new_id
from bopis.lockers.allocation import Goods
from bopis.lockers.models import Bank, Compartment
from bopis.pickups.models import IS_LIVE, NewPickup, Pickup, Placement, all_needs
from bopis.prepared import Prepared, Write, word
from bopis.rows import Insert


def numbers(pickup: Pickup | NewPickup) -> range:
    """Its parcels' numbers: one, unless no one door takes all of it."""
    return range(1, max(1, len(pickup.parcels)) + 1)


def goods_of(pickup: Pickup | NewPickup, parcel: int | None = None) -> Goods:
    """A pickup, or one of its parcels, as the choice of doors sees it."""
    if parcel is not None and pickup.parcels:
        part = pickup.parcels[min(parcel, len(pickup.parcels)) - 1]  # one more box is as large as the last
        wish = all_needs(pickup) & {"accessible"}
        return Goods(pickup.id, part["size"], frozenset(part["needs"].split()) | wish)
    return Goods(pickup.id, pickup.size or None, all_needs(pickup))


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
