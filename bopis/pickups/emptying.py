"""Goods taken out of their doors again by staff: the wrong ones, what was called off or expired, what may be left.

Every function expects the store's lock to be held.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bopis import tasks
from bopis.bridges.models import DoorCommand
from bopis.errors import Conflict
from bopis.pickups import actions, places
from bopis.pickups.models import Pickup, Placement
from bopis.pickups.opening import open_door, say, who
from bopis.staff.models import StaffSession


def take_out(
    session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime, door: int | None = None
) -> DoorCommand:
    """Open a loaded door again so that the goods can be taken out: the wrong order, or one to be changed.

    `door` is the number of the one meant when there are several; the first otherwise. Raises Conflict.
    """
    if pickup.state not in ("ready", "reserved"):
        raise Conflict("not_loaded", "There is nothing in a locker to take out.")
    return open_door(session, _loaded_placement(pickup, door), "unload", by, now)


def open_to_reclaim(
    session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime, door: int | None = None
) -> DoorCommand:
    """Open a door whose goods must come out because the order was called off or expired. Raises Conflict."""
    if pickup.state not in ("cancelled", "expired"):
        raise Conflict("not_to_reclaim", "These goods still wait for their shopper.")
    return open_door(session, _loaded_placement(pickup, door), "reclaim", by, now)


def look_inside(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime, door: int) -> DoorCommand:
    """Open a door that should be empty and may not be: given up, or left by its shopper. Raises Conflict."""
    for placement in _to_be_emptied(pickup):
        if placement.compartment is not None and placement.compartment.number == door:
            return open_door(session, placement, "assist", by, now)
    raise Conflict("not_to_reclaim", "These goods still wait for their shopper.")


def confirm_empty(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> None:
    """A person looked: nothing is left where nothing of this order should be any more. Raises Conflict.

    A sensor that says nothing does not stand against a person's word; one that says open does.
    """
    doubtful = _to_be_emptied(pickup)
    if not doubtful:
        raise Conflict("not_to_reclaim", "These goods still wait for their shopper.")
    for placement in doubtful:
        if placement.compartment is not None and placement.compartment.door == "open":
            raise Conflict("door_open", f"Shut door {placement.compartment.number} first.")
        places.release(session, placement, "staff", now)
    say(session, pickup, "confirmed_empty", by, now)
    tasks.settle(session, "left_uncertain", pickup.id, actor=who(by), now=now)
    actions.make_returned_if_empty(session, pickup, now, actor=who(by))


def _to_be_emptied(pickup: Pickup) -> list[Placement]:
    over = pickup.state in ("cancelled", "expired", "collected", "returned")
    return [placement for placement in pickup.live_placements() if over or placement.abandoned]


def _loaded_placement(pickup: Pickup, door: int | None) -> Placement:
    for placement in pickup.live_placements():
        box = placement.compartment
        if box and door in (None, box.number) and (placement.state == "loaded" or placement.touched):
            return placement
    raise Conflict("not_in_locker", "Nothing of this order is in a locker.")
