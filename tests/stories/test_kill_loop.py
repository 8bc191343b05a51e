"""kill -9 of each process at each step of an order's way: the same end, one text, and each opening authorised once."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.stories.conftest import PROCESSES, Copy
from tests.stories.patient import STEPS, At, PatientJourney

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("stories")]

SAMPLE = {
    "ordered": "web",
    "reserved": "bridges",
    "present": "valkey",
    "asked": "bridge",
    "open": "worker",
    "shut": "bridges",
    "ready": "relay",
    "typed": "bridge",
    "pulsed": "web",
    "collected": "valkey",
    "told": "worker",
}
"""A way on which something is killed at nearly every step, and everything once at least."""


def walk(copy: Copy, at: At, prepare: Callable[[PatientJourney], None] = lambda journey: None) -> None:
    """One order past whatever `at` does to it."""
    journey = copy.patient_journey()
    prepare(journey)
    order = journey.whole_way_past(at)
    assert len(journey.texts(order)) == 1
    copy.assert_nothing_is_wrong()


def answer_late(journey: PatientJourney) -> None:
    """The next text is taken, and the answer that says so takes a while."""
    journey.behave("phone", lost_after=1, hang=3.0)


def test_an_order_outlives_kills_at_every_step(copy: Copy) -> None:
    walk(copy, lambda step: copy.kill(SAMPLE[step]) if step in SAMPLE else None)


@pytest.mark.slow
@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("step", STEPS)
def test_any_process_may_die_at_any_step(copy: Copy, step: str, process: str) -> None:
    walk(
        copy,
        lambda now: copy.kill(process) if now == step else None,
        answer_late if step == "texting" else lambda journey: None,
    )


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_redis_may_be_emptied_at_any_step(copy: Copy, step: str) -> None:
    def empty(now: str) -> None:
        if now == step:
            copy.empty_redis()

    walk(copy, empty)


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_redis_may_hang_from_any_step_on(copy: Copy, step: str) -> None:
    try:
        walk(copy, lambda now: copy.send(PROCESSES["valkey"], signal.SIGSTOP) if now == step else None)
    finally:
        copy.send(PROCESSES["valkey"], signal.SIGCONT)
