"""What connections ask of the world: that the platform goes on sending us its news."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bopis import tasks
from bopis.errors import EffectError
from bopis.merchants.models import Connection
from bopis.messages import WatchSubscriptions
from bopis.ports import ACCESS_REFUSED, Account, Platform

EVERY = dt.timedelta(minutes=15)


@dataclass(frozen=True)
class _Watch:
    account: Account
    callback_url: str


class WatchSubscriptionsEffect:
    """Re-creates subscriptions that are missing; a platform deletes them when our address failed for long."""

    idempotent = True

    def __init__(self, platforms: Mapping[str, Platform], public_url: str) -> None:
        self.platforms = platforms
        self.public_url = public_url

    def read(self, session: Session, message: WatchSubscriptions, now: dt.datetime) -> _Watch | None:
        connection = session.get_one(Connection, message.connection_id)
        if connection.paused_at is not None or connection.vendor not in self.platforms:
            return None
        return _Watch(connection.account(), f"{self.public_url}/webhooks/{connection.vendor}/{connection.id}")

    def call(self, work: _Watch) -> list[str]:
        return self.platforms[work.account.vendor].ensure_subscriptions(work.account, work.callback_url)

    def look_up(self, work: _Watch, since: dt.datetime) -> None:
        return None

    def record(self, session: Session, work: _Watch, outcome: list[str], now: dt.datetime) -> None:
        connection = session.get_one(Connection, work.account.connection_id, with_for_update=True)
        before = connection.subscriptions
        lost = before["lost"] + len(outcome) if before else 0
        connection.subscriptions = {"at": now.isoformat(), "created": outcome, "lost": lost}
        if before and outcome and connection.reconcile_at is not None:
            connection.reconcile_at = now  # what happened meanwhile was told to nobody
        tasks.settle(session, "connection_failed", connection.id, actor="system", now=now)

    def give_up(self, session: Session, message: WatchSubscriptions, problem: EffectError, now: dt.datetime) -> None:
        failed(session, message.connection_id, problem, now)


def failed(session: Session, connection_id: str, problem: EffectError, now: dt.datetime) -> None:
    """Ask a person to look after a connection, unless something more helpful is asked already."""
    connection = session.get_one(Connection, connection_id)
    if problem.code not in (ACCESS_REFUSED, "paused"):
        tasks.ask(
            session,
            "connection_failed",
            connection.id,
            merchant_id=connection.merchant_id,
            store_id=None,
            reason=f"{connection.account_name} does not answer as it should: {problem.message}",
            now=now,
        )
