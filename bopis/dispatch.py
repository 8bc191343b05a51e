"""Outbox entries carried out: read, call, record; or put off, looked up, given up.

What may have happened is never repeated blindly. An entry that was submitted before, by a worker that died or to a
provider that timed out, is looked up first, unless repeating it does no harm.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from bopis import clock, messages
from bopis.claims import LostLease, ids_of, note, settle, settle_all, still_ours
from bopis.db import Database
from bopis.effects import Effect, Together
from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure, TemporaryFailure, Unavailable
from bopis.logs import about
from bopis.messages import Message
from bopis.outbox import OutboxWork

LAST_ATTEMPT = 12
LOOK_FOR = dt.timedelta(seconds=60)
"""How long an unknown outcome is looked up before the other side's 'no' is believed."""
_LONGEST_PAUSE = 300.0
log = logging.getLogger(__name__)
_chance = random.SystemRandom()


def by_lanes(
    database: Database, handlers: Mapping[type[Message], Effect], entries: Sequence[OutboxWork]
) -> Iterator[tuple[tuple[str, str | None], Callable[[], None]]]:
    """What is to be done for claimed entries, each in its lane: (kind, merchant), or (kind, None) for what asks nobody.

    Of what asks nobody, all of one kind is done together.
    """
    of_kind: dict[str, list[OutboxWork]] = {}
    for entry in entries:
        of_kind.setdefault(entry.kind, []).append(entry)
    for kind, several in of_kind.items():
        if isinstance(handlers[messages.KINDS[kind]], Together):
            yield (kind, None), partial(carry_out_together, database, handlers, several)
        else:
            for entry in several:
                yield (kind, entry.merchant_id), partial(_one, database, handlers, entry)


def _one(database: Database, handlers: Mapping[type[Message], Effect], entry: OutboxWork) -> None:
    if entry.lease_until and entry.lease_until <= clock.now():
        log.info("outbox %s %s waited too long for its turn", entry.kind, entry.id)
        return
    with about(**ids_of(entry)):
        carry_out(database, handlers, entry)


def carry_out_together(
    database: Database, handlers: Mapping[type[Message], Effect], entries: Sequence[OutboxWork]
) -> None:
    """`carry_out` for entries of one kind that ask nobody: read together, worked out, recorded together.

    Where that fails they are carried out one by one, so that a bad one harms no other.
    """
    try:
        _attempt_together(database, handlers, entries)
    except Exception as problem:  # noqa: BLE001
        log.warning("%d outbox entries are worked off one by one: %s", len(entries), type(problem).__name__)
        for entry in entries:
            _one(database, handlers, entry)


def _attempt_together(
    database: Database, handlers: Mapping[type[Message], Effect], entries: Sequence[OutboxWork]
) -> None:
    asked = {entry.id: messages.read(entry.kind, entry.fields) for entry in entries}
    effect: Any = handlers[type(next(iter(asked.values())))]
    with database.reading() as session:
        works = effect.read_all(session, asked)
    outcomes = {entry_id: (work, effect.call(work)) for entry_id, work in works.items()}
    with database.transaction() as session:
        ours, now = still_ours(session, entries), clock.now()
        effect.record_all(session, [outcomes[entry.id] for entry in ours if entry.id in outcomes], now)
        words = {True: "done", False: "nothing to do any more"}
        ends = [(entry, {"state": "done", "outcome": words[entry.id in outcomes], "done_at": now}) for entry in ours]
        settle_all(session, ends)


def carry_out(database: Database, handlers: Mapping[type[Message], Effect], entry: OutboxWork) -> None:
    """Carry out one claimed entry as far as it goes now. Never raises for what the world does to us."""
    message = messages.read(entry.kind, entry.fields)
    effect = handlers[type(message)]
    try:
        _attempt(database, effect, message, entry)
    except PermanentFailure as problem:
        _give_up(database, effect, message, entry, problem)
    except EffectError as problem:
        # An unknown outcome is looked up before the attempts may run out on it.
        if entry.attempts >= LAST_ATTEMPT and not isinstance(problem, OutcomeUnknown):
            _give_up(database, effect, message, entry, problem)
        else:
            _put_off(database, entry, problem)
    except (LostLease, Unavailable) as problem:
        log.warning("outbox %s %s: left to the next worker: %s", entry.kind, entry.id, type(problem).__name__)
    except Exception:
        log.exception("outbox %s %s failed by a defect", entry.kind, entry.id)
        problem = TemporaryFailure("defect", "Something went wrong on our side.")
        if entry.attempts >= LAST_ATTEMPT:
            _give_up(database, effect, message, entry, problem)
        else:
            _put_off(database, entry, problem)


def _attempt(database: Database, effect: Effect, message: Message, entry: OutboxWork) -> None:
    submitted_before = entry.submitted_at
    with database.transaction() as session:
        work = effect.read(session, message, clock.now())
        if work is None:
            settle(session, entry, state="done", outcome="nothing to do any more", done_at=clock.now())
            return
        if submitted_before is None:
            note(session, entry, submitted_at=clock.now())
    outcome: Any = None
    if submitted_before is not None and not effect.idempotent:
        outcome = effect.look_up(work, submitted_before)
        if outcome is None and clock.now() < submitted_before + LOOK_FOR:
            raise OutcomeUnknown("looking", "The other side has no record of it yet.")
        if outcome is None:
            with database.transaction() as session:
                note(session, entry, submitted_at=clock.now())
    if outcome is None:
        try:
            outcome = effect.call(work)
        except (TemporaryFailure, PermanentFailure):
            # Certainly not done, so nothing needs looking up next time.
            with database.transaction() as session:
                note(session, entry, submitted_at=None)
            raise
    with database.transaction() as session:
        effect.record(session, work, outcome, clock.now())
        settle(session, entry, state="done", outcome="done", done_at=clock.now())


def _put_off(database: Database, entry: OutboxWork, problem: EffectError) -> None:
    _end(database, entry, next_at=clock.now() + _pause(entry.attempts, problem), outcome=str(problem)[:300])
    log.info("outbox %s %s put off: %s", entry.kind, entry.id, problem.code)


def _give_up(database: Database, effect: Effect, message: Message, entry: OutboxWork, problem: EffectError) -> None:
    try:
        with database.transaction() as session:
            effect.give_up(session, message, problem, clock.now())
            settle(session, entry, state="dead", outcome=str(problem)[:300])
    except (LostLease, Unavailable):
        log.warning("outbox %s %s: left to the next worker", entry.kind, entry.id)
        return
    log.warning("outbox %s %s is a dead letter: %s", entry.kind, entry.id, problem.code)


def _end(database: Database, entry: OutboxWork, **values: object) -> None:
    try:
        with database.transaction() as session:
            settle(session, entry, **values)
    except (LostLease, Unavailable):
        log.warning("outbox %s %s: left to the next worker", entry.kind, entry.id)


def _pause(attempts: int, problem: EffectError) -> dt.timedelta:
    """Full jitter over a doubling second, at least what the other side asked for, at most five minutes."""
    longest = min(2.0 ** min(attempts, 9), _LONGEST_PAUSE)
    return dt.timedelta(seconds=max(problem.retry_after or 0.0, _chance.uniform(longest / 2, longest)))
