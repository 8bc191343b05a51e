"""Connections made, paused and healed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bopis import tasks
from bopis.errors import Conflict, Invalid
from bopis.ids import new_id
from bopis.merchants.models import Connection, Merchant
from bopis.merchants.typed_in import label
from bopis.sealing import NotSealedHere

_WHY = {
    "uninstalled": "The app was removed from {name}. Orders wait there until it is installed again.",
    "closed": "{name} was closed, and what we kept of it is being erased.",
    "refused": "{name} refuses our access. Orders wait there until the app is installed again.",
}


def install(
    session: Session, merchant_id: str, vendor: str, account_name: str, secrets: Mapping[str, str], now: dt.datetime
) -> Connection:
    """Keep an account whose owner let us in, new or once more. Raises Conflict for another merchant's."""
    connection = session.scalars(
        select(Connection).where(Connection.vendor == vendor, Connection.account_name == account_name).with_for_update()
    ).first()
    if connection is not None and connection.merchant_id != merchant_id:
        raise Conflict("connected_elsewhere", "This shop is connected to another merchant.")
    if connection is None:
        connection = Connection(
            id=new_id(),
            merchant_id=merchant_id,
            vendor=vendor,
            account_name=account_name,
            settings={},
            created_at=now,
        )
        session.add(connection)
    connection.keep_secrets(dict(secrets))
    connection.installed_at, connection.paused_at, connection.paused_because = now, None, ""
    connection.secrets_lease_until = None
    connection.watch(now)
    session.flush()
    for kind in ("reconnect", "connection_failed"):
        tasks.settle(session, kind, connection.id, actor="system", now=now)
    return connection


def type_in(
    session: Session,
    merchant: Merchant,
    vendor: str,
    account_name: str,
    secrets: Mapping[str, str],
    settings: Mapping[str, str],
    now: dt.datetime,
    *,
    is_platform: bool,
    needed: Collection[str] = (),
) -> Connection:
    """Keep an account by secrets typed in by its owner, new or in place of older ones.

    What of secrets and settings is not given stays as it was. Where the older ones cannot be opened, all that are
    `needed` have to be given. `is_platform` says that it has orders to follow. Raises Conflict, Invalid.
    """
    connection = session.scalars(
        select(Connection).where(Connection.vendor == vendor, Connection.account_name == account_name).with_for_update()
    ).first()
    if connection is not None and connection.merchant_id != merchant.id:
        raise Conflict("connected_elsewhere", "This account is connected to another merchant.")
    if connection is None:
        connection = Connection(
            id=new_id(),
            merchant_id=merchant.id,
            vendor=vendor,
            account_name=account_name,
            settings={},
            created_at=now,
        )
        connection.keep_secrets({})
        session.add(connection)
    connection.keep_secrets({**_kept(connection, secrets, needed), **secrets})
    connection.settings = {**connection.settings, **settings}
    connection.paused_at, connection.paused_because, connection.secrets_lease_until = None, "", None
    if is_platform:
        connection.watch(now)
    session.flush()
    for kind in ("reconnect", "connection_failed"):
        tasks.settle(session, kind, connection.id, actor="system", now=now)
    return connection


def _kept(connection: Connection, given: Mapping[str, str], needed: Collection[str]) -> Mapping[str, str]:
    """The secrets there are; none where they cannot be opened and are all replaced. Raises Invalid."""
    try:
        return connection.account().secrets
    except NotSealedHere:
        missing = [label(name) for name in needed if name not in given]
        if missing:
            words = f"Those kept here cannot be opened any more. Type all of them in; missing: {', '.join(missing)}."
            raise Invalid("secrets_needed", words) from None
        return {}


def note_refused(session: Session, connection_id: str, now: dt.datetime) -> None:
    """Note that something came to this connection's address that its secret did not sign."""
    session.execute(update(Connection).where(Connection.id == connection_id).values(refused_at=now))


def pause(session: Session, connection: Connection, because: str, now: dt.datetime) -> None:
    """Call this account no more until its owner lets us in again, and ask for that. `because` is a key of _WHY."""
    connection.paused_at, connection.paused_because = connection.paused_at or now, because
    session.flush()
    ask_to_reconnect(session, connection, because, now)


def ask_to_reconnect(session: Session, connection: Connection, because: str, now: dt.datetime) -> None:
    """Ask for the one thing that helps when an account lets us in no more."""
    tasks.ask(
        session,
        "reconnect",
        connection.id,
        merchant_id=connection.merchant_id,
        store_id=None,
        reason=_WHY[because].format(name=connection.account_name),
        now=now,
    )
