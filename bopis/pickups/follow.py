"""Pickups made to agree with the order they belong to, whatever news came or went missing."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import sealing, tasks, timeline
from bopis.ids import new_id
from bopis.orders.models import Order
from bopis.pickups import actions
from bopis.pickups.models import Pickup
from bopis.ports import OrderSnapshot, Unit
from bopis.stores.queries import lock, store_for_location

_PLATFORM = "platform"
_LINK_BYTES = 16


def follow(session: Session, order: Order, snapshot: OrderSnapshot, now: dt.datetime) -> str:
    """Create, reserve, update or call off this order's pickups; say in a few words what came of it."""
    known = {pickup.unit_id: pickup for pickup in session.scalars(select(Pickup).where(Pickup.order_id == order.id))}
    wanted = {unit.unit_id: unit for unit in snapshot.units if unit.is_pickup}
    stores = {
        unit_id: store_for_location(session, order.connection_id, unit.location.location_id)
        for unit_id, unit in wanted.items()
    }
    # Locks in the order of their ids, so that two orders over the same stores cannot wait for each other in a circle.
    store_ids = {pickup.store_id for pickup in known.values()} | {store.id for store in stores.values() if store}
    for store_id in sorted(store_id for store_id in store_ids if store_id):
        lock(session, store_id)

    for unit_id, unit in sorted(wanted.items()):
        pickup = known.get(unit_id)
        over = snapshot.cancelled_at is not None or unit.status in ("closed", "cancelled")
        if pickup is None and not over:
            pickup = _create(session, order, unit, now)
        if pickup is not None:
            store = stores[unit_id]
            _follow_one(session, pickup, unit, snapshot, store.id if store else None, now)
    for unit_id, pickup in known.items():
        if unit_id not in wanted and snapshot.complete:
            actions.cancel(session, pickup, now, actor=_PLATFORM, reason="gone_from_order")
    if not wanted:
        return "nothing to pick up" if snapshot.units else "no units"
    return f"{len(wanted)} to pick up"


def _create(session: Session, order: Order, unit: Unit, now: dt.datetime) -> Pickup:
    token = secrets.token_urlsafe(_LINK_BYTES)
    pickup = Pickup(
        id=new_id(), merchant_id=order.merchant_id, order_id=order.id, unit_id=unit.unit_id, store_id=None,
        location_name=unit.location.name, state="waiting", reason="", size="", lines=[], created_at=now,
        link_hash=link_hash(token),
    )
    pickup.link_sealed = sealing.seal(token, to=f"pickups.link:{pickup.id}")
    session.add(pickup)
    session.flush()
    timeline.write(session, pickup.id, "waiting", actor=_PLATFORM, at=now)
    return pickup


def _follow_one(session: Session, pickup: Pickup, unit: Unit, snapshot: OrderSnapshot, store_id: str | None,
                now: dt.datetime) -> None:
    if snapshot.cancelled_at is not None or unit.status in ("closed", "cancelled"):
        # A closed unit of a collected pickup is our own doing.
        if pickup.state != "collected" or snapshot.cancelled_at is not None:
            actions.cancel(session, pickup, now, actor=_PLATFORM, reason="cancelled_on_platform")
        return
    if pickup.state not in ("waiting", "reserved"):
        return
    if pickup.store_id is None and store_id is not None:
        pickup.store_id = store_id
        tasks.settle(session, "map_location", pickup.id, actor=actions.SYSTEM, now=now)
    size_before = pickup.size
    actions.measure(session, pickup, unit.lines)
    untouched = not any(placement.touched for placement in pickup.live_placements())
    if pickup.state == "reserved" and pickup.size != size_before and untouched:
        actions.give_up_place(session, pickup, now, reason="edited", actor=_PLATFORM)
    if pickup.state != "waiting":
        return
    pickup.reason = _why_it_waits(pickup, unit, snapshot)
    session.flush()
    session.refresh(pickup, ["store"])
    if not pickup.reason:
        actions.reserve(session, pickup, now)
    elif pickup.reason == "unknown_location":
        tasks.ask(session, "map_location", pickup.id, merchant_id=pickup.merchant_id, store_id=None,
                  reason=f"“{unit.location.name}” is not mapped to a store, so {pickup.order.name} waits.", now=now)


def _why_it_waits(pickup: Pickup, unit: Unit, snapshot: OrderSnapshot) -> str:
    if pickup.store_id is None:
        return "unknown_location"
    if unit.status == "on_hold":
        return "on_hold"
    return "" if snapshot.paid else "unpaid"


def link_hash(token: str) -> str:
    """What is kept of a shopper's link: the SHA-256 of its token, which has 128 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
