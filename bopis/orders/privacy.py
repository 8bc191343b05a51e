"""A shopper's rights over an order: what is personal is erased, at once or as soon as the order is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from bopis.inbox import InboxEntry
from bopis.orders.models import Order, personal


def orders(session: Session, connection_id: str, order_ids: Collection[str] | None) -> list[Order]:
    """Our orders behind a platform's ids; all of the connection for None."""
    return list(session.scalars(select(Order).where(_of(connection_id, order_ids)).order_by(Order.created_at)))


def ask_erasure(session: Session, connection_id: str, order_ids: Collection[str] | None, now: dt.datetime) -> int:
    """Let these orders be erased as soon as they are over (a sweep does it); returns how many."""
    statement = (
        update(Order)
        .where(_of(connection_id, order_ids), Order.erased_at.is_(None))
        .values(erasure_asked_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def erase_bodies(session: Session, connection_id: str, order_ids: Collection[str] | None, except_id: str = "") -> None:
    """Forget the raw deliveries about these orders; what is still to be worked on needs no more than its subject."""
    about = True if order_ids is None else InboxEntry.subject.in_(order_ids)
    session.execute(
        update(InboxEntry)
        .where(
            InboxEntry.connection_id == connection_id,
            about,
            InboxEntry.id != except_id,  # type: ignore[arg-type]
            InboxEntry.state != "waiting",
        )
        .values(body_sealed=None)
        .execution_options(synchronize_session=False)
    )


def erase(session: Session, order: Order, now: dt.datetime) -> None:
    """Forget who it was for. What was bought, when and where it lay stays: that is nobody's name or number."""
    for column, nothing in personal(order.id).items():
        setattr(order, column, nothing)
    order.erased_at = now
    erase_bodies(session, order.connection_id, [order.platform_order_id])
    session.flush()


def _of(connection_id: str, order_ids: Collection[str] | None) -> ColumnElement[bool]:
    ours = Order.connection_id == connection_id
    return ours if order_ids is None else ours & Order.platform_order_id.in_(order_ids)
