"""What pages read of pickups. Everything is asked for one merchant and one store: another's is not found."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, exists, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload, selectinload

from bopis.errors import NotFound
from bopis.orders.models import Order
from bopis.pickups.arrivals import link_hash
from bopis.pickups.models import Grant, Pickup, Placement
from firmware_bridge.protocol import codes

AT_MOST = 100
"""Rows of one list: more than anybody works off a phone."""
_LONGEST = 64


def to_load(session: Session, merchant_id: str, store_id: str) -> list[Pickup]:
    """What waits or has a place promised, oldest first."""
    return _listed(session, _open_in(merchant_id, store_id).where(Pickup.state.in_(("waiting", "reserved"))))


def at_counter(session: Session, merchant_id: str, store_id: str) -> list[Pickup]:
    """What is set aside at the counter for its shopper, oldest first."""
    statement = _open_in(merchant_id, store_id).where(Pickup.state.in_(("ready", "expired")), _lies_at_counter())
    return _listed(session, statement)


def to_take_out(session: Session, merchant_id: str, store_id: str) -> list[Pickup]:
    """What was called off or not collected in time, and still occupies a place; oldest first."""
    live = exists().where(Placement.pickup_id == Pickup.id, Placement.state != "released")
    statement = _open_in(merchant_id, store_id).where(
        or_(Pickup.state == "cancelled", (Pickup.state == "expired") & ~_lies_at_counter()), live
    )
    return _listed(session, statement)


def one(session: Session, merchant_id: str, store_id: str, pickup_id: str) -> Pickup:
    """A pickup of this store. Raises NotFound."""
    found = _listed(session, _in_store(merchant_id, store_id).where(Pickup.id == pickup_id))
    if not found:
        raise NotFound("unknown_pickup", "There is no such order in this store.")
    return found[0]


def search(session: Session, merchant_id: str, store_id: str, text: str) -> list[Pickup]:
    """Pickups of the order people call `#1001` or `1001`, or the platform by its id; those still open first."""
    wanted = text.strip()[:_LONGEST]
    bare = wanted.lstrip("#")
    if not bare:
        return []
    meant = or_(Order.name.in_((wanted, bare, f"#{bare}")), Order.platform_order_id == bare)
    return _listed(session, _open_in(merchant_id, store_id).where(meant)) or _listed(
        session, _in_store(merchant_id, store_id).where(meant)
    )


def by_qr(session: Session, merchant_id: str, store_id: str, token: bytes) -> Pickup | None:
    """The pickup of this store that a shopper's QR stands for."""
    statement = _in_store(merchant_id, store_id).join(Grant, Grant.pickup_id == Pickup.id)
    found = _listed(session, statement.where(Grant.qr_sha256 == codes.qr_hash(token), Grant.state == "active"))
    return found[0] if found else None


def by_link(session: Session, token: str) -> Pickup | None:
    """The pickup a shopper's link stands for."""
    statement = select(Pickup).where(Pickup.link_hash == link_hash(token)).options(joinedload(Pickup.store))
    found = _listed(session, statement)
    return found[0] if found else None


def orders_of_units(session: Session, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The platform's ids of the orders whose pickups these units, (connection, unit), are; of those we know."""
    key = (Order.connection_id, Pickup.unit_id)
    known = select(*key, Order.platform_order_id).join(Pickup, Pickup.order_id == Order.id)
    # Named on its own, since that is what the index is on.
    found = known.where(Pickup.unit_id.in_({unit_id for _, unit_id in keys}), tuple_(*key).in_(keys))
    return {(row[0], row[1]): row[2] for row in session.execute(found)} if keys else {}


def _in_store(merchant_id: str, store_id: str) -> Select[tuple[Pickup]]:
    return (
        select(Pickup)
        .join(Order, Order.id == Pickup.order_id)
        .where(Pickup.merchant_id == merchant_id, Pickup.store_id == store_id)
    )


def _open_in(merchant_id: str, store_id: str) -> Select[tuple[Pickup]]:
    return _in_store(merchant_id, store_id).where(Pickup.closed_at.is_(None))


def _lies_at_counter() -> ColumnElement[bool]:
    return exists().where(
        Placement.pickup_id == Pickup.id, Placement.state == "loaded", Placement.compartment_id.is_(None)
    )


def _listed(session: Session, statement: Select[tuple[Pickup]]) -> list[Pickup]:
    whole = statement.options(
        joinedload(Pickup.order), selectinload(Pickup.placements).joinedload(Placement.compartment)
    )
    return list(session.scalars(whole.order_by(Pickup.created_at, Pickup.id).limit(AT_MOST)))
