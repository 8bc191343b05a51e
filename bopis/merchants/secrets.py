"""Secrets that expire, renewed by one worker at a time before they do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import or_, update

from bopis import clock
from bopis.db import Database
from bopis.errors import EffectError, PermanentFailure, TemporaryFailure
from bopis.merchants.actions import ask_to_reconnect
from bopis.merchants.models import Connection
from bopis.ports import ACCESS_REFUSED, Account, Installer

RENEW_BEFORE = dt.timedelta(minutes=5)
LEASE = dt.timedelta(seconds=30)


class Keeper:
    """Gives accounts whose secrets are good now. Nothing here is called within a transaction."""

    def __init__(self, database: Database, installers: Mapping[str, Installer]) -> None:
        self._database = database
        self._installers = installers

    def fresh(self, account: Account) -> Account:
        """The account as it is kept now, its secrets renewed if they are about to expire.

        Raises PermanentFailure while it is paused, TemporaryFailure while another worker renews.
        """
        now = clock.now()
        with self._database.reading() as session:
            connection = session.get(Connection, account.connection_id)
            if connection is None or connection.paused_at is not None:
                raise PermanentFailure("paused", "The shop is not connected at the moment.")
            kept = connection.account()
        installer = self._installers.get(kept.vendor)
        if installer is None or not _expires_by(kept, now + RENEW_BEFORE):
            return kept
        try:
            return self._renewed(kept, installer, now)
        except TemporaryFailure:
            if _expires_by(kept, now):
                raise
            return kept  # good for some minutes yet; the next call tries again

    def refused(self, account: Account) -> None:
        """Ask a person to connect an account again that lets us in no more."""
        with self._database.transaction() as session:
            connection = session.get_one(Connection, account.connection_id)
            ask_to_reconnect(session, connection, "refused", clock.now())

    def _renewed(self, account: Account, installer: Installer, now: dt.datetime) -> Account:
        kept = self._claim(account, now)
        if not _expires_by(kept, now + RENEW_BEFORE):
            self._release(kept)  # somebody renewed them between our look and our claim
            return kept
        try:
            renewed = installer.refresh(kept, now)
        except EffectError as problem:
            self._release(kept)
            if isinstance(problem, PermanentFailure) and problem.code == ACCESS_REFUSED:
                self.refused(kept)
            raise
        with self._database.transaction() as session:
            connection = session.get_one(Connection, kept.connection_id, with_for_update=True)
            connection.keep_secrets({**kept.secrets, **renewed})
            connection.secrets_lease_until = None
            return connection.account()

    def _claim(self, account: Account, now: dt.datetime) -> Account:
        free = or_(Connection.secrets_lease_until.is_(None), Connection.secrets_lease_until <= now)
        claim = (
            update(Connection)
            .where(Connection.id == account.connection_id, free)
            .values(secrets_lease_until=now + LEASE)
            .execution_options(synchronize_session=False)
        )
        with self._database.transaction() as session:
            if session.execute(claim).rowcount != 1:  # type: ignore[attr-defined]
                raise TemporaryFailure("renewing", "Our access is being renewed.", 2.0)
            return session.get_one(Connection, account.connection_id).account()

    def _release(self, account: Account) -> None:
        with self._database.transaction() as session:
            session.get_one(Connection, account.connection_id).secrets_lease_until = None


def _expires_by(account: Account, moment: dt.datetime) -> bool:
    written = account.secrets.get("access_expires_at")
    return bool(written) and dt.datetime.fromisoformat(str(written)) <= moment
