"""Payments that nobody told us of, found by asking the provider what was paid since the last look."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis.errors import EffectError, TemporaryFailure
from bopis.merchants.effects import failed
from bopis.merchants.models import Connection
from bopis.messages import FindPayments
from bopis.payments import news
from bopis.payments.models import Authorisation
from bopis.ports import Account, Payments

EVERY = dt.timedelta(minutes=15)
FIRST = dt.timedelta(days=8)
"""So far back goes the first look: nothing that was authorised earlier can still be taken."""
OVERLAP = dt.timedelta(hours=1)
"""How much is asked for twice: a payment is listed by when it was begun, and may be authorised later."""
SHORTEST = dt.timedelta(minutes=1)
AT_ONCE = 1000
"""Payments of one look, so that it ends before its lease does. A time with more of them is asked for in parts."""


@dataclass(frozen=True)
class _Look:
    account: Account
    since: dt.datetime
    until: dt.datetime


@dataclass(frozen=True)
class _Found:
    references: tuple[str, ...]
    until: dt.datetime


class FindPaymentsEffect:
    """Asks for what names an order, and has a look taken at what the ledger does not know."""

    idempotent = True

    def __init__(self, payments: Mapping[str, Payments]) -> None:
        self.payments = payments

    def read(self, session: Session, message: FindPayments, now: dt.datetime) -> _Look | None:
        connection = session.get_one(Connection, message.connection_id)
        if connection.paused_at is not None:
            return None
        # A mark from the future was written by a clock that has been put back since.
        since = min(connection.payments_until or now - FIRST, now - OVERLAP)
        return _Look(connection.account(), since, now)

    def call(self, work: _Look) -> _Found:
        length = work.until - work.since
        while True:
            found = self.payments[work.account.vendor].made_between(
                work.account, work.since, work.since + length, AT_ONCE
            )
            if found is not None:
                return _Found(found, work.since + length)
            if length <= SHORTEST:
                raise TemporaryFailure("too_many", "more was paid in a minute than we can look through")
            length /= 2

    def look_up(self, work: _Look, since: dt.datetime) -> None:
        return None

    def record(self, session: Session, work: _Look, outcome: _Found, now: dt.datetime) -> None:
        connection = session.get_one(Connection, work.account.connection_id, with_for_update=True)
        mine = (Authorisation.connection_id == connection.id, Authorisation.reference.in_(outcome.references))
        known = set(session.scalars(select(Authorisation.reference).where(*mine)))
        for reference in outcome.references:
            if reference not in known:
                news.look(session, connection.id, reference, f"found@{outcome.until.isoformat()}", now)
        if outcome.until < work.until:
            connection.payments_until, connection.payments_at = outcome.until, now  # the rest follows at once
        else:
            connection.payments_until = outcome.until - OVERLAP

    def give_up(self, session: Session, message: FindPayments, problem: EffectError, now: dt.datetime) -> None:
        failed(session, message.connection_id, problem, now)
