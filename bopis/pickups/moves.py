"""Room made in a full bank: who has waited longest goes to the counter, and its shopper is told once.

Which one that is rules `lockers.allocation`. Every function that changes something expects the store's lock to be held.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from bopis import timeline
from bopis.bridges.models import DeviceEvent, DoorCommand
from bopis.errors import Conflict
from bopis.lockers.allocation import Box, Door, Goods, Stay, decide
from bopis.lockers.knobs import Knobs
from bopis.lockers.models import TAKES_GOODS, Bank, Compartment
from bopis.messages import AT_COUNTER
from bopis.pickups import emptying, grants, holding, places
from bopis.pickups.models import IS_LIVE, Pickup, Placement
from bopis.pickups.reminding import tell
from bopis.staff.models import StaffSession


@dataclass(frozen=True)
class Room:
    """A door that can be emptied for other goods: what lies there, and since when."""

    door: int
    pickup_id: str
    order: str
    since: dt.datetime


def room_for(session: Session, pickup: Pickup, now: dt.datetime) -> Room | None:
    """Who should go to the counter to make room for these goods in hand; None when nobody needs to, or nobody may."""
    placed = any(place.compartment_id for place in pickup.wanted_placements())
    if pickup.store_id is None or not pickup.size or placed:
        return None
    boxes, knobs = _boxes(session, pickup, now)
    # A move down asks for more than this page can show.
    unmoved = {bank: replace(its, moves=0) for bank, its in knobs.items()}
    decision = decide(boxes, Goods(pickup.id, pickup.size), now, unmoved.__getitem__)
    if decision.door is None or not decision.moves:
        return None
    leaving = session.get_one(Pickup, decision.moves[0].goods.pickup_id)
    since = leaving.live_placements()[0].loaded_at
    assert since is not None
    return Room(decision.door.number, leaving.id, leaving.order.name, since)


def to_counter(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> DoorCommand:
    """Open the door of a ready pickup so that it can be carried to the counter, where its code is good too.

    Raises Conflict, also when its shopper is on the way.
    """
    live = pickup.live_placements()
    if pickup.state != "ready" or len(live) != 1 or live[0].state != "loaded" or live[0].compartment is None:
        raise Conflict("not_in_locker", "This order does not wait in one locker.")
    if holding.is_pinned(pickup, now):
        raise Conflict("on_the_way", "Its shopper is on the way. Leave it where it is.")
    door = live[0].compartment.number
    command = emptying.take_out(session, pickup, by, now)
    timeline.write(
        session, pickup.id, "to_counter", actor=f"staff:{by.staff_id}", at=now, door=door, command=command.id
    )
    return command


def is_bound_for_counter(session: Session, pickup: Pickup, event: DeviceEvent) -> bool:
    """Whether the door that was shut now had been opened to carry its goods to the counter."""
    command = event.data.get("command")
    return (
        bool(command)
        and pickup.state == "ready"
        and not pickup.live_placements()
        and any(
            entry.what == "to_counter" and entry.detail.get("command") == command
            for entry in timeline.entries(session, pickup.id)
        )
    )


def arrived(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> None:
    """It stands at the counter now, as long as it would have been in its door; its shopper is told."""
    placement = places.give(session, pickup, None, now)
    placement.state, placement.loaded_at = "loaded", now
    pickup.reason = "made_room"
    timeline.write(session, pickup.id, "moved_to_counter", actor=actor, at=now)
    grant = grants.open_grant(session, pickup.id)
    if grant is not None:
        grants.changed(session, grant, now)
    times = sum(entry.what == "moved_to_counter" for entry in timeline.entries(session, pickup.id))
    tell(session, pickup, AT_COUNTER, times, now)
    session.flush()


def _boxes(session: Session, pickup: Pickup, now: dt.datetime) -> tuple[list[Box], dict[str, Knobs]]:
    """The doors of its store as the choice sees them, and how each bank chooses.

    What may be neither taken nor emptied is left out.
    """
    rows = session.execute(
        select(Compartment, Placement, Bank.knobs)
        .join(Bank, Bank.id == Compartment.bank_id)
        .outerjoin(Placement, and_(Placement.compartment_id == Compartment.id, IS_LIVE))
        .where(Bank.store_id == pickup.store_id, Compartment.in_service.is_(True), Bank.quarantined_at.is_(None))
        .where(or_(TAKES_GOODS, Placement.state == "loaded"))
    )
    boxes, knobs = [], dict[str, Knobs]()
    for box, placement, kept in rows:
        knobs.setdefault(box.bank_id, Knobs.of(kept))
        door = Door(box.id, box.number, box.size, box.accessible, None, box.bank_id)
        if placement is None:
            boxes.append(Box(door))
        elif placement.state == "held" and not placement.touched and placement.pickup_id != pickup.id:
            boxes.append(Box(door._replace(holder=placement.pickup_id)))
        elif _may_leave(placement, now):
            boxes.append(Box(door, _stay(placement)))
    return boxes, knobs


def _may_leave(placement: Placement, now: dt.datetime) -> bool:
    pickup = placement.pickup
    return (
        placement.state == "loaded"
        and placement.loaded_at is not None
        and not placement.abandoned
        and pickup.state == "ready"
        and len(pickup.live_placements()) == 1
        and not holding.is_pinned(pickup, now)
    )


def _stay(placement: Placement) -> Stay:
    assert placement.loaded_at is not None and placement.compartment is not None
    return Stay(Goods(placement.pickup_id, placement.pickup.size or placement.compartment.size), placement.loaded_at)
