"""Orders taken over from the platform."""

from __future__ import annotations

import datetime as dt

import phonenumbers
from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis.ids import new_id
from bopis.orders.models import Order
from bopis.ports import Account, OrderSnapshot


def accept(
    session: Session, merchant_id: str, account: Account, snapshot: OrderSnapshot, country: str, now: dt.datetime
) -> Order | None:
    """Make our order agree with the platform's; None when what we hold is newer than this snapshot.

    `country` (ISO 3166-1) reads phone numbers that carry no country code when the snapshot names none. A number that
    is not valid is dropped: staff are asked to reach the shopper another way.
    """
    order = session.scalars(
        select(Order)
        .where(Order.connection_id == account.connection_id, Order.platform_order_id == snapshot.order_id)
        .with_for_update()
    ).first()
    if order is None:
        order = Order(
            id=new_id(),
            merchant_id=merchant_id,
            connection_id=account.connection_id,
            platform_order_id=snapshot.order_id,
            created_at=now,
        )
        session.add(order)
    elif snapshot.updated_at < order.platform_updated_at:
        return None
    order.name = snapshot.name
    order.locale = snapshot.locale
    order.paid = snapshot.paid
    order.cancelled_at = snapshot.cancelled_at
    order.platform_updated_at = snapshot.updated_at
    if order.erased_at is None:
        order.keep_phone(_best_phone(snapshot, country))
        order.keep_first_name(snapshot.first_name)
    session.flush()
    return order


def _best_phone(snapshot: OrderSnapshot, country: str) -> str:
    """The first valid number, of whoever picks up before that of whoever ordered."""
    given = [unit.phone for unit in snapshot.units if unit.is_pickup] + [snapshot.phone]
    read = (valid_phone(phone, snapshot.country or country) for phone in given)
    return next((phone for phone in read if phone), "")


def valid_phone(text: str, country: str) -> str:
    """The number in E.164, or an empty text when no phone can have it."""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
