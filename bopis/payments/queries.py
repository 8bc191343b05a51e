"""What others ask about payments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from bopis.merchants.models import Connection
from bopis.orders.models import Order
from bopis.payments.models import Authorisation, Capture, Refund

_WHOLE = (
    joinedload(Authorisation.connection),
    joinedload(Authorisation.checkout),
    selectinload(Authorisation.captures),
    selectinload(Authorisation.refunds),
)


@dataclass(frozen=True)
class Sums:
    """Of one currency: what is held now, and what was taken and given back since some day. Minor units."""

    currency: str
    held: int = 0
    captured: int = 0
    refunded: int = 0


def of_order(session: Session, order_id: str, *, for_update: bool = False) -> list[Authorisation]:
    """An order's payments, oldest first."""
    statement = select(Authorisation).where(Authorisation.order_id == order_id).order_by(Authorisation.id)
    if for_update:
        statement = statement.with_for_update(of=Authorisation).execution_options(populate_existing=True)
    return list(session.scalars(statement.options(*_WHOLE)))


def order_named(session: Session, found: Authorisation) -> Order | None:
    """The order a payment names, if there is exactly one."""
    shops = select(Connection.id).where(Connection.merchant_id == found.merchant_id)
    by_id = Order.connection_id.in_(shops) & (Order.platform_order_id == found.order_key)
    for where in (by_id, (Order.merchant_id == found.merchant_id) & Order.name.in_(_names(found))):
        orders = session.scalars(select(Order).where(where).limit(2)).all()
        if orders:
            return orders[0] if len(orders) == 1 else None
    return None


def waiting_for(session: Session, order: Order) -> Sequence[Authorisation]:
    """Payments that name this order and came before it."""
    keys = {order.platform_order_id, order.name, order.name.lstrip("#")}
    return session.scalars(
        select(Authorisation)
        .where(
            Authorisation.merchant_id == order.merchant_id,
            Authorisation.order_id.is_(None),
            Authorisation.order_key.in_(keys),
        )
        .order_by(Authorisation.id)
        .with_for_update()
    ).all()


def listed(session: Session, merchant_id: str, state: str, after: str, limit: int) -> list[Authorisation]:
    """A merchant's payments, newest first; `state` may be `all`, `after` the id that the page before ended with."""
    statement = select(Authorisation).where(Authorisation.merchant_id == merchant_id)
    if state != "all":
        statement = statement.where(Authorisation.state == state)
    if after:
        statement = statement.where(Authorisation.id < after)
    statement = statement.order_by(Authorisation.id.desc()).limit(limit)
    return list(session.scalars(statement.options(*_WHOLE, joinedload(Authorisation.order))))


def one(session: Session, merchant_id: str, authorisation_id: str) -> Authorisation | None:
    """A payment of this merchant."""
    return session.scalars(
        select(Authorisation)
        .where(Authorisation.id == authorisation_id, Authorisation.merchant_id == merchant_id)
        .options(*_WHOLE, joinedload(Authorisation.order))
    ).first()


def sums(session: Session, merchant_id: str, since: dt.datetime) -> list[Sums]:
    """What is held now, taken and given back since, by currency."""
    mine = Authorisation.merchant_id == merchant_id
    held = select(Authorisation.currency, func.sum(Authorisation.authorised)).where(
        mine, Authorisation.state == "authorised"
    )
    found: dict[str, dict[str, int]] = {}
    for currency, amount in session.execute(held.group_by(Authorisation.currency)):
        found.setdefault(currency, {})["held"] = int(amount)
    for name, table in (("captured", Capture), ("refunded", Refund)):
        moved = (
            select(Authorisation.currency, func.sum(table.amount))
            .join(Authorisation, Authorisation.id == table.authorisation_id)
            .where(table.merchant_id == merchant_id, table.done_at >= since, table.state.in_(("done", "pending")))
            .group_by(Authorisation.currency)
        )
        for currency, amount in session.execute(moved):
            found.setdefault(currency, {})[name] = int(amount)
    return [Sums(currency, **amounts) for currency, amounts in sorted(found.items())]


def connections(session: Session, merchant_id: str, vendors: Sequence[str]) -> list[Connection]:
    """A merchant's accounts with those who hold money."""
    statement = select(Connection).where(Connection.merchant_id == merchant_id, Connection.vendor.in_(vendors))
    return list(session.scalars(statement.order_by(Connection.created_at)))


def due_for_a_look(session: Session, now: dt.datetime) -> str | None:
    """A payment that should be looked at by now."""
    due = select(Authorisation.id).where(Authorisation.look_at.is_not(None), Authorisation.look_at <= now)
    return session.scalars(due.order_by(Authorisation.look_at).limit(1)).first()


def _names(found: Authorisation) -> set[str]:
    name = found.order_name or found.order_key
    return {name, f"#{name.lstrip('#')}"}
