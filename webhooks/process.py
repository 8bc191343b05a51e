"""Processes what was received: acted on, put off, or buried for a person to look at."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping

from sqlalchemy.exc import IntegrityError

from bopis import clock, tasks
from bopis.claims import LostLease, settle
from bopis.db import Database
from bopis.errors import EffectError, TemporaryFailure, Unavailable
from bopis.inbox import InboxEntry
from bopis.merchants.models import Connection
from bopis.ports import SLOW_DOWN, BadDelivery, Platform
from webhooks.acting import act

PAUSES = (2, 5, 15, 60, 300, 300, 900, 900, 1800, 3600, 3600, 7200)
"""Seconds until each further attempt; then it is a dead letter."""
log = logging.getLogger(__name__)


def process(database: Database, platforms: Mapping[str, Platform], entry: InboxEntry) -> None:
    """Work on one claimed delivery as far as it goes now. Never raises for what the world does to us."""
    try:
        outcome = act(database, platforms, entry)
        log.info("delivery %s %s: %s", entry.topic, entry.id, outcome)
    except (BadDelivery, KeyError) as problem:
        _bury(database, entry, f"bad_delivery: {problem}")
    except EffectError as problem:
        if isinstance(problem, TemporaryFailure):
            patient = problem.code == SLOW_DOWN
            _put_off(database, entry, str(problem), at_least=problem.retry_after or 0.0, for_ever=patient)
        else:
            _bury(database, entry, str(problem))
    except (LostLease, Unavailable) as problem:
        log.warning("delivery %s: left to the next worker: %s", entry.id, type(problem).__name__)
    except IntegrityError:
        # Two workers met the same new order; the other one has it now.
        _put_off(database, entry, "met another worker")
    except Exception as problem:
        log.exception("delivery %s failed by a defect", entry.id)
        _put_off(database, entry, f"defect: {type(problem).__name__}")


def _put_off(
    database: Database, entry: InboxEntry, outcome: str, *, at_least: float = 0.0, for_ever: bool = False
) -> None:
    if entry.attempts > len(PAUSES) and not for_ever:
        _bury(database, entry, outcome)
        return
    # Whoever only asks us to slow down will answer one day: that uses no patience up, and never waits for hours.
    often = min(entry.attempts, 5) if for_ever else entry.attempts
    pause = dt.timedelta(seconds=max(PAUSES[often - 1], at_least))
    try:
        with database.transaction() as session:
            settle(session, entry, next_at=clock.now() + pause, outcome=outcome[:300])
    except (LostLease, Unavailable):
        log.warning("delivery %s: left to the next worker", entry.id)


def _bury(database: Database, entry: InboxEntry, outcome: str) -> None:
    try:
        with database.transaction() as session:
            settle(session, entry, state="dead", outcome=outcome[:300])
            connection = session.get_one(Connection, entry.connection_id)
            tasks.ask(
                session,
                "delivery_failed",
                entry.id,
                merchant_id=connection.merchant_id,
                store_id=None,
                reason=f"A “{entry.topic}” message from the shop could not be taken over.",
                now=clock.now(),
            )
    except (LostLease, Unavailable):
        log.warning("delivery %s: left to the next worker", entry.id)
        return
    log.warning("delivery %s %s is a dead letter: %s", entry.topic, entry.id, outcome)
