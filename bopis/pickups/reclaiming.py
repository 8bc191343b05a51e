"""Goods nobody collected in time: into their late shopper's hands after all, or held once more.

Every function expects the store's lock to be held. How they come out of a door is `pickups.loading`'s.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bopis import tasks, timeline
from bopis.errors import Conflict, Invalid
from bopis.messages import KEPT_LONGER
from bopis.pickups import actions, grants, holding, places
from bopis.pickups.models import Pickup, Placement
from bopis.pickups.reminding import tell
from bopis.prepared import send
from bopis.staff.models import StaffSession

LONGEST = 30 * 24
"""Hours that staff may add at once."""


def hand_over_late(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> None:
    """The shopper came after the time was over and has the goods out of a locker that staff opened. Raises Conflict.

    The opening must have been seen, its door be shut, and no sensor see anything behind it.
    """
    inside = [place for place in pickup.live_placements() if place.compartment_id is not None]
    if pickup.state != "expired" or not inside:
        raise Conflict("not_expired", "This order is not waiting in a locker beyond its time.")
    opened = _opened_since_the_end(session, pickup)
    for placement in inside:
        _check_out(placement, opened)
    for placement in pickup.live_placements():
        box = placement.compartment
        placement.collected_at = now
        places.release(session, placement, "item_sensor" if box is not None and box.item == "absent" else "staff", now)
    actions.make_collected(session, pickup, now, actor=f"staff:{by.staff_id}")


def keep_longer(session: Session, pickup: Pickup, hours: int, now: dt.datetime, *, actor: str) -> None:
    """Hold it for so many hours from now on, also when its time is over but its goods are still there.

    Beyond its time it gets a new code, and its shopper is told. Raises Conflict, Invalid.
    """
    if not 1 <= hours <= LONGEST:
        raise Invalid("bad_hours", f"Give whole hours from 1 to {LONGEST}.")
    until = now + dt.timedelta(hours=hours)
    if pickup.state == "ready":
        holding.lengthen(session, pickup, until, now, actor=actor)
        return
    wanted = pickup.wanted_placements()
    if pickup.state != "expired" or not wanted or any(place.state != "loaded" for place in wanted):
        raise Conflict("not_there", "There is nothing of this order that could be kept.")
    grant_bank = next((place.compartment.bank_id for place in wanted if place.compartment), None)
    actions.move(session, pickup, "ready", actor=actor, now=now, reason="kept_longer")
    try:
        send(session, *grants.issue(session, pickup, grant_bank or places.bank_of(session, pickup), now))
    except grants.NoSelectorFree:
        raise Conflict(
            "no_code_free", "Every pickup code is in use. Hand out or take out another order first."
        ) from None
    pickup.ready_at, pickup.reminded = now, None
    holding.lengthen(session, pickup, until, now, actor=actor)
    tasks.settle(session, "reclaim", pickup.id, actor=actor, now=now)
    tell(session, pickup, KEPT_LONGER, pickup.hold_number or 1, now)


def _check_out(placement: Placement, opened: set[int]) -> None:
    box = placement.compartment
    assert box is not None
    if box.number not in opened:
        raise Conflict("not_opened", f"Open door {box.number} for the shopper first.")
    if box.door == "open":
        raise Conflict("door_open", f"Shut door {box.number} first.")
    if box.item == "present":
        raise Conflict("still_inside", f"The sensor of door {box.number} still sees something inside.")


def _opened_since_the_end(session: Session, pickup: Pickup) -> set[int]:
    """The doors that staff opened since the hold was over."""
    opened: set[int] = set()
    for entry in timeline.entries(session, pickup.id):
        if entry.what == "expired":
            opened = set()
        elif entry.what in ("door_opened_assist", "door_opened_reclaim"):
            opened.add(int(entry.detail["door"]))
    return opened
