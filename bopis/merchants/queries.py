"""What others ask about connections."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis.merchants.models import Connection
from bopis.ports import Account


def account(session: Session, vendor: str, connection_id: str) -> Account | None:
    """The account behind a connection's id, if it is with this vendor."""
    connection = session.get(Connection, connection_id)
    return connection.account() if connection and connection.vendor == vendor else None


def account_of(session: Session, connection_id: str) -> Account:
    """The account behind a connection that must exist."""
    return session.get_one(Connection, connection_id).account()


def messenger_account(session: Session, merchant_id: str, vendors: frozenset[str]) -> Account | None:
    """The merchant's account with the first provider, by age, that can carry texts."""
    connection = session.scalars(
        select(Connection)
        .where(Connection.merchant_id == merchant_id, Connection.vendor.in_(vendors))
        .order_by(Connection.created_at)
        .limit(1)
    ).first()
    return connection.account() if connection else None
