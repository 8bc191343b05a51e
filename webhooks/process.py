"""Processes what was received: say which order it concerns, fetch that order as it is now, act on it.

The fetch happens outside any transaction. Acting on the order's present state, not on the delivery's words, is what
makes late, repeated and shuffled deliveries harmless.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping

from sqlalchemy.exc import IntegrityError

from bopis import clock, inbox, tasks
from bopis.claims import LostLease, settle
from bopis.db import Database
from bopis.errors import EffectError, TemporaryFailure, Unavailable
from bopis.inbox import InboxEntry
from bopis.merchants.models import Connection
from bopis.orders.actions import accept
from bopis.orders.queries import country_of
from bopis.pickups.follow import follow
from bopis.ports import BadDelivery, Delivery, Platform

PAUSES = (2, 5, 15, 60, 300, 300, 900, 900, 1800, 3600, 3600, 7200)
"""Seconds until each further attempt; then it is a dead letter."""
log = logging.getLogger(__name__)


def process(database: Database, platforms: Mapping[str, Platform], entry: InboxEntry) -> None:
    """Work on one claimed delivery as far as it goes now. Never raises for what the world does to us."""
    try:
        outcome = _act(database, platforms, entry)
        log.info("delivery %s %s: %s", entry.topic, entry.id, outcome)
    except (BadDelivery, KeyError) as problem:
        _bury(database, entry, f"bad_delivery: {problem}")
    except EffectError as problem:
        _put_off(database, entry, str(problem), permanent=not isinstance(problem, TemporaryFailure))
    except (LostLease, Unavailable) as problem:
        log.warning("delivery %s: left to the next worker: %s", entry.id, type(problem).__name__)
    except IntegrityError:
        # Two workers met the same new order; the other one has it now.
        _put_off(database, entry, "met another worker", permanent=False)
    except Exception as problem:
        log.exception("delivery %s failed by a defect", entry.id)
        _put_off(database, entry, f"defect: {type(problem).__name__}", permanent=False)


def _act(database: Database, platforms: Mapping[str, Platform], entry: InboxEntry) -> str:
    with database.reading() as session:
        connection = session.get_one(Connection, entry.connection_id)
        account, merchant_id = connection.account(), connection.merchant_id
        country = country_of(session, merchant_id)
    platform = platforms[account.vendor]
    delivery = Delivery(entry.delivery_id, entry.topic, entry.subject, entry.occurred_at)
    order_id = platform.order_of(delivery, inbox.body_of(entry))
    if order_id is None:
        return _finish(database, entry, "concerns no order")
    snapshot = platform.fetch_order(account, order_id)
    if snapshot is None:
        return _finish(database, entry, "the platform has no such order")
    with database.transaction() as session:
        now = clock.now()
        order = accept(session, merchant_id, account, snapshot, country, now)
        outcome = follow(session, order, snapshot, now) if order else "newer news is known"
        if snapshot.complete or snapshot.cancelled_at is not None:
            settle(session, entry, state="done", outcome=outcome)
    if not snapshot.complete and snapshot.cancelled_at is None:
        raise TemporaryFailure("units_missing", "The platform has not worked out yet what goes where.")
    return outcome


def _finish(database: Database, entry: InboxEntry, outcome: str) -> str:
    with database.transaction() as session:
        settle(session, entry, state="done", outcome=outcome)
    return outcome


def _put_off(database: Database, entry: InboxEntry, outcome: str, *, permanent: bool) -> None:
    if permanent or entry.attempts > len(PAUSES):
        _bury(database, entry, outcome)
        return
    pause = dt.timedelta(seconds=PAUSES[entry.attempts - 1])
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
            tasks.ask(session, "delivery_failed", entry.id, merchant_id=connection.merchant_id, store_id=None,
                      reason=f"A “{entry.topic}” message from the shop could not be taken over.", now=clock.now())
    except (LostLease, Unavailable):
        log.warning("delivery %s: left to the next worker", entry.id)
        return
    log.warning("delivery %s %s is a dead letter: %s", entry.topic, entry.id, outcome)
