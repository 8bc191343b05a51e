"""Everything we hold about the shopper of an order, as plain JSON for them to read."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import timeline
from bopis.orders.models import Order
from bopis.pickups.models import Pickup


def held(session: Session, order: Order) -> dict[str, Any]:
    """An order, its shopper and its pickups. Codes are left out: they open doors."""
    pickups = session.scalars(select(Pickup).where(Pickup.order_id == order.id).order_by(Pickup.created_at))
    return {
        "order": order.name,
        "order_id_on_the_platform": order.platform_order_id,
        "first_name": order.first_name(),
        "phone": order.phone(),
        "email": order.email(),
        "language": order.locale,
        "known_since": _written(order.created_at),
        "pickups": [_pickup(session, pickup) for pickup in pickups],
    }


def _pickup(session: Session, pickup: Pickup) -> dict[str, Any]:
    return {
        "store": pickup.store.name if pickup.store else pickup.location_name,
        "state": pickup.state,
        "contents": pickup.lines,
        "ready_since": _written(pickup.ready_at),
        "kept_until": _written(pickup.hold_until),
        "closed": _written(pickup.closed_at),
        "history": [{"at": _written(entry.at), "what": entry.what} for entry in timeline.entries(session, pickup.id)],
    }


def _written(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None
