"""Orders taken over from the platform."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

import phonenumbers
from sqlalchemy.orm import Session

from bopis.ids import new_id
from bopis.orders.models import Order
from bopis.orders.queries import known_orders
from bopis.ports import Account, OrderSnapshot
from bopis.rows import row, send_all

# RFC 5322's dot-atom and RFC 1035's labels; quoted local parts exist in no shop.
_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])",
    re.IGNORECASE,
)
_LONGEST_ADDRESS = 254
"""RFC 5321, erratum 1690."""


@dataclass(frozen=True)
class Sender:
    """Whose order it is, through which account. `country` (ISO 3166-1) reads phone numbers when nothing better does."""

    account: Account
    merchant_id: str
    country: str = ""


def accept(session: Session, snapshots: Sequence[tuple[Sender, OrderSnapshot]], now: dt.datetime) -> list[Order | None]:
    """Make our orders agree with the platforms'; None where what we hold is newer than its snapshot.

    One snapshot an order. A number that is not valid is dropped: staff are asked to reach the shopper another way.
    Raises IntegrityError when another worker met the same new order.
    """
    keys = [(sender.account.connection_id, snapshot.order_id) for sender, snapshot in snapshots]
    known, fresh = known_orders(session, keys), []
    taken: list[Order | None] = []
    for key, (sender, snapshot) in zip(keys, snapshots, strict=True):
        order = known.get(key)
        if order is None:
            order = _new(sender, snapshot, now)
            fresh.append(order)
        elif snapshot.updated_at < order.platform_updated_at:
            taken.append(None)
            continue
        _agree(order, snapshot, sender.country)
        taken.append(order)
    session.flush()
    # In one order for all, so that two workers with the same new orders cannot wait for each other in a circle.
    fresh.sort(key=lambda order: (order.connection_id, order.platform_order_id))
    send_all(session, [row(order) for order in fresh])
    return taken


def _new(sender: Sender, snapshot: OrderSnapshot, now: dt.datetime) -> Order:
    return Order(
        id=new_id(),
        merchant_id=sender.merchant_id,
        connection_id=sender.account.connection_id,
        platform_order_id=snapshot.order_id,
        created_at=now,
        erased_at=None,
    )


def _agree(order: Order, snapshot: OrderSnapshot, country: str) -> None:
    order.name = snapshot.name
    order.locale = snapshot.locale
    order.paid = snapshot.paid
    order.cancelled_at = snapshot.cancelled_at
    order.platform_updated_at = snapshot.updated_at
    if order.erased_at is None:
        order.keep_phone(_best_phone(snapshot, country))
        order.keep_email(_best_email(snapshot))
        order.keep_first_name(snapshot.first_name)


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
