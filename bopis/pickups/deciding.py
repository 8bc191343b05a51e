"""The doors of a store as `lockers.allocation` sees them, and what it decides for one pickup in hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from bopis.lockers.allocation import Box, Decision, Door, Goods, Stay, decide
from bopis.lockers.fit import SIZES
from bopis.lockers.knobs import Knobs
from bopis.lockers.models import TAKES_GOODS, Bank, Compartment
from bopis.pickups import grants, holding, places
from bopis.pickups.carry import is_spoken_for, spoken_for
from bopis.pickups.choosing import is_begun
from bopis.pickups.models import IS_LIVE, Pickup, Placement


class Doors(NamedTuple):
    """Every door that may be taken or emptied now, and how each bank chooses."""

    boxes: list[Box]
    knobs: dict[str, Knobs]

    def knobs_of(self, bank_id: str) -> Knobs:
        return self.knobs[bank_id]


def doors(session: Session, store_id: str, now: dt.datetime, *, of: str = "") -> Doors:
    """What there is to choose among for the pickup `of`, by one statement. Goods that may not leave are
    pinned; left out are doors that take nothing, and what another plan speaks for."""
    boxes, knobs = [], dict[str, Knobs]()
    for row in session.execute(_statement(store_id, now, of)):
        knobs.setdefault(row.bank_id, Knobs.of(row.knobs))
        boxes.append(_box(row, of, now))
    return Doors(boxes, knobs)


def decide_for(session: Session, pickup: Pickup, now: dt.datetime, *, not_in: Collection[str] = ()) -> Decision:
    """The door for this pickup in hand, and what must be carried first."""
    assert pickup.store_id is not None
    there = doors(session, pickup.store_id, now, of=pickup.id)
    return decide(there.boxes, in_hand(session, pickup), now, there.knobs_of, not_in=not_in)


def keeps(session: Session, pickup: Pickup, promised: Compartment, now: dt.datetime) -> bool:
    """Whether goods in hand go into the door they were promised: not if a plan speaks for it by now, nor if a smaller
    one of the same bank is free."""
    assert pickup.store_id is not None
    there = doors(session, pickup.store_id, now, of=pickup.id)
    if all(box.door.compartment_id != promised.id for box in there.boxes):
        return promised.id not in spoken_for(session, pickup, now)
    beside = [box for box in there.boxes if box.door.bank_id == promised.bank_id]
    best = decide(beside, in_hand(session, pickup), now, there.knobs_of).door
    return best is None or SIZES.index(best.size) >= SIZES.index(promised.size)


def in_hand(session: Session, pickup: Pickup) -> Goods:
    """A pickup as the choice sees it. Who was told a code once is served where that code opens doors."""
    goods = places.goods_of(pickup)
    grant = grants.open_grant(session, pickup.id) if pickup.ready_at is not None else None
    return goods._replace(bank_id=grant.bank_id or "") if grant is not None else goods


def _statement(store_id: str, now: dt.datetime, of: str) -> Any:
    other = aliased(Placement)
    alone = ~exists().where(other.pickup_id == Placement.pickup_id, other.id != Placement.id, other.state != "released")
    return (
        select(
            Compartment.id,
            Compartment.number,
            Compartment.size.label("door_size"),
            Compartment.accessible,
            Compartment.bank_id,
            Compartment.cold,
            Bank.knobs,
            Placement.state.label("placed"),
            Placement.touched,
            Placement.abandoned,
            Placement.loaded_at,
            Placement.pickup_id,
            Pickup.state,
            Pickup.size,
            Pickup.needs,
            Pickup.low_door,
            Pickup.pinned_until,
            alone.label("alone"),
            is_begun(Placement).label("begun"),
        )
        .join(Bank, Bank.id == Compartment.bank_id)
        .outerjoin(Placement, and_(Placement.compartment_id == Compartment.id, IS_LIVE))
        .outerjoin(Pickup, Pickup.id == Placement.pickup_id)
        .where(Bank.store_id == store_id, Compartment.in_service.is_(True), Bank.quarantined_at.is_(None))
        .where(or_(TAKES_GOODS, Placement.state == "loaded"), ~is_spoken_for(now, of))
    )


def _box(row: Any, of: str, now: dt.datetime) -> Box:
    door = Door(row.id, row.number, row.door_size, row.accessible, None, row.bank_id)
    if row.placed is None:
        return Box(door, cold=row.cold)
    if row.placed == "held" and not row.touched and (row.pickup_id == of or not row.begun):
        return Box(door if row.pickup_id == of else door._replace(holder=row.pickup_id), cold=row.cold)
    stays = row.placed == "loaded" and not row.abandoned and row.state == "ready" and row.loaded_at is not None
    pinned = not stays or not row.alone or holding.is_pinned(row, now)
    needs = frozenset((row.needs or "").split()) | ({"accessible"} if row.low_door else frozenset())
    goods = Goods(row.pickup_id, row.size or row.door_size, needs, row.bank_id)
    return Box(door, Stay(goods, row.loaded_at or now, pinned), row.cold)
