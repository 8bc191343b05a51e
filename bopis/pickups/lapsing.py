"""Doors promised to orders that nobody loads: given to others after a while, and somebody is asked to look for them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import tasks
from bopis.lockers.models import Bank, Compartment
from bopis.pickups import actions, carried, holding
from bopis.pickups.models import IS_LIVE, Pickup, Placement
from bopis.tasks import Task

LOOK_EVERY = dt.timedelta(minutes=15)
NOT_LOADED = "not_loaded"


def lapse(session: Session, bank: Bank, now: dt.datetime) -> int:
    """Take back what this bank promised too long ago; returns how much. Expects the store's lock.

    Only what certainly holds nothing: a door that was asked to open for loading stays with its order.
    """
    bank.lapse_at = now + LOOK_EVERY
    rules = holding.rules_of(bank.store)
    found = session.scalars(
        select(Placement)
        .join(Compartment, Compartment.id == Placement.compartment_id)
        .where(
            Compartment.bank_id == bank.id,
            IS_LIVE,
            Placement.state == "held",
            Placement.touched.is_(False),
            Placement.created_at <= now - dt.timedelta(hours=rules.load_within_hours),
        )
        .order_by(Placement.id)
    )
    lapsed = [place.pickup for place in found if _is_empty_handed(place.pickup)]
    for pickup in dict.fromkeys(lapsed):
        actions.put_back(session, pickup, now, reason=NOT_LOADED, actor=actions.SYSTEM)
        _ask(session, pickup, rules.load_within_hours, now)
    _settle_found(session, bank, now)
    carried.lapse(session, bank.store_id, now)
    session.flush()
    return len(set(lapsed))


def _is_empty_handed(pickup: Pickup) -> bool:
    return pickup.state == "reserved" and all(
        place.state == "held" and not place.touched for place in pickup.live_placements()
    )


def _ask(session: Session, pickup: Pickup, hours: int, now: dt.datetime) -> None:
    tasks.ask(
        session,
        "not_loaded",
        pickup.id,
        merchant_id=pickup.merchant_id,
        store_id=pickup.store_id,
        reason=f"{pickup.order.name} was not loaded within {hours} hours, and its door may go to another order.",
        now=now,
    )


def _settle_found(session: Session, bank: Bank, now: dt.datetime) -> None:
    """What was loaded after all, or called off, need not be looked for."""
    open_ones = session.scalars(
        select(Task.subject_id)
        .join(Pickup, Pickup.id == Task.subject_id)
        .where(
            Task.kind == NOT_LOADED,
            Task.store_id == bank.store_id,
            Task.settled_at.is_(None),
            Pickup.state.not_in(("waiting", "reserved")),
        )
    )
    for pickup_id in list(open_ones):
        tasks.settle(session, NOT_LOADED, pickup_id, actor=actions.SYSTEM, now=now)
