"""What came of deliveries written down, many in one transaction: done, put off, or buried for a person to look at.

Where something fails they are written down one by one, so that a bad one harms no other.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bopis import clock, tasks
from bopis.claims import LostLease, ids_of, settle_all, still_ours
from bopis.db import Database
from bopis.errors import EffectError, TemporaryFailure, Unavailable
from bopis.inbox import InboxWork
from bopis.logs import about
from bopis.merchants.models import Connection
from bopis.ports import SLOW_DOWN, BadDelivery
from webhooks.acting import Finding, Said, act

PAUSES = (2, 5, 15, 60, 300, 300, 900, 900, 1800, 3600, 3600, 7200)
"""Seconds until each further attempt; then it is a dead letter."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _End:
    """How a delivery ends for now: what its row says from then on."""

    entry: InboxWork
    row: Mapping[str, object]


def finish(database: Database, findings: Sequence[Finding]) -> None:
    """Act on what was found about claimed deliveries. Never raises for what the world does to us."""
    together = [finding for finding in findings if finding.news is None]
    if together:
        _finish(database, together)
    for finding in findings:  # what concerns a whole account holds more than its orders still
        if finding.news is not None:
            _finish(database, [finding])


def _finish(database: Database, findings: Sequence[Finding]) -> bool:
    """False when the database cannot be reached."""
    try:
        with database.transaction() as session:
            ends = _carry_out(session, findings, clock.now())
    except Exception as problem:  # noqa: BLE001
        return _one_by_one(database, findings, problem)
    for end in ends:
        with about(**ids_of(end.entry)):
            _log(end)
    return True


def _carry_out(session: Session, findings: Sequence[Finding], now: dt.datetime) -> list[_End]:
    ours = {entry.id for entry in still_ours(session, [entry for finding in findings for entry in finding.entries])}
    kept = [_of_those(finding, ours) for finding in findings if not isinstance(finding.said, LostLease)]
    kept = [finding for finding in kept if finding.entries]
    said = act(session, kept, now)
    ends = [_end(entry, what, now) for finding, what in zip(kept, said, strict=True) for entry in finding.entries]
    for end in ends:
        if end.row.get("state") == "dead":
            _ask_a_person(session, end.entry, now)
    settle_all(session, [(end.entry, end.row) for end in ends])
    return ends


def _of_those(finding: Finding, ours: set[str]) -> Finding:
    return replace(finding, entries=tuple(entry for entry in finding.entries if entry.id in ours))


def _one_by_one(database: Database, findings: Sequence[Finding], problem: Exception) -> bool:
    if len(findings) > 1:
        log.warning("%d deliveries are worked off one by one: %s", len(findings), type(problem).__name__)
        return all(_finish(database, [finding]) for finding in findings)
    (finding,) = findings
    with about(**ids_of(finding.entries[0])):
        if isinstance(problem, Unavailable) or isinstance(finding.said, Exception):
            log.warning("delivery left to the next worker: %s", type(problem).__name__)
            return False
        if not isinstance(problem, IntegrityError):  # which means: two workers met the same new order
            log.exception("delivery failed by a defect")
    return _finish(database, [Finding(finding.entries, said=problem)])


def _end(entry: InboxWork, said: Said, now: dt.datetime) -> _End:
    if isinstance(said, str):
        return _End(entry, {"state": "done", "outcome": said})
    if isinstance(said, BadDelivery):
        return _dead(entry, f"bad_delivery: {said}")
    if isinstance(said, EffectError) and not isinstance(said, TemporaryFailure):
        return _dead(entry, str(said))
    if isinstance(said, TemporaryFailure):
        return _later(entry, str(said), now, at_least=said.retry_after or 0.0, for_ever=said.code == SLOW_DOWN)
    met = isinstance(said, IntegrityError)
    return _later(entry, "met another worker" if met else f"defect: {type(said).__name__}", now)


def _later(entry: InboxWork, outcome: str, now: dt.datetime, *, at_least: float = 0.0, for_ever: bool = False) -> _End:
    if entry.attempts > len(PAUSES) and not for_ever:
        return _dead(entry, outcome)
    # Whoever only asks us to slow down will answer one day: that uses no patience up, and never waits for hours.
    often = min(entry.attempts, 5) if for_ever else entry.attempts
    pause = dt.timedelta(seconds=max(PAUSES[often - 1], at_least))
    return _End(entry, {"next_at": now + pause, "outcome": outcome[:300]})


def _dead(entry: InboxWork, outcome: str) -> _End:
    return _End(entry, {"state": "dead", "outcome": outcome[:300]})


def _ask_a_person(session: Session, entry: InboxWork, now: dt.datetime) -> None:
    connection = session.get_one(Connection, entry.connection_id)
    tasks.ask(
        session,
        "delivery_failed",
        entry.id,
        merchant_id=connection.merchant_id,
        store_id=None,
        reason=f"A “{entry.topic}” message from the shop could not be taken over.",
        now=now,
    )


def _log(end: _End) -> None:
    topic, entry_id, outcome = end.entry.topic, end.entry.id, end.row["outcome"]
    if end.row.get("state") == "dead":
        log.warning("delivery %s %s is a dead letter: %s", topic, entry_id, outcome)
    else:
        log.info("delivery %s %s: %s", topic, entry_id, outcome)
