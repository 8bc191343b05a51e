"""The wrong door moves: nothing opens any more, everybody is told why, and nobody is left standing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.bank import Refused
from sandbox.lockbank import LockBank
from tests.firmware_bridge.line import LOAD, Line
from tests.firmware_bridge.store import RIGHT, Store
from tests.firmware_bridge.world import grant, until


@pytest.fixture
def line(tmp_path: Path, locks: LockBank) -> Iterator[Line]:
    with Line(tmp_path, locks.path) as line:
        yield line.known()


def test_two_coils_the_wrong_way_round_freeze_the_bank_after_one_pulse(line: Line, locks: LockBank) -> None:
    locks.swap(3, 4)
    assert line.open(3).outcome == "wrong_door"
    assert (line.bank.quarantine.door, line.bank.quarantine.moved) == (3, 4)
    mismatch = line.journal.events(10)[-1]
    assert mismatch["kind"] == "wiring_mismatch"
    assert {"door": 3, "moved": 4, "both": False, "cause": "load", "pulses": 1}.items() <= mismatch["data"].items()
    for number in (3, 4, 7):
        with pytest.raises(Refused, match="quarantined"):
            line.bank.open(number, LOAD, lambda db: None)
    assert len(locks.pulses) == 1
    assert not line.bank.doors[3].in_service
    assert not line.bank.doors[4].in_service


def test_a_second_door_that_moves_with_the_right_one_freezes_the_bank_too(line: Line, locks: LockBank) -> None:
    fire = locks.fire

    def twice(board: object, channel: int, seconds: float | None = 0.5) -> None:
        fire(board, channel, seconds)
        fire(board, channel + 1, seconds)

    locks.fire = twice
    line.open(3)
    until(lambda: line.bank.quarantine)
    assert "wiring_mismatch" in line.kinds()


def test_a_door_opened_by_hand_long_after_a_pulse_is_forced_and_freezes_nothing(line: Line, locks: LockBank) -> None:
    assert line.open(3).outcome == "opened"
    line.bank._seen.quarantine._pulsed = (line.bank._seen.quarantine._pulsed[0], line.journal.clock.mono() - 3)
    locks.open_door(4)
    until(lambda: line.states(4) == {"open"})
    assert line.bank.quarantine is None
    assert line.journal.events(10)[-1]["data"]["cause"] == "unexpected"


def test_a_door_of_a_board_that_was_silent_is_not_blamed_on_the_pulse(line: Line, locks: LockBank) -> None:
    locks.misbehave(board=1, silent=True)
    until(lambda: line.states(17) == {"unknown"})
    locks.open_door(17)
    assert line.open(3).outcome == "opened"
    locks.behave()
    until(lambda: line.states(17) == {"open"})
    assert line.bank.quarantine is None


def test_a_quarantine_outlives_a_restart(tmp_path: Path, locks: LockBank) -> None:
    with Line(tmp_path, locks.path) as line:
        line.known()
        locks.swap(3, 4)
        line.open(3)
    with Line(tmp_path, locks.path) as again:
        until(lambda: again.states(5) == {"shut"})
        with pytest.raises(Refused, match="quarantined"):
            again.bank.open(5, LOAD, lambda db: None)


def test_a_shopper_is_announced_at_the_counter_while_nothing_may_open(store: Store) -> None:
    store.holds(grant(9, 10))
    store.locks.swap(3, 4)
    command = store.cloud.command("open", door=3, cause="assist", placement=None, session=None)
    answer = store.cloud.result(command)
    assert (answer["status"], answer["code"]) == ("failed", "wrong_door")
    store.cloud.event("wiring_mismatch", door=3, moved=4)
    assert store.state()["quarantined"]
    store.post("done")
    assert store.post("code", code=RIGHT) == {"verdict": "counter", "retry_after": None}
    assert store.phase("counter")["door"] is None
    for place in ("grant-1-place-0", "grant-1-place-1"):
        store.cloud.event("counter_arrived", placement=place)
    refused = store.cloud.command("open", door=9, cause="assist", placement=None, session=None)
    assert store.cloud.result(refused)["code"] == "quarantined"
    assert [pulse.door for pulse in store.locks.pulses] == [4]


def test_an_admins_word_ends_it_and_is_journaled(store: Store) -> None:
    store.locks.swap(3, 4)
    store.cloud.result(store.cloud.command("open", door=3, cause="assist", placement=None, session=None))
    store.locks.behave()
    store.locks.shut_door(4)
    done = store.cloud.command("end_quarantine", by="staff-9", reason="plugs put right")
    assert store.cloud.result(done)["status"] == "done"
    assert store.cloud.event("quarantine_ended") == {"by": "staff-9", "reason": "plugs put right"}
    until(lambda: all(door["state"] == "shut" for door in store.state()["doors"]))
    assert not store.state()["quarantined"]
    assert all(door["in_service"] for door in store.state()["doors"])
    store.post("done")
    opened = store.cloud.command("open", door=3, cause="assist", placement=None, session=None)
    assert store.cloud.result(opened)["status"] == "done"
