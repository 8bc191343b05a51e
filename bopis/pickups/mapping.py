"""Which store a platform's location is: said by a person, after which what waited for it goes on by itself."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bopis import inbox
from bopis.errors import Conflict, Invalid
from bopis.ids import new_id
from bopis.merchants.models import Connection
from bopis.orders.models import Order
from bopis.pickups.models import NewPickup, Pickup
from bopis.ports import Location
from bopis.stores.models import LocationMapping, Store
from bopis.stores.queries import nearest_by_name, store_for_location

_MOST_WAITING = 200
"""Locations; so many unmapped ones no page lists."""


def suggestion(session: Session, pickup: Pickup | NewPickup) -> Store | None:
    """The store this pickup's location most probably is."""
    return nearest_by_name(session, pickup.merchant_id, pickup.location_name)


def map_location(session: Session, pickup: Pickup, store: Store, now: dt.datetime) -> int:
    """Say that the location of a waiting pickup is `store`; returns how many orders go on because of it.

    Each of them is asked for again, as after any news. Raises Invalid or Conflict.
    """
    if not pickup.location_id:
        raise Invalid("no_location", "The shop names no location for this order. Put it right there.")
    connection = session.get_one(Connection, pickup.order.connection_id)
    known = store_for_location(session, connection.id, pickup.location_id)
    if known is not None and known.id != store.id:
        raise Conflict("mapped_already", f"This location is {known.name} already.")
    return map_place(session, connection, Location(pickup.location_id, pickup.location_name), store, now)


def map_place(session: Session, connection: Connection, place: Location, store: Store, now: dt.datetime) -> int:
    """Say that a connection's location is `store`, from now on also instead of another; returns how many orders that
    waited for it go on. Raises Invalid."""
    if store.merchant_id != connection.merchant_id:
        raise Invalid("unknown_store", "There is no such store.")
    mapping = session.scalars(
        select(LocationMapping).where(
            LocationMapping.connection_id == connection.id, LocationMapping.location_id == place.location_id
        )
    ).first()
    if mapping is None:
        mapping = LocationMapping(id=new_id(), connection_id=connection.id, location_id=place.location_id)
        session.add(mapping)
    mapping.store_id, mapping.name = store.id, place.name
    session.flush()
    waiting = session.scalars(
        select(Order.platform_order_id)
        .join(Pickup, Pickup.order_id == Order.id)
        .where(Order.connection_id == connection.id, Pickup.location_id == place.location_id, _WAITS)
        .distinct()
    )
    return sum(
        inbox.ask_again(session, connection.id, order_id, f"mapped {now.isoformat()}", now) for order_id in waiting
    )


def unmapped(session: Session, connection: Connection) -> dict[Location, int]:
    """The locations that orders of this connection wait for, and how many each."""
    found = session.execute(
        select(Pickup.location_id, func.max(Pickup.location_name), func.count())
        .join(Order, Order.id == Pickup.order_id)
        .where(Order.connection_id == connection.id, Pickup.location_id != "", _WAITS)
        .group_by(Pickup.location_id)
        .order_by(func.max(Pickup.location_name))
        .limit(_MOST_WAITING)
    )
    return {Location(location_id, name): count for location_id, name, count in found}


_WAITS = Pickup.store_id.is_(None) & Pickup.closed_at.is_(None)
