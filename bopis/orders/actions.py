"""Orders taken over from the platform."""

from __future__ import annotations

import datetime as dt
import re

import phonenumbers
from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis.ids import new_id
from bopis.orders.models import Order
from bopis.ports import Account, OrderSnapshot

# RFC 5322's dot-atom and RFC 1035's labels; quoted local parts exist in no shop.
_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])",
    re.IGNORECASE,
)
_LONGEST_ADDRESS = 254
"""RFC 5321, erratum 1690."""


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
        order.keep_email(_best_email(snapshot))
        order.keep_first_name(snapshot.first_name)
    session.flush()
    return order


def _best_phone(snapshot: OrderSnapshot, country: str) -> str:
    """The first valid number, of whoever picks up before that of whoever ordered."""
    given = [unit.phone for unit in snapshot.units if unit.is_pickup] + [snapshot.phone]
    read = (valid_phone(phone, snapshot.country or country) for phone in given)
    return next((phone for phone in read if phone), "")


def _best_email(snapshot: OrderSnapshot) -> str:
    """The first address we can write to, of whoever picks up before that of whoever ordered."""
    given = [unit.email for unit in snapshot.units if unit.is_pickup] + list(snapshot.emails)
    read = (valid_email(address) for address in given)
    return next((address for address in read if address), "")


def valid_email(text: str) -> str:
    """The address as mail servers take it, or an empty text when none would.

    Letters outside ASCII before the @ need a server that knows RFC 6531 all the way, so they are not relied upon; a
    domain's are written as IDNA does.
    """
    local, _, domain = text.strip().rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode().lower()}"
    except UnicodeError:
        return ""
    return address if len(address) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(address) else ""


def valid_phone(text: str, country: str) -> str:
    """The number in E.164, or an empty text when no phone can have it."""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
