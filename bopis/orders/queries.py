"""What others ask about orders."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis.orders.models import Order
from bopis.stores.models import Store


def country_of(session: Session, merchant_id: str) -> str:
    """The country a merchant's phone numbers are read in when nothing better is known: that of its first store."""
    statement = select(Store.country).where(Store.merchant_id == merchant_id).order_by(Store.created_at).limit(1)
    return session.scalars(statement).first() or ""


def known_order(session: Session, connection_id: str, order_id: str) -> Order | None:
    """The order we know by a platform's id, held still until the transaction ends."""
    return session.scalars(
        select(Order).where(Order.connection_id == connection_id, Order.platform_order_id == order_id).with_for_update()
    ).first()
