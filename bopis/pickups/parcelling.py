"""An order that fits no single door, in several: all of them or none, loaded one after another behind one code."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import timeline
from bopis.errors import Conflict
from bopis.lockers.allocation import Door
from bopis.lockers.sizes import SIZES
from bopis.pickups import actions, choosing, grants, places
from bopis.pickups.carry import spoken_for
from bopis.pickups.models import IS_LIVE, Pickup, Placement
from bopis.pickups.opening import who
from bopis.pickups.taking import take
from bopis.staff.models import StaffSession


def find_doors(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> Placement:
    """Doors for all parcels, or for those that lost theirs while another is in its door already. Raises
    Conflict."""
    wanted = pickup.wanted_placements()
    missing = set(places.numbers(pickup)) - {place.parcel for place in wanted if place.compartment_id}
    first, not_in = min(missing, default=1), spoken_for(session, pickup, now)
    if len(missing) < len(pickup.parcels):
        choice = choosing.one_in_hand(session, pickup, first, not_in=not_in)
        chosen, reason = [choice.door] if choice.door else [], choice.reason
    else:
        chosen, reason = choosing.all_in_hand(session, pickup, not_in=not_in)
    if not chosen:
        raise Conflict(reason, "There are not enough doors for all of it now. Take it to the counter instead.")
    for placement in wanted:
        if placement.compartment_id is None:
            places.release(session, placement, "never_opened", now)
    doors = " and ".join(str(door.number) for door in chosen)
    timeline.write(session, pickup.id, "door_chosen", actor=actor, at=now, door=doors, reason=reason)
    pickup.reason = reason
    given = [
        take(session, pickup, door.compartment_id, _still_holds(session, door), now, parcel)
        for parcel, door in enumerate(chosen, start=first)
    ]
    return given[0]


def all_in(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> None:
    """Everything went into fewer doors than it was promised: let go of the others. Raises Conflict."""
    let_go(session, pickup, now, actor=who(by))


def let_go(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> None:
    """`all_in`, whoever says so. Raises Conflict."""
    untouched = [place for place in pickup.wanted_placements() if place.state == "held" and not place.touched]
    if pickup.state != "reserved" or not untouched or len(untouched) == len(pickup.wanted_placements()):
        raise Conflict("not_loading", "Load the first box, then say that everything is in.")
    for placement in untouched:
        places.release(session, placement, "never_opened", now)
    pickup.parcels = []
    session.refresh(pickup, ["placements"])
    timeline.write(session, pickup.id, "all_in", actor=actor, at=now)
    grant = grants.open_grant(session, pickup.id)
    if grant is not None:
        grants.changed(session, grant, now)
    if all(place.state == "loaded" for place in pickup.wanted_placements()):
        actions.make_ready(session, pickup, now, actor=actor)


def needs_size(pickup: Pickup, parcel: int, size: str) -> None:
    """Remember that a parcel, or all of it, takes a door of this size; empty when it goes into none."""
    if parcel <= len(pickup.parcels):
        pickup.parcels = [
            each | {"size": size} if number == parcel else each for number, each in enumerate(pickup.parcels, start=1)
        ]
    else:
        pickup.size = size


def next_size(size: str) -> str:
    """The size above this one; empty when it is the largest."""
    rank = SIZES.index(size) + 1
    return SIZES[rank] if rank < len(SIZES) else ""


def _still_holds(session: Session, door: Door) -> str | None:
    """Who is promised this door: whoever lost another one a moment ago has lost, or got, more since."""
    return session.scalars(
        select(Placement.pickup_id).where(Placement.compartment_id == door.compartment_id, IS_LIVE)
    ).first()
