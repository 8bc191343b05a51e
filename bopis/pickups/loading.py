"""What staff do with a pickup in hand: load, choose another box, set aside; and hand over at the counter.

Every function expects the store's lock to be held. Doors are opened by commands to the bridge; what really happened
comes back as device events (`pickups.device_events`).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bopis import tasks, timeline
from bopis.bridges.models import DoorCommand
from bopis.errors import Conflict
from bopis.pickups import actions, choosing, deciding, grants, parcelling, places, taps, waitlist
from bopis.pickups.carry import drop_plan, spoken_for
from bopis.pickups.models import Pickup, Placement
from bopis.pickups.opening import open_door, say, who
from bopis.pickups.taking import take
from bopis.staff.models import StaffSession


def open_to_load(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> DoorCommand:
    """Open the door this pickup should go into: what is in hand goes first. Raises Conflict."""
    if pickup.state not in ("waiting", "reserved"):
        raise Conflict("not_to_load", "This order is not waiting to be loaded.")
    placement = _promised(session, pickup, now) or _find_place(session, pickup, now, actor=who(by))
    return open_door(session, placement, "load", by, now)


def another_box(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> DoorCommand:
    """Open one more door for the same order, behind the same code. Raises Conflict."""
    begun = _begun(pickup)
    if pickup.state != "reserved" or begun is None:
        raise Conflict("not_loading", "Load the first box, then ask for another before you shut its door.")
    choice = choosing.one_in_hand(session, pickup, begun.parcel, not_in=spoken_for(session, pickup, now))
    if choice.door is None:
        raise Conflict("nothing_free", "No other door is free. Take the whole order to the counter instead.")
    one_more = max(place.parcel for place in pickup.live_placements()) + 1
    placement = take(session, pickup, choice.door.compartment_id, choice.robbed, now, one_more)
    say(session, pickup, "another_box", by, now, door=choice.door.number)
    return open_door(session, placement, "load", by, now)


def too_small(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> DoorCommand | None:
    """Give up the box that is open, untouched by goods, and open a larger one; None where none is free, or there is
    none: then the goods stay in hand, until others are carried, or for the counter. Raises Conflict.

    The old box is free again when its door is shut; until then it stays ours.
    """
    old = _begun(pickup) or _next(pickup)
    if pickup.state != "reserved" or old is None or old.compartment is None:
        raise Conflict("not_loading", "This order has no box to change.")
    alone = not pickup.parcels and len(pickup.wanted_placements()) == 1
    wanted = parcelling.next_size(old.compartment.size)
    if not wanted and not alone:
        raise Conflict("largest_already", "That is the largest size. Take the order to the counter instead.")
    parcelling.needs_size(pickup, old.parcel, wanted)
    choice = choosing.one_in_hand(session, pickup, old.parcel, not_in=spoken_for(session, pickup, now))
    if choice.door is None and not alone:
        raise Conflict("nothing_free", "No larger door is free. Take the order to the counter instead.")
    abandon(session, old, now)
    taps.gave_up(session, old, now)
    if choice.door is None:
        places.give(session, pickup, None, now)
        pickup.reason = choice.reason
        say(session, pickup, "outgrown" if wanted else "outgrown_all", by, now, door=old.compartment.number)
        return None
    placement = take(session, pickup, choice.door.compartment_id, choice.robbed, now, old.parcel)
    say(session, pickup, "too_small", by, now, was=old.compartment.number, door=choice.door.number)
    return open_door(session, placement, "load", by, now)


def set_aside(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> None:
    """Take the goods to the counter instead of a locker; the shopper is told. Raises Conflict."""
    put_at_counter(session, pickup, now, actor=who(by))


def put_at_counter(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> None:
    """`set_aside`, whoever says so. Raises Conflict."""
    if pickup.state not in ("waiting", "reserved") or pickup.store_id is None:
        raise Conflict("not_to_load", "This order is not waiting to be loaded.")
    for placement in pickup.live_placements():
        if placement.state == "loaded":
            raise Conflict("partly_loaded", "Part of this order is in a locker. Take that out first.")
    if pickup.state == "waiting":
        _reserve(session, pickup, now, actor=actor)
    wants_a_door = waitlist.wants_a_door(session, pickup, now)
    for placement in pickup.wanted_placements():
        if placement.compartment_id is not None:
            abandon(session, placement, now)
    at_counter = next((place for place in pickup.wanted_placements() if place.compartment_id is None), None)
    at_counter = at_counter or places.give(session, pickup, None, now)
    at_counter.state, at_counter.loaded_at = "loaded", now
    timeline.write(session, pickup.id, "set_aside", actor=actor, at=now)
    drop_plan(session, pickup.id, now)
    actions.make_ready(session, pickup, now, actor=actor)
    if wants_a_door:
        waitlist.join(session, pickup, now)


def unlock_code(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> None:
    """Let a code that was typed wrong too often be typed again, now that staff know who types. Raises Conflict."""
    grant = grants.open_grant(session, pickup.id)
    if pickup.state != "ready" or grant is None or grant.bank_id is None:
        raise Conflict("no_code", "This order has no code that could be locked.")
    grants.unlock(session, grant, now)
    tasks.settle(session, "code_locked", pickup.id, actor=who(by), now=now)
    say(session, pickup, "code_unlocked", by, now)


def hand_over(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> None:
    """The goods went over the counter into the shopper's hands. Raises Conflict."""
    at_counter = pickup.wanted_placements()  # a box that was given up may still stand open
    if pickup.state not in ("ready", "expired") or any(place.compartment_id for place in at_counter):
        raise Conflict("not_at_counter", "This order is not waiting at the counter.")
    if pickup.is_unpaid():
        raise Conflict("unpaid", "This order is not paid yet. Take the money first and say so, then hand it over.")
    for placement in at_counter:
        placement.collected_at = now
        places.release(session, placement, "staff", now)
    actions.make_collected(session, pickup, now, actor=who(by))


def _find_place(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> Placement:
    if pickup.store_id is None:
        raise Conflict("unknown_location", "First say which store this order's location is.")
    if pickup.state == "waiting":
        _reserve(session, pickup, now, actor=actor)
        placement = _promised(session, pickup, now)
        if placement is not None:
            return placement
    if pickup.parcels:
        return parcelling.find_doors(session, pickup, now, actor=actor)
    decision = deciding.decide_for(session, pickup, now)
    if decision.moves:
        raise Conflict("make_room", "Every fitting door is full. Make room first, or take it to the counter instead.")
    if decision.door is None:
        raise Conflict(decision.reason, "No locker can take this order now. Take it to the counter instead.")
    for placement in pickup.wanted_placements():
        if placement.state == "held":  # what is loaded stays: this is one more box of the same order
            places.release(session, placement, "never_opened", now)
    pickup.reason, door = decision.reason, decision.door
    timeline.write(session, pickup.id, "door_chosen", actor=actor, at=now, door=door.number, reason=decision.reason)
    return take(session, pickup, door.compartment_id, door.holder, now)


def _promised(session: Session, pickup: Pickup, now: dt.datetime) -> Placement | None:
    """The door this pickup was promised, unless it goes elsewhere by now (`deciding.keeps`)."""
    placement = _next(pickup)
    if placement is None or placement.compartment is None or placement.touched or len(pickup.live_placements()) > 1:
        return placement
    return placement if deciding.keeps(session, pickup, placement.compartment, now) else None


def _reserve(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> None:
    if pickup.reason in ("unpaid", "on_hold"):
        raise Conflict(pickup.reason, "This order may not be handed out yet: the shop has not released it.")
    actions.reserve(session, pickup, now, actor=actor)
    if pickup.state == "waiting":
        raise Conflict(pickup.reason, "Every pickup code is in use. Hand out or take out another order first.")


def abandon(session: Session, placement: Placement, now: dt.datetime) -> None:
    """Give up a place that was only held; it is free as soon as nothing can be inside."""
    box = placement.compartment
    if not placement.touched:
        places.release(session, placement, "never_opened", now)
    elif box is not None and box.door == "shut" and box.item != "present":
        # Staff say that the goods are not in it, and its door is shut: nothing more is to be waited for.
        places.release(session, placement, "staff", now)
    else:
        placement.abandoned = True
        session.flush()
        if box is not None and box.door == "shut":
            pickup = placement.pickup
            reason = f"Door {box.number} was given up, but its sensor sees something inside."
            about = {"merchant_id": pickup.merchant_id, "store_id": pickup.store_id}
            tasks.ask(session, "left_uncertain", pickup.id, **about, reason=reason, now=now)


def _begun(pickup: Pickup) -> Placement | None:
    """The door that was opened last to be loaded, and is not yet."""
    wanted = pickup.wanted_placements()
    begun = [place for place in wanted if place.compartment_id and place.state == "held" and place.touched]
    return begun[-1] if begun else None


def _next(pickup: Pickup) -> Placement | None:
    """The door that is being loaded, else that of the next parcel."""
    held = [place for place in pickup.wanted_placements() if place.compartment_id and place.state == "held"]
    return _begun(pickup) or min(held, key=lambda place: place.parcel, default=None)
