"""Pickups made to agree with the orders they belong to, whatever news came or went missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import tasks
from bopis.among import among
from bopis.logs import about
from bopis.orders.actions import TakenOver
from bopis.orders.models import Order
from bopis.pickups import actions, later
from bopis.pickups.arrivals import Arrival, ask_which_store, take_in
from bopis.pickups.models import Pickup
from bopis.ports import OrderSnapshot, Unit
from bopis.stores.queries import lock, stores_at

_PLATFORM = "platform"


@dataclass(frozen=True)
class Followed:
    """An order and what the platform says of it now; `ids` are for the log lines of what follows."""

    order: TakenOver
    snapshot: OrderSnapshot
    ids: Mapping[str, object] = field(default_factory=dict)

    def as_covered(self) -> OrderSnapshot:
        """The snapshot; what a payment that we look after covers, now or before the door opens, counts as paid."""
        covered = self.order.secured or self.order.pays_here
        return replace(self.snapshot, paid=True) if covered else self.snapshot

    def wanted(self) -> list[Unit]:
        """The units to pick up, by their ids."""
        return sorted((unit for unit in self.snapshot.units if unit.is_pickup), key=lambda unit: unit.unit_id)


def follow(session: Session, orders: Sequence[Followed], now: dt.datetime) -> list[str]:
    """Create, reserve, update or call off these orders' pickups; say of each in a few words what came of it."""
    stores = stores_at(session, {_place(each.order, unit) for each in orders for unit in each.wanted()})
    old = {each.order.id for each in orders if not each.order.is_new}
    known = _known_and_held(session, old, stores.values())
    arrivals: list[Arrival] = []
    for each in orders:
        with about(**each.ids):
            arrivals += _follow_order(session, each, known.get(each.order.id, {}), stores, now)
    take_in(session, arrivals, now)
    return [_said(each) for each in orders]


def _follow_order(
    session: Session,
    each: Followed,
    known: Mapping[str, Pickup],
    stores: Mapping[tuple[str, str], str],
    now: dt.datetime,
) -> Iterable[Arrival]:
    """What is known is made to agree; what is new is returned."""
    order, snapshot, wanted = each.order, each.as_covered(), each.wanted()
    for unit in wanted:
        store_id = stores.get(_place(order, unit))
        if unit.unit_id in known:
            _follow_one(session, known[unit.unit_id], unit, snapshot, store_id, now)
        elif not _is_over(unit, snapshot):
            yield Arrival(order, unit, store_id, _why_it_waits(store_id, unit, snapshot), each.ids)
    gone = known.keys() - {unit.unit_id for unit in wanted} if snapshot.complete else ()
    _call_off(session, (known[unit_id] for unit_id in sorted(gone)), "gone_from_order", now)


def forget(session: Session, orders: Sequence[Order], now: dt.datetime) -> None:
    """The platform has these orders no more: nothing of them is to be handed over."""
    known = _known_and_held(session, {order.id for order in orders}, ())
    for order in orders:
        order.cancelled_at = order.cancelled_at or now
        _call_off(session, known.get(order.id, {}).values(), "deleted_on_platform", now)


def _call_off(session: Session, pickups: Iterable[Pickup], reason: str, now: dt.datetime) -> None:
    for pickup in pickups:
        if pickup.state != "collected":
            actions.cancel(session, pickup, now, actor=_PLATFORM, reason=reason)


def _known_and_held(
    session: Session, order_ids: Collection[str], stores: Iterable[str]
) -> dict[str, dict[str, Pickup]]:
    """The pickups of each order that has any, by their units, their stores and these held still."""
    if not order_ids:
        lock(session, *stores)
        return {}
    these = {"orders": order_ids}
    lock(session, *stores, *session.scalars(_THEIR_STORES, these))
    known: dict[str, dict[str, Pickup]] = {}
    # Read only now: while we waited for a store, somebody may have changed what is in it.
    for pickup in session.scalars(_THEIRS, these):
        known.setdefault(pickup.order_id, {})[pickup.unit_id] = pickup
    return known


_OF_ORDERS = among(Pickup.order_id, "orders")
_THEIR_STORES = select(Pickup.store_id).where(_OF_ORDERS, Pickup.store_id.is_not(None)).distinct()
_THEIRS = select(Pickup).where(_OF_ORDERS).order_by(Pickup.unit_id)


def _place(order: TakenOver, unit: Unit) -> tuple[str, str]:
    return order.connection_id, unit.location.location_id


def _said(each: Followed) -> str:
    if each.wanted():
        return f"{len(each.wanted())} to pick up"
    return "nothing to pick up" if each.snapshot.units else "no units"


def _is_over(unit: Unit, snapshot: OrderSnapshot) -> bool:
    return snapshot.cancelled_at is not None or unit.status in ("closed", "cancelled")


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
    needs_another = actions.measure(session, pickup, unit.lines)
    why = _why_it_waits(store_id, unit, snapshot)
    if pickup.state == "reserved" and why:
        actions.put_back(session, pickup, now, reason=why, actor=_PLATFORM)
    elif pickup.state == "reserved" and needs_another:
        actions.give_up_place(session, pickup, now, reason="edited", actor=_PLATFORM)
    elif pickup.state == "waiting":
        pickup.reason = why
        session.flush()
        if not why:
            actions.reserve(session, pickup, now)
    if why == "unknown_location":
        ask_which_store(session, pickup, pickup.order.name, now)


def _why_it_waits(store_id: str | None, unit: Unit, snapshot: OrderSnapshot) -> str:
    if store_id is None:
        return "unknown_location"
    if unit.status == "on_hold":
        return "on_hold"
    return "" if snapshot.paid else "unpaid"
