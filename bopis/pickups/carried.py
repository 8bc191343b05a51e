"""Goods on their way, as the doors tell it: out of one, into another, or left at the counter.

Between two doors goods count as lying at the counter, where the code announces their shopper to staff: whoever carries
them can stop at any moment, and nothing is lost.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from bopis import timeline
from bopis.messages import AT_COUNTER, IN_LOCKER
from bopis.pickups import grants, places, waitlist
from bopis.pickups.carry import DONE, LAPSE, LEFT, OUT, PLANNED, Carry, is_under_way
from bopis.pickups.models import Pickup, Placement
from bopis.pickups.reminding import tell

STALEST = "stalest_to_counter"
_AT_COUNTER_BECAUSE = {STALEST: "made_room"}


def opened(session: Session, placement: Placement, command_id: str | None, now: dt.datetime) -> None:
    """A door was opened to take goods out. Unless it was for a plan, they are not carried but taken out."""
    for step in _asked_out_of(session, placement):
        if step.command_id != command_id:
            step.command_id = None
            if step.stage == PLANNED:
                _end(step, LEFT, now)
    session.flush()


def came_out(session: Session, placement: Placement, now: dt.datetime, *, actor: str) -> bool:
    """A door was emptied and shut: whether it had been opened so that its goods be carried."""
    pickup = placement.pickup
    step = next(iter(_asked_out_of(session, placement)), None)
    if step is None or pickup.state != "ready":
        return False
    at_counter = places.give(session, pickup, None, now)
    at_counter.state, at_counter.loaded_at = "loaded", now
    if step.stage == LEFT:  # given up while its door was opening, and taken out all the same
        leave_at_counter(session, step, now, actor=actor)
        return True
    step.since, step.stage, step.changed_at = placement.loaded_at, OUT, now
    if step.to_id is None:
        if step.why == STALEST:
            waitlist.join(session, pickup, now, had_to_go=True)
        _stays_at_counter(session, step, _AT_COUNTER_BECAUSE.get(step.why, ""), DONE, now, actor)
    else:
        timeline.write(session, pickup.id, "carried_out", actor=actor, at=now)
        _tell_bridge(session, pickup, now)
    return True


def came_in(session: Session, placement: Placement, at: dt.datetime, now: dt.datetime, *, actor: str) -> bool:
    """A door was shut behind goods: whether they were carried there. Their code opens this door from now on."""
    pickup = placement.pickup
    step = _open_of(session, pickup.id)
    if step is None or step.stage != OUT or step.placement_id != placement.id or pickup.state != "ready":
        return False
    # An order that moved is as old as before; one that was brought in begins anew.
    placement.state, placement.loaded_at = "loaded", step.since or at
    for place in pickup.live_placements():
        if place.compartment_id is None:
            places.release(session, place, "staff", now)
    _end(step, DONE, now)
    waitlist.leave(session, pickup.id)
    pickup.reason = step.why if step.to_id == placement.compartment_id else ""
    door = placement.compartment.number if placement.compartment else None
    timeline.write(session, pickup.id, "moved_to_locker", actor=actor, at=now, door=door, reason=step.why)
    _tell_bridge(session, pickup, now)
    if step.start_id is None:
        tell(session, pickup, IN_LOCKER, _times(session, pickup, "moved_to_locker"), now)
    session.flush()
    return True


def leave_at_counter(session: Session, step: Carry, now: dt.datetime, *, actor: str) -> None:
    """Goods that were on their way stay at the counter: those that came from there, and those out of a door."""
    step.command_id = None
    if step.start_id is None:
        waitlist.leave(session, step.pickup_id)
        _end(step, LEFT, now)
        timeline.write(session, step.pickup_id, "carrying_stopped", actor=actor, at=now)
        _tell_bridge(session, step.pickup, now)
    else:
        waitlist.join(session, step.pickup, now)
        _stays_at_counter(session, step, "left_at_counter", LEFT, now, actor)


def lapse(session: Session, store_id: str, now: dt.datetime) -> None:
    """End what nobody goes on with in this store; what is out of its door is at the counter then. Expects its lock."""
    carried = aliased(Pickup)
    open_ones = select(Carry).where(Carry.store_id == store_id, Carry.closed_at.is_(None))
    alive = set(
        session.scalars(
            select(Carry.id)
            .join(carried, carried.id == Carry.pickup_id)
            .where(Carry.store_id == store_id, is_under_way(now, carried))
        )
    )
    for step in session.scalars(open_ones.order_by(Carry.created_at, Carry.number)):
        if step.id not in alive:
            _end(step, LEFT, now)
        elif step.stage == OUT and step.changed_at <= now - LAPSE and not _is_behind_a_door(session, step):
            leave_at_counter(session, step, now, actor="system")
    session.flush()


def _is_behind_a_door(session: Session, step: Carry) -> bool:
    """Whether it may lie in the door it was to go into, of which the lockers have not told yet."""
    place = session.get(Placement, step.placement_id) if step.placement_id else None
    return place is not None and place.state == "held"


def _stays_at_counter(session: Session, step: Carry, reason: str, end: str, now: dt.datetime, actor: str) -> None:
    pickup = step.pickup
    _end(step, end, now)
    pickup.reason = reason
    timeline.write(session, pickup.id, "moved_to_counter", actor=actor, at=now, reason=reason)
    _tell_bridge(session, pickup, now)
    tell(session, pickup, AT_COUNTER, _times(session, pickup, "moved_to_counter"), now)
    session.flush()


def _end(step: Carry, stage: str, now: dt.datetime) -> None:
    step.stage, step.closed_at, step.changed_at = stage, now, now


def _asked_out_of(session: Session, placement: Placement) -> list[Carry]:
    """The steps for which this door was asked to open, the last first; also those given up since."""
    statement = select(Carry).where(
        Carry.pickup_id == placement.pickup_id,
        Carry.start_id == placement.compartment_id,
        Carry.stage.in_((PLANNED, LEFT)),
        Carry.command_id.is_not(None),
    )
    return list(session.scalars(statement.order_by(Carry.created_at.desc())))


def _open_of(session: Session, pickup_id: str) -> Carry | None:
    return session.scalars(select(Carry).where(Carry.pickup_id == pickup_id, Carry.closed_at.is_(None))).first()


def _times(session: Session, pickup: Pickup, what: str) -> int:
    return sum(entry.what == what for entry in timeline.entries(session, pickup.id))


def _tell_bridge(session: Session, pickup: Pickup, now: dt.datetime) -> None:
    grant = grants.open_grant(session, pickup.id)
    if grant is not None:
        grants.changed(session, grant, now)
