"""What others ask about connections."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bopis.among import among
from bopis.merchants.models import Connection, open_secrets
from bopis.ports import Account
from bopis.prepared import Prepared


def account(session: Session, vendor: str, connection_id: str) -> Account | None:
    """The account behind a connection's id, if it is with this vendor."""
    # Past the object mapper: every delivery asks.
    found = session.connection().execute(_ACCOUNT, {"of": connection_id}).first()
    if found is None or found.vendor != vendor:
        return None
    secrets = open_secrets(connection_id, found.secrets_sealed)
    return Account(connection_id, vendor, found.account_name, secrets, found.settings)


class Known(NamedTuple):
    """A connection as those see it who work its deliveries off."""

    merchant_id: str
    account: Account
    last_delivery: dict[str, Any] | None


def known(session: Session, connection_ids: Iterable[str]) -> list[Known]:
    """The connections with these ids."""

    def opened(of: str, owner: str, vendor: str, name: str, secrets: bytes, settings: Any, last: Any) -> Known:
        return Known(owner, Account(of, vendor, name, open_secrets(of, secrets), settings), last)

    return _KNOWN.read(session, opened, these=connection_ids)


_KNOWN = Prepared(
    select(
        Connection.id,
        Connection.merchant_id,
        Connection.vendor,
        Connection.account_name,
        Connection.secrets_sealed,
        Connection.settings,
        Connection.last_delivery,
    ).where(among(Connection.id, "these"))
)
_ACCOUNT = select(Connection.vendor, Connection.account_name, Connection.secrets_sealed, Connection.settings).where(
    Connection.id == bindparam("of")
)


def account_named(session: Session, vendor: str, name: str) -> Account | None:
    """The account by its own name at the vendor."""
    found = session.scalars(select(Connection).where(Connection.vendor == vendor, Connection.account_name == name))
    connection = found.first()
    return connection.account() if connection else None


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
