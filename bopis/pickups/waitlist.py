"""Who waits at the counter for a door, and which door became free for whom: the newest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from bopis.lockers.allocation import Box, Decision, Stay, Waiting, refill
from bopis.pickups import places
from bopis.pickups.carry import Carry, Wait, is_under_way
from bopis.pickups.deciding import Doors, decide_for, doors
from bopis.pickups.models import IS_NOT_CLOSED, Grant, Pickup, Placement

AT_MOST = 5
"""Doors offered at a time: more than anybody fills on one walk."""


class Offer(NamedTuple):
    """A pickup at the counter and the door that is free for it, or can be freed by carrying others down."""

    pickup: Pickup
    decision: Decision


def wants_a_door(session: Session, pickup: Pickup, now: dt.datetime) -> bool:
    """Whether a pickup that goes to the counter now does so only because every door that takes it is full.

    Not if a door is free for it: then staff chose the counter, or it did not go in.
    """
    if not pickup.size or pickup.parcels or pickup.store_id is None:
        return False
    decision = decide_for(session, pickup, now)
    return bool(decision.moves) or (decision.door is None and decision.reason == "nothing_free")


def join(session: Session, pickup: Pickup, now: dt.datetime, *, had_to_go: bool = False) -> None:
    """Let a pickup at the counter wait for a door; `had_to_go`: it was in one and made room."""
    assert pickup.store_id is not None
    wait = session.get(Wait, pickup.id)
    if wait is None:
        wait = Wait(pickup_id=pickup.id, store_id=pickup.store_id, loads=0)
        session.add(wait)
    wait.since = now
    wait.loads += had_to_go
    session.flush()


def leave(session: Session, pickup_id: str) -> None:
    """It is in a door, or is to stay at the counter."""
    wait = session.get(Wait, pickup_id)
    if wait is not None:
        wait.since = None
        session.flush()


def offers(session: Session, store_id: str, now: dt.datetime) -> list[Offer]:
    """The doors that are free and who comes in, as `lockers.allocation.refill` decides one after another."""
    waiting = _waiting(session, store_id, now)
    if not waiting:
        return []
    there = doors(session, store_id, now)
    boxes, found = list(there.boxes), []
    while len(found) < AT_MOST and (next_in := _next(there, boxes, waiting.values(), now)) is not None:
        one, decision = next_in
        del waiting[one.goods.pickup_id]
        boxes = _carried_out(boxes, one, decision, now)
        found.append(Offer(session.get_one(Pickup, one.goods.pickup_id), decision))
    return found


def offer_to(session: Session, pickup: Pickup, now: dt.datetime) -> Decision | None:
    """The door for this one, which somebody has in hand: nobody newer goes before it. None when it may not come in."""
    assert pickup.store_id is not None
    one = _waiting(session, pickup.store_id, now).get(pickup.id)
    there = doors(session, pickup.store_id, now)
    found = _next(there, there.boxes, [one], now) if one is not None else None
    return found[1] if found else None


def _next(there: Doors, boxes: Sequence[Box], waiting: Any, now: dt.datetime) -> tuple[Waiting, Decision] | None:
    return refill(boxes, waiting, now, there.knobs_of)


def _waiting(session: Session, store_id: str, now: dt.datetime) -> dict[str, Waiting]:
    """Everybody who lies at the counter alone, is wanted in a door, and is not on the way into one."""
    carried = aliased(Pickup)
    on_its_way = (
        select(Carry.id)
        .join(carried, carried.id == Carry.pickup_id)
        .where(Carry.pickup_id == Pickup.id, is_under_way(now, carried))
    )
    elsewhere = select(Placement.id).where(
        Placement.pickup_id == Pickup.id,
        Placement.state != "released",
        (Placement.state != "loaded") | Placement.compartment_id.is_not(None),
    )
    rows = session.execute(
        select(Pickup, Wait.loads, Grant.bank_id)
        .join(Wait, Wait.pickup_id == Pickup.id)
        .join(Grant, (Grant.pickup_id == Pickup.id) & IS_NOT_CLOSED)
        .where(Wait.store_id == store_id, Wait.since.is_not(None), Pickup.state == "ready", Pickup.size != "")
        .where(~on_its_way.exists(), ~elsewhere.exists(), Grant.bank_id.is_not(None))
    )
    return {
        pickup.id: Waiting(places.goods_of(pickup)._replace(bank_id=bank_id), pickup.ready_at, loads)
        for pickup, loads, bank_id in rows
        if pickup.ready_at is not None
    }


def _carried_out(boxes: Sequence[Box], one: Waiting, decision: Decision, now: dt.datetime) -> list[Box]:
    """The doors once this was done, to see what is left for the next."""
    assert decision.door is not None
    by_id = {box.door.compartment_id: box for box in boxes}
    for move in decision.moves:
        stay = by_id[move.start.compartment_id].stay
        by_id[move.start.compartment_id] = by_id[move.start.compartment_id]._replace(stay=None)
        if move.to is not None:
            by_id[move.to.compartment_id] = by_id[move.to.compartment_id]._replace(stay=stay)
    into = decision.door.compartment_id
    by_id[into] = by_id[into]._replace(stay=Stay(one.goods, now, pinned=True))
    return list(by_id.values())
