"""Which store a platform's location is: said by a person, after which what waited for it goes on by itself."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import inbox
from bopis.errors import Conflict, Invalid
from bopis.ids import new_id
from bopis.orders.models import Order
from bopis.pickups.models import NewPickup, Pickup
from bopis.stores.models import LocationMapping, Store
from bopis.stores.queries import nearest_by_name, store_for_location


def suggestion(session: Session, pickup: Pickup | NewPickup) -> Store | None:
    """The store this pickup's location most probably is."""
    return nearest_by_name(session, pickup.merchant_id, pickup.location_name)


def map_location(session: Session, pickup: Pickup, store: Store, now: dt.datetime) -> int:
    """Say that the location of a waiting pickup is `store`; returns how many orders go on because of it.

    Each of them is asked for again, as after any news. Raises Invalid or Conflict.
    """
    connection_id = pickup.order.connection_id
    if not pickup.location_id:
        raise Invalid("no_location", "The shop names no location for this order. Put it right there.")
    if store.merchant_id != pickup.merchant_id:
        raise Invalid("unknown_store", "There is no such store.")
    known = store_for_location(session, connection_id, pickup.location_id)
    if known is not None and known.id != store.id:
        raise Conflict("mapped_already", f"This location is {known.name} already.")
    if known is None:
        mapping = LocationMapping(
            id=new_id(), connection_id=connection_id, location_id=pickup.location_id, store_id=store.id
        )
        session.add(mapping)
        session.flush()
    waiting = session.scalars(
        select(Order.platform_order_id)
        .join(Pickup, Pickup.order_id == Order.id)
        .where(
            Order.connection_id == connection_id,
            Pickup.location_id == pickup.location_id,
            Pickup.store_id.is_(None),
            Pickup.closed_at.is_(None),
        )
        .distinct()
    )
    return sum(
        inbox.ask_again(session, connection_id, order_id, f"mapped {now.isoformat()}", now) for order_id in waiting
    )
