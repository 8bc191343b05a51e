"""What staff carry to make room in a full bank, and what comes in from the counter: planned, done step by step, undone.

What is carried rules `lockers.allocation`. A plan is kept in the database, so it survives whoever began it, and its
doors are spoken for while somebody goes on with it. Every function expects the store's lock to be held.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from bopis.bridges.models import DoorCommand
from bopis.errors import Conflict
from bopis.ids import new_id
from bopis.lockers.allocation import Decision, choose, takes
from bopis.pickups import holding, loading, waitlist
from bopis.pickups.carried import leave_at_counter
from bopis.pickups.carry import LEFT, OUT, PLANNED, Carry, drop_plan, is_under_way
from bopis.pickups.deciding import decide_for, doors
from bopis.pickups.models import Pickup, Placement
from bopis.pickups.opening import open_door, say, who
from bopis.pickups.places import goods_of
from bopis.pickups.taking import take
from bopis.staff.models import StaffSession

_NOT_YET = ("unpaid", "on_hold")
BY_HAND = "by_hand"


def plan_of(session: Session, pickup_id: str, now: dt.datetime) -> list[Carry]:
    """The plan that this pickup has a part in, done steps too, in walking order; empty when there is none."""
    carried = aliased(Pickup)
    current = (
        select(Carry.plan_id)
        .join(carried, carried.id == Carry.pickup_id)
        .where(or_(Carry.pickup_id == pickup_id, Carry.room_for == pickup_id), is_under_way(now, carried))
        .order_by(Carry.created_at.desc())
        .limit(1)
    )
    return _listed(session, Carry.plan_id == current.scalar_subquery())


def under_way(session: Session, store_id: str, now: dt.datetime) -> list[Carry]:
    """What is being carried in a store, or is next."""
    carried = aliased(Pickup)
    alive = select(Carry.id).join(carried, carried.id == Carry.pickup_id)
    return _listed(session, Carry.id.in_(alive.where(Carry.store_id == store_id, is_under_way(now, carried))))


def carry_on(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> DoorCommand:
    """Open the next door of this pickup's plan; without one, decide what is to be carried for it. Raises Conflict."""
    plan = plan_of(session, pickup.id, now) or _planned(session, pickup, by, now)
    step = _next(plan)
    if step is not None and step.stage == PLANNED and not step.is_way_in() and not _may_start(step, now):
        step = _next(_renewed(session, plan, pickup, by, now))
    if step is None or step.is_way_in():
        return loading.open_to_load(session, step.pickup if step else pickup, by, now)
    command = _take_out(session, step, by, now) if step.stage == PLANNED else _bring(session, step, by, now)
    step.command_id = command.id
    for each in plan:
        each.changed_at = now
    session.flush()
    return command


def to_counter(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> DoorCommand:
    """Open the door of a ready pickup so that it can be carried to the counter, where its code is good too.

    Raises Conflict, also when its shopper is on the way.
    """
    live = pickup.live_placements()
    if pickup.state != "ready" or len(live) != 1 or live[0].state != "loaded" or live[0].compartment is None:
        raise Conflict("not_in_locker", "This order does not wait in one locker.")
    if holding.is_pinned(pickup, now):
        raise Conflict("on_the_way", "Its shopper is on the way. Leave it where it is.")
    mine = _next(plan_of(session, pickup.id, now))
    if mine is not None and (mine.pickup_id != pickup.id or mine.to_id is not None):
        raise Conflict("being_carried", "It is about to be carried to make room. Finish that first, or stop it.")
    if mine is None:
        _close_old(session, {pickup.id}, now)
        _step(session, pickup, new_id(), 1, None, live[0].compartment_id, None, BY_HAND, PLANNED, now)
        say(session, pickup, "to_counter", by, now, door=live[0].compartment.number)
    return carry_on(session, pickup, by, now)


def put_back(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> DoorCommand:
    """Undo: bring goods that are out back to the door they came from, and carry nothing more. Raises Conflict."""
    step = _next(plan_of(session, pickup.id, now))
    if step is None or step.stage != OUT or step.start is None:
        raise Conflict("nothing_to_carry", "Nothing of this is in your hands.")
    _give_up_door(session, step, now)
    step.to_id, step.placement_id = step.start_id, None
    if step.room_for is not None:
        drop_plan(session, step.room_for, now)
    say(session, step.pickup, "put_back", by, now, door=step.start.number)
    return carry_on(session, step.pickup, by, now)


def stop(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> None:
    """Give a plan up: what is out of its door stays at the counter, all else where it lies. Raises Conflict."""
    steps = [step for step in plan_of(session, pickup.id, now) if not step.is_over()]
    if not steps:
        raise Conflict("nothing_to_carry", "There is nothing to stop.")
    for step in steps:
        if step.stage == OUT:
            _give_up_door(session, step, now)
            leave_at_counter(session, step, now, actor=who(by))
            continue
        if step.start is not None and step.command_id is not None and step.start.door == "open":
            raise Conflict("door_open", f"Shut door {step.start.number} first.")
        step.stage, step.closed_at = LEFT, now
        say(session, step.pickup, "carrying_stopped", by, now)
    session.flush()


def _planned(session: Session, pickup: Pickup, by: StaffSession, now: dt.datetime) -> list[Carry]:
    """Decide now; empty when a door takes it as it is."""
    if pickup.state == "ready":
        offer = waitlist.offer_to(session, pickup, now)
        if offer is None:
            raise Conflict("nothing_to_carry", "No door is free for this order now.")
        return _noted(session, pickup, offer, by, now)
    if (
        pickup.state not in ("waiting", "reserved")
        or pickup.store_id is None
        or pickup.reason in _NOT_YET
        or pickup.parcels
    ):
        return []  # loading it says why not, and for several doors nothing is carried
    decision = decide_for(session, pickup, now)
    return _noted(session, pickup, decision, by, now) if decision.moves else []


def _noted(session: Session, pickup: Pickup, decision: Decision, by: StaffSession, now: dt.datetime) -> list[Carry]:
    assert decision.door is not None
    from_counter, plan_id, why = pickup.state == "ready", new_id(), decision.reason
    _close_old(session, {pickup.id, *(move.goods.pickup_id for move in decision.moves)}, now)
    into = decision.door.compartment_id
    say(session, pickup, "room_planned", by, now, door=decision.door.number, reason=why)
    for number, move in enumerate(decision.moves, start=1):
        moved = session.get_one(Pickup, move.goods.pickup_id)
        to = move.to.compartment_id if move.to else None
        # A move down that follows somebody's going to the counter is a move down all the same.
        its = why if to is None else "moved_down"
        _step(session, moved, plan_id, number, pickup.id, move.start.compartment_id, to, its, PLANNED, now)
        door_to = move.to.number if move.to else None
        say(session, moved, "carry_planned", by, now, door=move.start.number, to=door_to, reason=its)
    last, own = len(decision.moves) + 1, None if from_counter else pickup.id
    _step(session, pickup, plan_id, last, own, None, into, why, OUT if from_counter else PLANNED, now)
    return plan_of(session, pickup.id, now)


def _step(
    session: Session,
    pickup: Pickup,
    plan_id: str,
    number: int,
    room_for: str | None,
    start_id: str | None,
    to_id: str | None,
    why: str,
    stage: str,
    now: dt.datetime,
) -> Carry:
    step = Carry(
        id=new_id(),
        merchant_id=pickup.merchant_id,
        store_id=pickup.store_id or "",
        plan_id=plan_id,
        number=number,
        pickup_id=pickup.id,
        room_for=room_for,
        start_id=start_id,
        to_id=to_id,
        why=why,
        stage=stage,
        created_at=now,
        changed_at=now,
    )
    session.add(step)
    session.flush()
    return step


def _close_old(session: Session, pickup_ids: set[str], now: dt.datetime) -> None:
    """End what nobody went on with, so that the same goods may be carried anew."""
    for old in session.scalars(select(Carry).where(Carry.pickup_id.in_(pickup_ids), Carry.closed_at.is_(None))):
        old.stage, old.closed_at = LEFT, now
    session.flush()


def _renewed(session: Session, plan: list[Carry], pickup: Pickup, by: StaffSession, now: dt.datetime) -> list[Carry]:
    """The plan does not hold any more, for what was to be carried left or must stay: decide anew."""
    for step in plan:
        if step.closed_at is None and (step.stage == PLANNED or step.start_id is None):
            step.stage, step.closed_at = LEFT, now
    session.flush()
    begun = [step for step in plan if not step.is_over()]
    owner = next((step.room_for for step in plan if step.room_for), pickup.id)
    return begun or _planned(session, session.get_one(Pickup, owner), by, now)


def _may_start(step: Carry, now: dt.datetime) -> bool:
    return step.pickup.state == "ready" and not holding.is_pinned(step.pickup, now) and _inside(step) is not None


def _inside(step: Carry) -> Placement | None:
    live = step.pickup.live_placements()
    alone = len(live) == 1 and live[0].state == "loaded" and live[0].compartment_id == step.start_id
    return live[0] if alone else None


def _take_out(session: Session, step: Carry, by: StaffSession, now: dt.datetime) -> DoorCommand:
    placement = _inside(step)
    assert placement is not None
    return open_door(session, placement, "unload", by, now)


def _bring(session: Session, step: Carry, by: StaffSession, now: dt.datetime) -> DoorCommand:
    place = session.get(Placement, step.placement_id) if step.placement_id else None
    if place is None or place.state != "held" or place.abandoned:
        place = _claimed(session, step, now)
        step.placement_id = place.id
    return open_door(session, place, "load", by, now)


def _claimed(session: Session, step: Carry, now: dt.datetime) -> Placement:
    """The door that was meant, or another if somebody was quicker. Raises Conflict."""
    pickup, there = step.pickup, doors(session, step.store_id, now, of=step.pickup_id)
    bank_id = step.to.bank_id if step.to is not None else ""
    goods = goods_of(pickup)._replace(bank_id=bank_id)
    free = [box.door for box in there.boxes if box.stay is None and takes(box, goods)]
    door = next((door for door in free if door.compartment_id == step.to_id), None)
    door = door or choose(free, goods.size).door
    if door is None:
        raise Conflict("nothing_free", "Every fitting door was taken meanwhile. Leave it at the counter.")
    step.to_id = door.compartment_id
    return take(session, pickup, door.compartment_id, door.holder, now)


def _give_up_door(session: Session, step: Carry, now: dt.datetime) -> None:
    place = session.get(Placement, step.placement_id) if step.placement_id else None
    if place is None or place.state != "held":
        return
    if place.compartment is not None and place.compartment.door == "open":
        raise Conflict("door_open", f"Shut door {place.compartment.number} first.")
    loading.abandon(session, place, now)


def _next(plan: list[Carry]) -> Carry | None:
    return next((step for step in plan if not step.is_over()), None)


def _listed(session: Session, which: object) -> list[Carry]:
    whole = (joinedload(Carry.start), joinedload(Carry.to), joinedload(Carry.pickup).joinedload(Pickup.order))
    statement = select(Carry).where(which).options(*whole)  # type: ignore[arg-type]
    return list(session.scalars(statement.order_by(Carry.created_at, Carry.number)))
