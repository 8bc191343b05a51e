"""How endpoints answer: noted, waited for longer each time, and turned off when it goes on for days."""

from __future__ import annotations

import datetime as dt
import logging
import random

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from bopis import clock
from bopis.bell import WorkToDo
from bopis.db import Database, ring_after_commit
from bopis.errors import EffectError, PermanentFailure, TemporaryFailure, Unavailable
from bopis.hooks import actions
from bopis.hooks.models import HookEndpoint
from bopis.hooks.queries import its
from bopis.outbox import OutboxEntry
from bopis.ports import GONE, HookCall, HookSender

PAUSES = (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, 86_400)
"""Seconds until each further attempt, four days in all; then it is a dead letter."""
OFF_AFTER = dt.timedelta(days=5)
"""How long an endpoint may fail, without one message taken, until it is turned off."""
_OFTEN_ENOUGH = dt.timedelta(minutes=1)
log = logging.getLogger(__name__)
_chance = random.SystemRandom()


class CarefulSender:
    """A `ports.HookSender` around another that notes failures, between transactions as every call is."""

    def __init__(self, sender: HookSender, database: Database) -> None:
        self._sender, self._database = sender, database

    def check(self, url: str) -> str:
        """`HookSender.check`."""
        return self._sender.check(url)

    def send(self, call: HookCall) -> None:
        """Send it; what fails is put off for as long as PAUSES says. Raises the effect errors."""
        try:
            self._sender.send(call)
        except EffectError as problem:
            self._note(call.endpoint_id, problem)
            if isinstance(problem, PermanentFailure):
                raise
            pause = PAUSES[min(call.attempts, len(PAUSES)) - 1] if call.attempts else PAUSES[0]
            wait = max(problem.retry_after or 0.0, _chance.uniform(pause * 0.8, pause * 1.2))
            raise TemporaryFailure(problem.code, problem.message, wait) from None

    def _note(self, endpoint_id: str, problem: EffectError) -> None:
        now = clock.now()
        try:
            with self._database.transaction() as session:
                endpoint = session.get(HookEndpoint, endpoint_id, with_for_update=True)
                if endpoint is not None:
                    note_failure(session, endpoint, problem, now)
        except Unavailable:
            log.warning("the failure of endpoint %s is not noted", endpoint_id)


def note_failure(session: Session, endpoint: HookEndpoint, problem: EffectError, now: dt.datetime) -> None:
    """Remember that and how it failed, and turn it off when it is gone or has failed for days."""
    endpoint.failing_since, endpoint.failure = endpoint.failing_since or now, problem.message[:300]
    session.flush()
    if endpoint.off_at is None and problem.code == GONE:
        actions.turn_off(session, endpoint, "gone", now)
    elif endpoint.off_at is None and endpoint.failing_since + OFF_AFTER <= now:
        actions.turn_off(session, endpoint, "failing", now)


def note_answer(session: Session, endpoint_id: str, now: dt.datetime) -> None:
    """Remember that it answers, at most once a minute; if it had failed, let it have at once what waits for it."""
    endpoint = session.get(HookEndpoint, endpoint_id)
    if endpoint is None:
        return
    was_failing = endpoint.failing_since is not None
    stale = or_(HookEndpoint.answered_at.is_(None), HookEndpoint.answered_at <= now - _OFTEN_ENOUGH)
    news = update(HookEndpoint).where(
        HookEndpoint.id == endpoint_id, or_(stale, HookEndpoint.failing_since.is_not(None))
    )
    session.execute(news.values(answered_at=now, failing_since=None, failure=""))
    if was_failing:
        waiting = update(OutboxEntry).where(*its(endpoint, "waiting"), OutboxEntry.next_at > now)
        free = waiting.where(or_(OutboxEntry.lease_until.is_(None), OutboxEntry.lease_until <= now))
        session.execute(free.values(next_at=now).execution_options(synchronize_session=False))
        ring_after_commit(session, WorkToDo())
