"""What a sync says and what it changes, answer by answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from firmware_bridge.clock import to_iso
from firmware_bridge.cloud import CloudError
from firmware_bridge.journal import NotJournaled
from firmware_bridge.layout import Layout, read_layout
from firmware_bridge.protocol.wire import EVENTS_A_SYNC
from firmware_bridge.sync import Sync
from tests.firmware_bridge.bench import Bench
from tests.firmware_bridge.world import DOORS, LAYOUT, grant


class Answers:
    """A service that answers what the test prepared, and remembers what it was asked."""

    def __init__(self, bench: Bench, **answer: Any) -> None:
        self.answer = {
            "cursor": "c-1",
            "reset": False,
            "acked": 0,
            "time": to_iso(bench.now),
            "grants": [],
            "layout": None,
            "commands": [],
            **answer,
        }
        self.asked: dict[str, Any] = {}
        self.meanwhile: Callable[[], None] = lambda: None

    def sync(self, body: dict[str, Any], wait: float) -> dict[str, Any]:
        self.asked = body
        self.meanwhile()
        return self.answer


@pytest.fixture
def layouts() -> list[Layout]:
    return []


@pytest.fixture
def sync(bench: Bench, layouts: list[Layout]) -> Sync:
    return Sync(bench.journal, bench.bank, bench.grants, bench.commands, layouts.append)


def test_the_first_sync_has_no_cursor_and_the_next_one_has_what_it_was_given(bench: Bench, sync: Sync) -> None:
    first, second = Answers(bench), Answers(bench, cursor="c-2")
    sync.exchange(first, 0)
    sync.exchange(second, 0)
    assert (first.asked["cursor"], second.asked["cursor"]) == (None, "c-1")
    assert first.asked["layout"] == "layout-1"
    assert first.asked["doors"]["7"] == {"door": "shut", "item": "absent", "in_service": True}


def test_an_answer_to_an_older_cursor_changes_no_grant_and_takes_back_no_cursor(bench: Bench, sync: Sync) -> None:
    late = Answers(bench, cursor="c-1", reset=True, grants=[])
    late.meanwhile = lambda: sync.exchange(Answers(bench, cursor="c-2", grants=[grant(7, now=bench.now)]), 0) and None
    sync.exchange(late, 0)
    assert bench.journal.read("cursor") == "c-2"
    assert bench.types().verdict == "open"


def test_grants_and_cursor_are_kept_together_or_not_at_all(bench: Bench, sync: Sync) -> None:
    answers = Answers(bench, grants=[grant(7, now=bench.now)])
    answers.meanwhile = bench.fill_disk
    with pytest.raises(NotJournaled):
        sync.exchange(answers, 0)
    bench.free_disk()
    assert bench.journal.read("cursor") is None
    assert bench.grants.get("grant-1") is None


@pytest.mark.parametrize(
    "broken",
    [
        {"time": "noon"},
        {"acked": None},
        {"grants": 5},
        {"cursor": ...},
        {"commands": ...},
    ],
)
def test_an_answer_that_cannot_be_read_changes_nothing(bench: Bench, sync: Sync, broken: dict[str, Any]) -> None:
    answers = Answers(bench, grants=[grant(7, now=bench.now)])
    for name, value in broken.items():
        answers.answer[name] = value
        if value is ...:
            del answers.answer[name]
    with pytest.raises(CloudError) as problem:
        sync.exchange(answers, 0)
    assert problem.value.code == "bad_answer"
    assert bench.grants.get("grant-1") is None


def test_events_are_kept_until_acknowledged_and_no_further(bench: Bench, sync: Sync) -> None:
    for _ in range(3):
        bench.handover.problem("help")
    sync.exchange(Answers(bench, acked=2), 0)
    assert [event["seq"] for event in bench.journal.events(10)] == [3]
    sync.exchange(Answers(bench, acked=10**9), 0)
    bench.handover.problem("help")
    assert [event["seq"] for event in bench.journal.events(10)] == [4]


def test_a_long_absence_is_told_in_batches(bench: Bench, sync: Sync) -> None:
    with bench.journal.writing():
        for _ in range(EVENTS_A_SYNC + 5):
            bench.journal.append("problem_reported", {})
    first = Answers(bench, acked=EVENTS_A_SYNC)
    assert sync.exchange(first, 0)
    assert len(first.asked["events"]) == EVENTS_A_SYNC
    second = Answers(bench)
    assert not sync.exchange(second, 0)
    assert [event["seq"] for event in second.asked["events"]] == list(range(EVENTS_A_SYNC + 1, EVENTS_A_SYNC + 6))


def test_results_are_sent_until_an_answer_came_back(bench: Bench, sync: Sync) -> None:
    bench.command("open", door=7, cause="load", placement=None, session=None)
    bench.pass_time(1)

    class Away:
        def sync(self, body: dict[str, Any], wait: float) -> dict[str, Any]:
            raise CloudError("unreachable", "away")

    with pytest.raises(CloudError):
        sync.exchange(Away(), 0)
    heard, after = Answers(bench), Answers(bench)
    sync.exchange(heard, 0)
    sync.exchange(after, 0)
    assert [result["command"] for result in heard.asked["results"]] == ["command-1"]
    assert after.asked["results"] == []


def test_a_new_layout_is_kept_and_used(bench: Bench, sync: Sync, layouts: list[Layout]) -> None:
    sync.exchange(Answers(bench, layout={**LAYOUT, "hash": "layout-2", "doors": DOORS[:3]}), 0)
    assert [layout.hash for layout in layouts] == ["layout-2"]
    assert sync.kept_layout().hash == "layout-2"


@pytest.mark.parametrize(
    "broken",
    [
        {"board": "no-such-board"},
        {"doors": [{"number": 1}]},
        {"doors": [DOORS[0], DOORS[0]]},
        {"doors": [DOORS[0], {**DOORS[0], "number": 2}]},
        {"doors": [{**DOORS[0], "channel": 16}]},
        {"store": None},
    ],
)
def test_a_layout_that_cannot_be_right_is_not_used(
    bench: Bench, sync: Sync, layouts: list[Layout], broken: dict[str, Any]
) -> None:
    sync.exchange(Answers(bench, layout={**LAYOUT, "hash": "layout-2", **broken}), 0)
    assert layouts == []
    assert bench.journal.read("layout") is None
    assert bench.journal.read("cursor") == "c-1"


def test_commands_without_sense_do_not_stop_the_others(bench: Bench, sync: Sync) -> None:
    good = {
        "id": "good",
        "kind": "open",
        "expires_at": to_iso(bench.now + 30),
        "door": 7,
        "cause": "load",
        "placement": None,
        "session": None,
    }
    sync.exchange(Answers(bench, commands=[None, {"kind": "open"}, {"id": "empty"}, good]), 0)
    bench.pass_time(1)
    assert bench.result("good")["status"] == "done"
    assert bench.result("empty")["code"] == "unknown_command"
    assert bench.pulses == [7]


def test_rewired_doors_start_unknown_and_the_others_keep_what_is_known(bench: Bench, sync: Sync) -> None:
    swapped = [{**DOORS[0], "channel": 1}, {**DOORS[1], "channel": 0}, *DOORS[2:]]
    bench.bank.configure(read_layout({**LAYOUT, "hash": "layout-2", "doors": swapped}))
    states = {number: bench.bank.doors[number].state for number in (1, 2, 3)}
    assert states == {1: "unknown", 2: "unknown", 3: "shut"}


def test_a_layout_that_cannot_be_used_is_asked_for_once_and_the_old_one_stays(
    bench: Bench, sync: Sync, layouts: list[Layout]
) -> None:
    sync.exchange(Answers(bench, layout={**LAYOUT, "hash": "layout-2", "board": "of-the-future"}), 0)
    after = Answers(bench, cursor="c-2", layout={**LAYOUT, "hash": "layout-3"})
    sync.exchange(after, 0)
    assert after.asked["layout"] == "layout-2"
    assert [layout.hash for layout in layouts] == ["layout-3"]
