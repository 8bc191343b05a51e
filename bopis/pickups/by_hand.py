"""What a person's word alone settles about goods in lockers, where no door and no sensor can tell it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bopis import tasks, timeline
from bopis.errors import Conflict, Invalid
from bopis.pickups import actions, grants, later, places
from bopis.pickups.models import Pickup, Placement

LONGEST_REASON = 120


def can_be_taken_out(pickup: Pickup) -> bool:
    """Whether something of it may lie in a locker that staff could take out."""
    return pickup.state in ("ready", "reserved", "cancelled", "expired") and bool(_inside(pickup))


def taken_out(session: Session, pickup: Pickup, reason: str, now: dt.datetime, *, actor: str) -> None:
    """The goods are out without a door opened by us, such as with a key; `reason` goes to the timeline.

    Expects the store's lock. A sensor that says open stands against it, unless the door is out of service: then nobody
    is given it anyway. Raises Conflict, or Invalid without a reason.
    """
    reason = " ".join(reason.split())[:LONGEST_REASON]
    if not reason:
        raise Invalid("no_reason", "Say in a few words how the goods came out.")
    if not can_be_taken_out(pickup):
        raise Conflict("not_in_locker", "Nothing of this order is in a locker.")
    inside = _inside(pickup)
    for placement in inside:
        box = placement.compartment
        if box is not None and box.door == "open" and box.in_service:
            raise Conflict("door_open", f"Shut door {box.number} first, or take it out of service.")
    doors = " and ".join(str(placement.compartment.number) for placement in inside if placement.compartment)
    timeline.write(session, pickup.id, "taken_out_by_hand", actor=actor, at=now, door=doors, reason=reason)
    for placement in inside:
        places.release(session, placement, "staff", now)
    session.refresh(pickup, ["placements"])
    tasks.settle(session, "left_uncertain", pickup.id, actor=actor, now=now)
    if pickup.state in ("cancelled", "expired"):
        actions.make_returned_if_empty(session, pickup, now, actor=actor)
    elif not pickup.live_placements():
        _back_on_the_list(session, pickup, now, actor)


def right_as_it_lies(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> None:
    """A person has looked: what is loaded is what the order says now."""
    pickup.differs = ""
    timeline.write(session, pickup.id, "right_as_it_lies", actor=actor, at=now)
    session.flush()


def _inside(pickup: Pickup) -> list[Placement]:
    over = pickup.state in ("cancelled", "expired")
    live = [placement for placement in pickup.live_placements() if placement.compartment_id is not None]
    return [placement for placement in live if over or placement.state == "loaded" or placement.touched]


def _back_on_the_list(session: Session, pickup: Pickup, now: dt.datetime, actor: str) -> None:
    actions.move(session, pickup, "waiting", actor=actor, now=now, reason="taken_out")
    grant = grants.open_grant(session, pickup.id)
    if grant is not None:
        grants.suspend(session, grant, now)
    actions.reserve(session, pickup, now)
    later.taken_out(session, pickup, now, actor=actor)
