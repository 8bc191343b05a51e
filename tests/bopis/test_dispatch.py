"""One outbox entry at a time: whatever the world does, asked once, or looked up before it is asked again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bopis import clock, outbox
from bopis.bell import SilentBell
from bopis.claims import LEASE, claim
from bopis.db import Database
from bopis.dispatch import LAST_ATTEMPT, LOOK_FOR, carry_out
from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.messages import TellShopper
from bopis.outbox import OutboxEntry

MESSAGE = TellShopper("p1", "ready", 1)


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


@dataclass
class World:
    """The other side's own ledger: what really happened there, whatever we were told."""

    happened: int = 0
    answers: list[Callable[[], None]] = field(default_factory=list)
    recorded: int = 0
    given_up: list[str] = field(default_factory=list)
    looked: int = 0
    idempotent: bool = False

    def read(self, session: Session, message: Any, now: dt.datetime) -> str:
        return "work"

    def call(self, work: str) -> str:
        if self.answers:
            self.answers.pop(0)()
        self.happened += 1
        return "receipt"

    def look_up(self, work: str, since: dt.datetime) -> str | None:
        self.looked += 1
        return "receipt" if self.happened else None

    def record(self, session: Session, work: str, outcome: str, now: dt.datetime) -> None:
        self.recorded += 1

    def give_up(self, session: Session, message: Any, problem: EffectError, now: dt.datetime) -> None:
        self.given_up.append(problem.code)

    def refuses(self, problem: BaseException) -> None:
        """Its next answer: it did not happen."""
        self.answers.append(lambda: _raise(problem))

    def happens_and_then(self, problem: BaseException) -> None:
        """Its next answer: it did happen, and then we hear this."""

        def answer() -> None:
            self.happened += 1
            raise problem

        self.answers.append(answer)


def _raise(problem: BaseException) -> None:
    raise problem


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, SilentBell())
    with database.transaction() as session:
        outbox.put(session, MESSAGE, clock.now(), merchant_id="merchant")
    yield database
    database.close()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.timedelta], None]:
    """Let time pass."""
    passed = dt.timedelta()
    real = clock.now

    def pass_time(more: dt.timedelta) -> None:
        nonlocal passed
        passed += more

    monkeypatch.setattr(clock, "now", lambda: real() + passed)
    return pass_time


def work_once(database: Database, world: World) -> int:
    with database.transaction() as session:
        claimed = claim(session, OutboxEntry, 10, clock.now())
    for entry in claimed:
        carry_out(database, {TellShopper: world}, entry)
    return len(claimed)


def row(database: Database) -> OutboxEntry:
    with database.reading() as session:
        return session.query(OutboxEntry).one()


def test_a_message_is_carried_out_once_and_done(database: Database) -> None:
    world = World()
    assert work_once(database, world) == 1
    assert work_once(database, world) == 0
    assert (world.happened, world.recorded, row(database).state) == (1, 1, "done")


def test_the_same_message_asked_for_twice_is_one_entry(database: Database) -> None:
    with database.transaction() as session:
        outbox.put(session, MESSAGE, clock.now(), merchant_id="merchant")
    row(database)


def test_what_was_not_done_is_tried_again_later(database: Database, later: Callable[[dt.timedelta], None]) -> None:
    world = World()
    world.refuses(TemporaryFailure("busy", "Busy."))
    work_once(database, world)
    assert work_once(database, world) == 0
    later(dt.timedelta(seconds=5))
    work_once(database, world)
    assert (world.happened, world.looked, row(database).state) == (1, 0, "done")


def test_the_other_sides_wish_for_patience_is_granted(database: Database) -> None:
    world = World()
    world.refuses(TemporaryFailure("throttled", "Slow down.", retry_after=120))
    work_once(database, world)
    assert row(database).next_at > clock.now() + dt.timedelta(seconds=100)


def test_what_cannot_be_done_becomes_a_dead_letter_and_a_task(database: Database) -> None:
    world = World()
    world.refuses(PermanentFailure("opted_out", "They opted out."))
    work_once(database, world)
    assert (world.happened, world.given_up, row(database).state) == (0, ["opted_out"], "dead")


def test_after_the_last_attempt_it_is_given_up(database: Database, later: Callable[[dt.timedelta], None]) -> None:
    world = World()
    for _ in range(LAST_ATTEMPT):
        world.refuses(TemporaryFailure("busy", "Busy."))
        work_once(database, world)
        later(dt.timedelta(minutes=10))
    assert (world.given_up, row(database).state, row(database).attempts) == (["busy"], "dead", LAST_ATTEMPT)


def test_a_time_out_that_had_happened_is_found_and_not_repeated(
    database: Database, later: Callable[[dt.timedelta], None]
) -> None:
    world = World()
    world.happens_and_then(OutcomeUnknown("timed_out", "No answer."))
    work_once(database, world)
    later(dt.timedelta(seconds=5))
    work_once(database, world)
    assert (world.happened, world.looked, world.recorded, row(database).state) == (1, 1, 1, "done")


def test_a_time_out_that_had_not_happened_is_repeated_only_when_the_other_side_has_long_had_no_record(
    database: Database, later: Callable[[dt.timedelta], None]
) -> None:
    world = World()
    world.refuses(OutcomeUnknown("timed_out", "No answer."))
    work_once(database, world)
    later(dt.timedelta(seconds=5))
    work_once(database, world)
    assert (world.happened, world.looked, row(database).state) == (0, 1, "waiting")
    later(LOOK_FOR)
    work_once(database, world)
    assert (world.happened, world.looked, row(database).state) == (1, 2, "done")


@pytest.mark.parametrize("had_happened", [True, False])
def test_what_a_killed_worker_may_have_done_is_looked_up_by_the_next(
    database: Database, later: Callable[[dt.timedelta], None], had_happened: bool
) -> None:
    world = World()
    (world.happens_and_then if had_happened else world.refuses)(Killed())
    with pytest.raises(Killed):
        work_once(database, world)
    assert work_once(database, world) == 0, "its lease still holds"
    later(LEASE + dt.timedelta(seconds=1))
    work_once(database, world)
    assert (world.happened, world.looked, row(database).state) == (1, 1, "done")


def test_an_idempotent_effect_is_repeated_without_looking(
    database: Database, later: Callable[[dt.timedelta], None]
) -> None:
    world = World(idempotent=True)
    world.refuses(OutcomeUnknown("timed_out", "No answer."))
    work_once(database, world)
    later(dt.timedelta(seconds=5))
    work_once(database, world)
    assert (world.happened, world.looked, row(database).state) == (1, 0, "done")


def test_a_worker_whose_lease_lapsed_records_nothing(database: Database, later: Callable[[dt.timedelta], None]) -> None:
    slow, quick = World(), World()
    with database.transaction() as session:
        held = claim(session, OutboxEntry, 10, clock.now())
    later(LEASE + dt.timedelta(seconds=1))
    work_once(database, quick)
    carry_out(database, {TellShopper: slow}, held[0])
    assert (quick.recorded, slow.recorded, slow.happened) == (1, 0, 0)


def test_a_defect_of_ours_loses_nothing(database: Database, later: Callable[[dt.timedelta], None]) -> None:
    world = World(idempotent=True)
    world.refuses(ZeroDivisionError())
    work_once(database, world)
    later(dt.timedelta(seconds=5))
    work_once(database, world)
    assert (world.happened, row(database).state) == (1, "done")
