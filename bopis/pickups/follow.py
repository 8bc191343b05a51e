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
from bopis.pickups import actions, later, mapping
from bopis.pickups.models import Pickup
from bopis.ports import OrderSnapshot, Unit
from bopis.stores.queries import lock, store_for_location

_PLATFORM = "platform"
_LINK_BYTES = 16


def follow(session: Session, order: Order, snapshot: OrderSnapshot, now: dt.datetime) -> str:
    """Create, reserve, update or call off this order's pickups; say in a few words what came of it."""
    known = _known(session, order)
    wanted = {unit.unit_id: unit for unit in snapshot.units if unit.is_pickup}
    stores = {
        unit_id: store_for_location(session, order.connection_id, unit.location.location_id)
        for unit_id, unit in wanted.items()
    }
    _lock_all(session, {pickup.store_id for pickup in known.values()} | {s.id for s in stores.values() if s})
    for unit_id, unit in sorted(wanted.items()):
        pickup = known.get(unit_id)
        if pickup is None and not _is_over(unit, snapshot):
            pickup = _create(session, order, unit, now)
        if pickup is not None:
            store = stores[unit_id]
            _follow_one(session, pickup, unit, snapshot, store.id if store else None, now)
    for unit_id, pickup in known.items():
        if unit_id not in wanted and snapshot.complete and pickup.state != "collected":
            actions.cancel(session, pickup, now, actor=_PLATFORM, reason="gone_from_order")
    if not wanted:
        return "nothing to pick up" if snapshot.units else "no units"
    return f"{len(wanted)} to pick up"


def forget(session: Session, order: Order, now: dt.datetime) -> str:
    """The platform has the order no more: nothing of it is to be handed over."""
    known = _known(session, order)
    _lock_all(session, {pickup.store_id for pickup in known.values()})
    order.cancelled_at = order.cancelled_at or now
    for pickup in known.values():
        if pickup.state != "collected":
            actions.cancel(session, pickup, now, actor=_PLATFORM, reason="deleted_on_platform")
    return "gone from the platform"


def _known(session: Session, order: Order) -> dict[str, Pickup]:
    found = session.scalars(select(Pickup).where(Pickup.order_id == order.id).order_by(Pickup.unit_id))
    return {pickup.unit_id: pickup for pickup in found}


def _lock_all(session: Session, store_ids: set[str | None]) -> None:
    """In the order of their ids, so that two orders over the same stores cannot wait for each other in a circle."""
    for store_id in sorted(store_id for store_id in store_ids if store_id):
        lock(session, store_id)


def _is_over(unit: Unit, snapshot: OrderSnapshot) -> bool:
    return snapshot.cancelled_at is not None or unit.status in ("closed", "cancelled")


def _create(session: Session, order: Order, unit: Unit, now: dt.datetime) -> Pickup:
    token = secrets.token_urlsafe(_LINK_BYTES)
    pickup = Pickup(
        id=new_id(),
        merchant_id=order.merchant_id,
        order_id=order.id,
        unit_id=unit.unit_id,
        store_id=None,
        location_id=unit.location.location_id,
        location_name=unit.location.name,
        state="waiting",
        reason="",
        size="",
        lines=[],
        differs="",
        created_at=now,
        link_hash=link_hash(token),
    )
    pickup.link_sealed = sealing.seal(token, to=f"pickups.link:{pickup.id}")
    session.add(pickup)
    session.flush()
    timeline.begin(session, pickup.id, "waiting", actor=_PLATFORM, at=now)
    return pickup


def _follow_one(
    session: Session, pickup: Pickup, unit: Unit, snapshot: OrderSnapshot, store_id: str | None, now: dt.datetime
) -> None:
    if _is_over(unit, snapshot):
        # A closed unit of a collected pickup is our own doing.
        if pickup.state != "collected" or snapshot.cancelled_at is not None:
            closed = snapshot.cancelled_at is None and unit.status == "closed"
            reason = "closed_on_platform" if closed else "cancelled_on_platform"
            actions.cancel(session, pickup, now, actor=_PLATFORM, reason=reason)
    elif pickup.state in ("waiting", "reserved", "ready", "expired"):
        if later.has_goods(pickup):
            later.compare(session, pickup, unit, snapshot, store_id, now, actor=_PLATFORM)
        else:
            _keep_waiting_or_reserve(session, pickup, unit, snapshot, store_id, now)


def _keep_waiting_or_reserve(
    session: Session, pickup: Pickup, unit: Unit, snapshot: OrderSnapshot, store_id: str | None, now: dt.datetime
) -> None:
    if store_id != pickup.store_id:
        actions.change_store(session, pickup, store_id, now, actor=_PLATFORM)
        tasks.settle(session, "map_location", pickup.id, actor=actions.SYSTEM, now=now)
    pickup.location_id, pickup.location_name = unit.location.location_id, unit.location.name
    size_before = pickup.size
    actions.measure(session, pickup, unit.lines)
    why = _why_it_waits(pickup, unit, snapshot)
    if pickup.state == "reserved" and why:
        actions.put_back(session, pickup, now, reason=why, actor=_PLATFORM)
    elif pickup.state == "reserved" and pickup.size != size_before:
        actions.give_up_place(session, pickup, now, reason="edited", actor=_PLATFORM)
    elif pickup.state == "waiting":
        pickup.reason = why
        session.flush()
        if not why:
            actions.reserve(session, pickup, now)
    if why == "unknown_location":
        _ask_which_store(session, pickup, now)


def _ask_which_store(session: Session, pickup: Pickup, now: dt.datetime) -> None:
    nearest = mapping.suggestion(session, pickup)
    hint = f" Is it {nearest.name}?" if nearest else ""
    tasks.ask(
        session,
        "map_location",
        pickup.id,
        merchant_id=pickup.merchant_id,
        store_id=None,
        reason=f"“{pickup.location_name}” is not mapped to a store, so {pickup.order.name} waits.{hint}",
        now=now,
    )


def _why_it_waits(pickup: Pickup, unit: Unit, snapshot: OrderSnapshot) -> str:
    if pickup.store_id is None:
        return "unknown_location"
    if unit.status == "on_hold":
        return "on_hold"
    return "" if snapshot.paid else "unpaid"


def link_hash(token: str) -> str:
    """What is kept of a shopper's link: the SHA-256 of its token, which has 128 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
