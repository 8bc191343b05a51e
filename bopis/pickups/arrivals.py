"""New pickups taken in, many at once: what they need is read together, and written in one statement a table."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from sqlalchemy.orm import Session

from bopis import sealing, tasks, timeline
from bopis.ids import new_id
from bopis.lockers.experience import Known, known
from bopis.logs import about
from bopis.orders.actions import TakenOver
from bopis.pickups import grants, later, mapping, places
from bopis.pickups.measuring import measured
from bopis.pickups.models import NewPickup, Pickup
from bopis.pickups.promising import Promises
from bopis.ports import Unit
from bopis.prepared import Write
from bopis.rows import Insert, send_all

_PLATFORM, _SYSTEM = "platform", "system"
_LINK_BYTES = 16


@dataclass(frozen=True)
class Arrival:
    """A unit we see for the first time. `why` it must wait, or an empty text; `ids` are for its log lines."""

    order: TakenOver
    unit: Unit
    store_id: str | None
    why: str
    ids: Mapping[str, object] = field(default_factory=dict)


def take_in(session: Session, arrivals: Sequence[Arrival], now: dt.datetime) -> None:
    """Write down new pickups and give each that nothing keeps waiting its place and its code.

    The locks of their stores are held.
    """
    pickups = _drawn_up(session, arrivals, now)
    able = [pickup for pickup in pickups if not pickup.reason]
    wanted = [pickup.store_id for pickup in able for _ in places.numbers(pickup) if pickup.store_id]
    promises = Promises.read(session, wanted, now)
    writes: list[Write] = []
    for arrival, pickup in zip(arrivals, pickups, strict=True):
        with about(**arrival.ids):
            writes += _taken_in(session, pickup, promises, now)
    send_all(session, writes)
    for arrival, pickup in zip(arrivals, pickups, strict=True):
        if arrival.why == "unknown_location":
            ask_which_store(session, pickup, arrival.order.name, now)


def _taken_in(session: Session, pickup: NewPickup, promises: Promises, now: dt.datetime) -> list[Write]:
    """What there is to write, each after what it refers to."""
    begun = timeline.first(session, pickup.id, "waiting", actor=_PLATFORM, at=now)
    if pickup.reason:
        return [_written(pickup), begun]
    try:
        promise = promises.make(session, pickup, now)
    except grants.NoSelectorFree:
        pickup.reason = "no_code_free"
        return [_written(pickup), begun]
    pickup.state, pickup.reason = "reserved", promise.reason
    said = {"reason": promise.reason, "was": "waiting", "door": promise.door}
    told = timeline.entry(session, pickup.id, "reserved", actor=_SYSTEM, at=now, **said)
    return [_written(pickup), begun, *promise.writes, told]


def _drawn_up(session: Session, arrivals: Sequence[Arrival], now: dt.datetime) -> list[NewPickup]:
    """In the order of the arrivals, not written yet; `reason` says why one must wait."""
    skus: dict[str, set[str]] = {}
    for arrival in arrivals:
        skus.setdefault(arrival.order.merchant_id, set()).update(line.sku for line in arrival.unit.lines if line.sku)
    what = {merchant_id: known(session, merchant_id, wanted) for merchant_id, wanted in skus.items()}
    return [_pickup(arrival, what[arrival.order.merchant_id], now) for arrival in arrivals]


def _pickup(arrival: Arrival, what: Known, now: dt.datetime) -> NewPickup:
    order, unit = arrival.order, arrival.unit
    costs = later.cost(unit.lines)
    pickup_id, token = new_id(), secrets.token_urlsafe(_LINK_BYTES)
    return NewPickup(
        id=pickup_id,
        merchant_id=order.merchant_id,
        order_id=order.id,
        unit_id=unit.unit_id,
        store_id=arrival.store_id,
        location_id=unit.location.location_id,
        location_name=unit.location.name,
        reason=arrival.why,
        **measured(unit.lines, what)._asdict(),
        lines=later.written(unit.lines),
        cost=costs.amount if costs else None,
        cost_currency=costs.currency if costs else None,
        created_at=now,
        link_hash=link_hash(token),
        link_sealed=sealing.seal(token, to=f"pickups.link:{pickup_id}"),
    )


def _written(pickup: NewPickup) -> Write:
    return Write(_WRITE, vars(pickup))


_WRITE = Insert(Pickup.__table__, *(each.name for each in fields(NewPickup)))  # type: ignore[arg-type]


def ask_which_store(session: Session, pickup: Pickup | NewPickup, order_name: str, now: dt.datetime) -> None:
    """Ask a person which store a pickup's location is."""
    nearest = mapping.suggestion(session, pickup)
    hint = f" Is it {nearest.name}?" if nearest else ""
    tasks.ask(
        session,
        "map_location",
        pickup.id,
        merchant_id=pickup.merchant_id,
        store_id=None,
        reason=f"“{pickup.location_name}” is not mapped to a store, so {order_name} waits.{hint}",
        now=now,
    )


def link_hash(token: str) -> str:
    """What is kept of a shopper's link: the SHA-256 of its token, which has 128 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
