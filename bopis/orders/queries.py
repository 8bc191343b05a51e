"""What others ask about orders."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, literal_column, select
from sqlalchemy.orm import Session

from bopis.among import among
from bopis.orders.models import Order
from bopis.prepared import Prepared
from bopis.stores.models import Store


def country_of(session: Session, merchant_id: str) -> str:
    """The country a merchant's phone numbers are read in when nothing better is known: that of its first store."""
    found = _COUNTRY.run(session, of=merchant_id)
    return found[0][0] if found else ""


_COUNTRY = Prepared(
    select(Store.country)
    .where(Store.merchant_id == bindparam("of"))
    .order_by(Store.created_at)
    .limit(literal_column("1"))
)


def known_orders(session: Session, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Order]:
    """The orders we know by (connection, platform's id), held still until the transaction ends.

    They are taken in the order of their keys, so that two workers cannot wait for each other in a circle.
    """
    wanted: dict[str, set[str]] = {}
    for connection_id, order_id in sorted(keys):
        wanted.setdefault(connection_id, set()).add(order_id)
    held = [each[0] for of, orders in wanted.items() for each in _HOLD.run(session, of=of, orders=orders)]
    found = session.scalars(_THESE, {"these": held}) if held else ()  # most news is of new orders
    return {(order.connection_id, order.platform_order_id): order for order in found}


_HOLD = Prepared(
    select(Order.id)
    .where(Order.connection_id == bindparam("of"), among(Order.platform_order_id, "orders"))
    .order_by(Order.platform_order_id)
    .with_for_update()
)
_THESE = select(Order).where(among(Order.id, "these"))
