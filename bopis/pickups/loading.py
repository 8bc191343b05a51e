"""What staff do with a pickup: load, choose another box, take out, set aside, hand over, reclaim.

Every function expects the store's lock to be held. Doors are opened by commands to the bridge; what really happened
comes back as device events (`pickups.device_events`).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import tasks, timeline
from bopis.bridges.actions import command_open
from bopis.bridges.models import DoorCommand
from bopis.bridges.queries import bridge_of
from bopis.errors import Conflict
from bopis.lockers import items
from bopis.lockers.fit import SIZES
from bopis.lockers.learning import TOO_SMALL
from bopis.pickups import actions, grants, places
from bopis.pickups.models import Pickup, Placement
from bopis.staff.models import StaffSession


def open_to_load(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> DoorCommand:
    """Open the door this pickup should go into: what is in hand goes first. Raises Conflict."""
    if pickup.state not in ("waiting", "reserved"):
        raise Conflict("not_to_load", "This order is not waiting to be loaded.")
    placement = _locker_placement(pickup) or _find_place(session, pickup, now, actor=_who(by))
    return _open(session, placement, "load", by, now)


def another_box(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> DoorCommand:
    """Open one more door for the same order, behind the same code. Raises Conflict."""
    if pickup.state != "reserved" or _locker_placement(pickup) is None:
        raise Conflict("not_loading", "Load the first box, then ask for another before you shut its door.")
    taken = {place.compartment_id for place in pickup.live_placements() if place.compartment_id}
    choice = places.choose_in_hand(session, pickup, not_in=taken)
    if choice.door is None:
        raise Conflict("nothing_free", "No other door is free. Take the whole order to the counter instead.")
    placement = _take(session, pickup, choice.door.compartment_id, choice.robbed, now)
    _say(session, pickup, "another_box", by, now, door=choice.door.number)
    return _open(session, placement, "load", by, now)


def too_small(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> DoorCommand:
    """Give up the box that is open, untouched by goods, and open a larger one. Raises Conflict.

    The old box is free again when its door is shut; until then it stays ours.
    """
    if pickup.state != "reserved":
        raise Conflict("not_loading", "This order is not being loaded.")
    old = _locker_placement(pickup)
    if old is None or old.compartment is None:
        raise Conflict("not_loading", "This order has no box to change.")
    tried = {place.compartment_id for place in pickup.live_placements() if place.compartment_id}
    wanted = _next_size(old.compartment.size)
    if wanted is None:
        raise Conflict("largest_already", "That is the largest size. Take the order to the counter instead.")
    pickup.size = wanted
    choice = places.choose_in_hand(session, pickup, not_in=tried)
    if choice.door is None:
        raise Conflict("nothing_free", "No larger door is free. Take the order to the counter instead.")
    _abandon(session, old, now)
    placement = _take(session, pickup, choice.door.compartment_id, choice.robbed, now)
    items.saw(session, pickup.merchant_id, pickup.lines, old.compartment.size, TOO_SMALL)
    _say(session, pickup, "too_small", by, now, was=old.compartment.number, door=choice.door.number)
    return _open(session, placement, "load", by, now)


def take_out(
    session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime, door: int | None = None
) -> DoorCommand:
    """Open a loaded door again so that the goods can be taken out: the wrong order, or one to be changed.

    `door` is the number of the one meant when there are several; the first otherwise. Raises Conflict.
    """
    if pickup.state not in ("ready", "reserved"):
        raise Conflict("not_loaded", "There is nothing in a locker to take out.")
    return _open(session, _loaded_placement(pickup, door), "unload", by, now)


def open_to_reclaim(
    session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime, door: int | None = None
) -> DoorCommand:
    """Open a door whose goods must come out because the order was called off or expired. Raises Conflict."""
    if pickup.state not in ("cancelled", "expired"):
        raise Conflict("not_to_reclaim", "These goods still wait for their shopper.")
    return _open(session, _loaded_placement(pickup, door), "reclaim", by, now)


def look_inside(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime, door: int) -> DoorCommand:
    """Open a door that should be empty and may not be: given up, or left by its shopper. Raises Conflict."""
    for placement in _to_be_emptied(pickup):
        if placement.compartment is not None and placement.compartment.number == door:
            return _open(session, placement, "assist", by, now)
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
    _say(session, pickup, "confirmed_empty", by, now)
    tasks.settle(session, "left_uncertain", pickup.id, actor=_who(by), now=now)
    actions.make_returned_if_empty(session, pickup, now, actor=_who(by))


def set_aside(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> None:
    """Take the goods to the counter instead of a locker; the shopper is told. Raises Conflict."""
    put_at_counter(session, pickup, now, actor=_who(by))


def put_at_counter(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> None:
    """`set_aside`, whoever says so. Raises Conflict."""
    if pickup.state not in ("waiting", "reserved") or pickup.store_id is None:
        raise Conflict("not_to_load", "This order is not waiting to be loaded.")
    for placement in pickup.live_placements():
        if placement.state == "loaded":
            raise Conflict("partly_loaded", "Part of this order is in a locker. Take that out first.")
    if pickup.state == "waiting":
        _reserve(session, pickup, now, actor=actor)
    for placement in pickup.wanted_placements():
        if placement.compartment_id is not None:
            _abandon(session, placement, now)
    at_counter = next((place for place in pickup.wanted_placements() if place.compartment_id is None), None)
    at_counter = at_counter or places.give(session, pickup, None, now)
    at_counter.state, at_counter.loaded_at = "loaded", now
    timeline.write(session, pickup.id, "set_aside", actor=actor, at=now)
    actions.make_ready(session, pickup, now, actor=actor)


def unlock_code(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> None:
    """Let a code that was typed wrong too often be typed again, now that staff know who types. Raises Conflict."""
    grant = grants.open_grant(session, pickup.id)
    if pickup.state != "ready" or grant is None or grant.bank_id is None:
        raise Conflict("no_code", "This order has no code that could be locked.")
    grants.unlock(session, grant, now)
    tasks.settle(session, "code_locked", pickup.id, actor=_who(by), now=now)
    _say(session, pickup, "code_unlocked", by, now)


def hand_over(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> None:
    """The goods went over the counter into the shopper's hands. Raises Conflict."""
    at_counter = pickup.wanted_placements()  # a box that was given up may still stand open
    if pickup.state not in ("ready", "expired") or any(place.compartment_id for place in at_counter):
        raise Conflict("not_at_counter", "This order is not waiting at the counter.")
    for placement in at_counter:
        placement.collected_at = now
        places.release(session, placement, "staff", now)
    actions.make_collected(session, pickup, now, actor=_who(by))


def _to_be_emptied(pickup: Pickup) -> list[Placement]:
    over = pickup.state in ("cancelled", "expired", "collected", "returned")
    return [placement for placement in pickup.live_placements() if over or placement.abandoned]


def _find_place(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> Placement:
    if pickup.store_id is None:
        raise Conflict("unknown_location", "First say which store this order's location is.")
    if pickup.state == "waiting":
        _reserve(session, pickup, now, actor=actor)
        placement = _locker_placement(pickup)
        if placement is not None:
            return placement
    choice = places.choose_in_hand(session, pickup)
    if choice.door is None:
        raise Conflict(choice.reason, "No locker can take this order now. Take it to the counter instead.")
    for placement in pickup.wanted_placements():
        if placement.state == "held":  # what is loaded stays: this is one more box of the same order
            places.release(session, placement, "never_opened", now)
    pickup.reason = choice.reason
    return _take(session, pickup, choice.door.compartment_id, choice.robbed, now)


def _reserve(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> None:
    if pickup.reason in ("unpaid", "on_hold"):
        raise Conflict(pickup.reason, "This order may not be handed out yet: the shop has not released it.")
    actions.reserve(session, pickup, now, actor=actor)
    if pickup.state == "waiting":
        raise Conflict(pickup.reason, "Every pickup code is in use. Hand out or take out another order first.")


def _take(session: Session, pickup: Pickup, compartment_id: str, robbed: str | None, now: dt.datetime) -> Placement:
    if robbed is not None:
        loser = session.get_one(Pickup, robbed)
        for placement in loser.live_placements():
            if placement.compartment_id == compartment_id:
                places.release(session, placement, "never_opened", now)
        placement = places.give(session, pickup, compartment_id, now)
        actions.give_up_place(session, loser, now, reason="door_taken", actor=actions.SYSTEM)
    else:
        placement = places.give(session, pickup, compartment_id, now)
    _tell_bridge(session, pickup, now)
    return placement


def _abandon(session: Session, placement: Placement, now: dt.datetime) -> None:
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


def _open(session: Session, placement: Placement, cause: str, by: StaffSession, now: dt.datetime) -> DoorCommand:
    compartment = placement.compartment
    assert compartment is not None
    if by.bank_id != compartment.bank_id or by.bridge_session is None or (by.present_until or now) <= now:
        raise Conflict("not_present", "Type the six digits on the locker's screen first, to show that you are there.")
    already = _on_its_way(session, placement, compartment.bank_id, now)
    if already is not None:
        return already  # tapped twice
    if cause == "load":
        placement.touched = True
    command = command_open(
        session,
        compartment,
        cause=cause,
        actor=_who(by),
        placement_id=placement.id,
        bridge_session=by.bridge_session,
        now=now,
    )
    _say(
        session,
        placement.pickup,
        f"{cause}_asked",
        by,
        now,
        door=compartment.number,
        placement=placement.id,
        command=command.id,
    )
    return command


def _on_its_way(session: Session, placement: Placement, bank_id: str, now: dt.datetime) -> DoorCommand | None:
    bridge = bridge_of(session, bank_id)
    waiting = session.scalars(
        select(DoorCommand).where(
            DoorCommand.bridge_id == (bridge.id if bridge else None),
            DoorCommand.status == "waiting",
            DoorCommand.expires_at > now,
        )
    )
    return next((command for command in waiting if command.details.get("placement") == placement.id), None)


def _locker_placement(pickup: Pickup) -> Placement | None:
    wanted = [place for place in pickup.wanted_placements() if place.compartment_id and place.state == "held"]
    return wanted[-1] if wanted else None


def _loaded_placement(pickup: Pickup, door: int | None) -> Placement:
    for placement in pickup.live_placements():
        box = placement.compartment
        if box and door in (None, box.number) and (placement.state == "loaded" or placement.touched):
            return placement
    raise Conflict("not_in_locker", "Nothing of this order is in a locker.")


def _next_size(size: str) -> str | None:
    rank = SIZES.index(size) + 1
    return SIZES[rank] if rank < len(SIZES) else None


def _tell_bridge(session: Session, pickup: Pickup, now: dt.datetime) -> None:
    grant = grants.open_grant(session, pickup.id)
    if grant is not None:
        grants.changed(session, grant, now)


def _say(session: Session, pickup: Pickup, what: str, by: StaffSession, now: dt.datetime, **detail: object) -> None:
    timeline.write(session, pickup.id, what, actor=_who(by), at=now, **detail)


def _who(by: StaffSession) -> str:
    return f"staff:{by.staff_id}"
