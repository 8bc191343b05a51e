"""How it goes, in numbers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from bopis.bridges.models import Bridge
from bopis.bridges.queries import ONLINE_WITHIN
from bopis.inbox import InboxEntry
from bopis.merchants.models import Connection
from bopis.outbox import OutboxEntry
from bopis.pickups.models import Pickup, Placement


@dataclass(frozen=True)
class Numbers:
    """Of one merchant, now."""

    to_load: int
    ready: int
    at_counter: int
    to_take_out: int
    bridges_offline: int
    dead_deliveries: int
    dead_effects: int


def count(session: Session, merchant_id: str, now: dt.datetime) -> Numbers:
    """Count them."""
    open_ = (Pickup.merchant_id == merchant_id, Pickup.closed_at.is_(None))
    states = dict(iter(session.execute(select(Pickup.state, func.count()).where(*open_).group_by(Pickup.state))))
    silent = or_(Bridge.seen_at.is_(None), Bridge.seen_at < now - ONLINE_WITHIN)
    return Numbers(
        to_load=states.get("waiting", 0) + states.get("reserved", 0),
        ready=states.get("ready", 0),
        at_counter=_count(session, Pickup, *open_, lies_at_counter()),
        to_take_out=_count(session, Pickup, *open_, is_to_take_out()),
        bridges_offline=_count(session, Bridge, Bridge.merchant_id == merchant_id, Bridge.revoked_at.is_(None), silent),
        dead_deliveries=_count(session, InboxEntry, InboxEntry.state == "dead", deliveries_of(merchant_id)),
        dead_effects=_count(session, OutboxEntry, OutboxEntry.state == "dead", effects_of(merchant_id)),
    )


def lies_at_counter() -> ColumnElement[bool]:
    """The condition for a pickup that waits at the counter."""
    there = exists().where(
        Placement.pickup_id == Pickup.id, Placement.state == "loaded", Placement.compartment_id.is_(None)
    )
    return Pickup.state.in_(("ready", "expired")) & there


def is_to_take_out() -> ColumnElement[bool]:
    """The condition for a pickup that is over and may still lie in a locker."""
    inside = exists().where(
        Placement.pickup_id == Pickup.id, Placement.state != "released", Placement.compartment_id.is_not(None)
    )
    return Pickup.state.in_(("cancelled", "expired")) & inside


def deliveries_of(merchant_id: str) -> ColumnElement[bool]:
    """The condition for a merchant's own deliveries."""
    # Row by row, not by a list of connections: the newest fifty, or the dead, are found by their own indexes.
    return exists().where(Connection.id == InboxEntry.connection_id, Connection.merchant_id == merchant_id)


def effects_of(merchant_id: str) -> ColumnElement[bool]:
    """The condition for a merchant's own effects."""
    return OutboxEntry.merchant_id == merchant_id


def _count(session: Session, table: type, *where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*where)) or 0
