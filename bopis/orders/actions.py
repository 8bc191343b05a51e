"""Orders taken over from the platform."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import phonenumbers
from sqlalchemy.orm import Session

from bopis import outbox
from bopis.ids import new_id
from bopis.messages import FollowMoney
from bopis.orders.models import Order, personal
from bopis.orders.queries import known_orders
from bopis.ports import Account, OrderSnapshot
from bopis.prepared import Write
from bopis.rows import Insert, send_all

# RFC 5322's dot-atom and RFC 1035's labels; quoted local parts exist in no shop.
_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])",
    re.IGNORECASE,
)
PAY_HERE = "pay_here"
"""The setting of a shop's connection that lets its unpaid orders be loaded: the connection that takes the money."""
_LONGEST_ADDRESS = 254
"""RFC 5321, erratum 1690."""


@dataclass(frozen=True)
class Sender:
    """Whose order it is, through which account. `country` (ISO 3166-1) reads phone numbers when nothing better does."""

    account: Account
    merchant_id: str
    country: str = ""


@dataclass(frozen=True)
class TakenOver:
    """An order that agrees with its platform now. `is_new` for one that this transaction made."""

    id: str
    merchant_id: str
    connection_id: str
    name: str
    is_new: bool
    secured: bool = False
    """A payment that we look after covers it."""
    pays_here: bool = False
    """It may be loaded unpaid."""


def accept(
    session: Session, snapshots: Sequence[tuple[Sender, OrderSnapshot]], now: dt.datetime
) -> list[TakenOver | None]:
    """Make our orders agree with the platforms'; None where what we hold is newer than its snapshot.

    One snapshot an order. A number that is not valid is dropped: staff are asked to reach the shopper another way.
    Raises IntegrityError when another worker met the same new order.
    """
    keys = [(sender.account.connection_id, snapshot.order_id) for sender, snapshot in snapshots]
    known = known_orders(session, keys)
    taken: list[TakenOver | None] = []
    fresh: list[tuple[tuple[str, str], Write]] = []
    moved: list[Write] = []
    for key, (sender, snapshot) in zip(keys, snapshots, strict=True):
        order = known.get(key)
        if order is not None and snapshot.updated_at < order.platform_updated_at:
            taken.append(None)
            continue
        order_id = order.id if order else new_id()
        # Decided once: an order whose payment was taken back later is none to be paid here.
        pays_here = order.pays_here if order else may_pay_here(sender.account.settings, snapshot)
        told = _told(order_id, snapshot, sender.country, is_erased=order is not None and order.erased_at is not None)
        if _moves_money(order, told):
            message = FollowMoney(order_id, f"{snapshot.updated_at.isoformat()} {now.isoformat()}")
            moved.append(outbox.entry(session, message, now, merchant_id=sender.merchant_id))
        if order is None:
            told |= {"platform_order_id": key[1], "created_at": now}
            fresh.append((key, _new(order_id, sender, told, pays_here=pays_here)))
        else:
            _agree(order, told)
        taken.append(
            TakenOver(
                order_id,
                sender.merchant_id,
                key[0],
                snapshot.name,
                is_new=order is None,
                secured=order.secured if order else False,
                pays_here=pays_here,
            )
        )
    session.flush()
    # In one order for all, so that two workers with the same new orders cannot wait for each other in a circle.
    send_all(session, [write for _, write in sorted(fresh, key=lambda each: each[0])] + moved)
    return taken


def may_pay_here(settings: Mapping[str, str], snapshot: OrderSnapshot) -> bool:
    """Whether an order of a connection with these settings is paid on our page, before its door opens."""
    costs = snapshot.total is not None and snapshot.total.amount > 0
    return costs and snapshot.to_pay and not snapshot.paid and bool(settings.get(PAY_HERE))


def _moves_money(order: Order | None, told: dict[str, Any]) -> bool:
    """Whether a payment that we look after may have something to do: never for what is paid on the platform."""
    if order is None:
        return not told["paid"]
    changed = any(getattr(order, name) != told[name] for name in ("paid", "cancelled_at", "total"))
    return changed and (order.secured or order.pays_here or not told["paid"])


def _new(order_id: str, sender: Sender, told: dict[str, Any], *, pays_here: bool) -> Write:
    # Whatever the platform says later.
    mine = {"secured": False, "pays_here": pays_here, "paid_at_counter_at": None}
    ids = {"id": order_id, "merchant_id": sender.merchant_id, "connection_id": sender.account.connection_id}
    return Write(_WRITE, told | mine | ids)


_WRITE = Insert(Order.__table__)  # type: ignore[arg-type]


def _agree(order: Order, told: dict[str, Any]) -> None:
    for column, value in told.items():
        setattr(order, column, value)


def _told(order_id: str, snapshot: OrderSnapshot, country: str, *, is_erased: bool) -> dict[str, Any]:
    """The columns that the platform's word decides."""
    told: dict[str, Any] = {
        "name": snapshot.name,
        "locale": snapshot.locale,
        "paid": snapshot.paid,
        "cancelled_at": snapshot.cancelled_at,
        "platform_updated_at": snapshot.updated_at,
        "total": snapshot.total.amount if snapshot.total else None,
        "currency": snapshot.total.currency if snapshot.total else "",
    }
    if is_erased:
        return told
    phone, email = _best_phone(snapshot, country), _best_email(snapshot)
    return told | personal(order_id, phone=phone, email=email, first_name=snapshot.first_name)


def _best_phone(snapshot: OrderSnapshot, country: str) -> str:
    """The first valid number, of whoever picks up before that of whoever ordered."""
    given = [unit.phone for unit in snapshot.units if unit.is_pickup] + [snapshot.phone]
    read = (valid_phone(phone, snapshot.country or country) for phone in given if phone)
    return next((phone for phone in read if phone), "")


def _best_email(snapshot: OrderSnapshot) -> str:
    """The first address we can write to, of whoever picks up before that of whoever ordered."""
    given = [unit.email for unit in snapshot.units if unit.is_pickup] + list(snapshot.emails)
    read = (valid_email(address) for address in given if address)
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
