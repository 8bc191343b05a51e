"""The serial line for real: the bridge's bus on one end of a pseudo-terminal, emulated boards on the other."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest
import serial

from firmware_bridge import bus
from firmware_bridge.bank import Refused
from sandbox.lockbank import LockBank
from tests.firmware_bridge.line import LOAD, Line
from tests.firmware_bridge.world import DOORS, until


def test_a_door_opens_and_is_seen_to_shut(line: Line, locks: LockBank) -> None:
    opening = line.known().open(20)
    assert (opening.outcome, opening.pulses) == ("opened", 1)
    assert [(pulse.board, pulse.channel) for pulse in locks.pulses] == [(1, 3)]
    locks.put_item(20)
    locks.shut_door(20)
    until(lambda: line.states(20) == {"shut"})
    assert line.bank.doors[20].item == "present"
    assert line.kinds() == ["door_opened", "door_shut"]


@pytest.mark.parametrize(
    "habits",
    [
        {"open_reply": "status"},
        {"open_reply": "garbled"},
        {"paced": True},
        {"late": 0.07},
        {"garbage": 0.5},
        {"corrupt": 0.4},
        {"half": 0.3},
        {"garbage": 0.3, "corrupt": 0.2, "half": 0.1, "open_reply": "garbled"},
    ],
    ids=str,
)
def test_an_imperfect_line_still_opens_the_right_door_with_one_pulse(
    line: Line, locks: LockBank, habits: dict[str, object]
) -> None:
    line.known()
    locks.misbehave(**habits)
    opening = line.open(7)
    assert opening.outcome == "opened"
    assert {pulse.door for pulse in locks.pulses} == {7}
    assert len(locks.pulses) == opening.pulses


def test_noise_on_the_line_moves_no_door_and_tells_no_story(line: Line, locks: LockBank) -> None:
    line.known()
    locks.misbehave(garbage=1.0, corrupt=0.5)
    for _ in range(20):
        locks.say(bytes(range(256)))
        # Sound frames nobody asked for: one says that board 3's door stands open, others are requests.
        locks.say(bytes.fromhex("02 30 35 FE FF 00 00 03 67  02 00 31 03 36  02 00 33 03 38"))
    heard = locks.heard
    until(lambda: locks.heard > heard + 8)
    assert locks.pulses == []
    assert "door_opened" not in line.kinds()


def test_one_damaged_answer_that_passes_the_check_byte_changes_nothing(line: Line, locks: LockBank) -> None:
    line.known()
    locks.boards[0].behaviour.silent = True
    heard = locks.heard
    until(lambda: locks.heard > heard)
    locks.say(bytes.fromhex("02 00 35 FE FF 00 00 03 37"))
    locks.boards[0].behaviour.silent = False
    heard = locks.heard
    until(lambda: locks.heard > heard + 6)
    assert "door_opened" not in line.kinds()


def test_a_silent_board_makes_its_doors_unknown_and_the_others_go_on(line: Line, locks: LockBank) -> None:
    line.known()
    locks.misbehave(board=0, silent=True)
    until(lambda: line.states(1, 16) == {"unknown"})
    assert line.states(17, 24) == {"shut"}
    assert line.open(20).outcome == "opened"
    with pytest.raises(Refused, match="board_silent"):
        line.bank.open(7, LOAD, lambda db: None)
    locks.misbehave(board=0, silent=False)
    until(lambda: line.states(1, 16) == {"shut"})
    assert locks.pulses_of(7) == 0


def test_coils_fire_one_at_a_time(line: Line, locks: LockBank) -> None:
    line.known()
    for number in (1, 2, 17):
        line.open(number)
    times = [pulse.mono for pulse in locks.pulses]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(times) == 3
    assert min(gaps) >= 0.5


def test_a_jammed_door_is_pulsed_again_after_a_pause(line: Line, locks: LockBank) -> None:
    locks.misbehave(door=7, jam=1)
    assert line.known().open(7).pulses == 2
    assert locks.pulses[1].mono - locks.pulses[0].mono >= 0.7


def test_a_stuck_door_is_given_up_after_three_pulses_within_six_seconds(line: Line, locks: LockBank) -> None:
    locks.misbehave(door=7, stuck=True)
    line.known()
    began = time.monotonic()
    assert line.open(7).outcome == "failed"
    assert time.monotonic() - began < 6.5
    assert locks.pulses_of(7) == 3
    assert line.kinds() == ["door_failed"]


def test_a_line_pulled_out_and_put_back_is_found_again(line: Line, locks: LockBank) -> None:
    line.known()
    locks.unplug()
    until(lambda: line.states() == {"unknown"})
    with pytest.raises(Refused, match="board_silent"):
        line.bank.open(7, LOAD, lambda db: None)
    locks.plug()
    assert line.known().open(7).outcome == "opened"
    assert locks.pulses_of(7) == 1


def test_a_pulse_the_line_could_not_carry_in_time_is_never_sent(line: Line, locks: LockBank) -> None:
    line.known()
    opening = line.bank.open(1, LOAD, lambda db: None)
    until(lambda: locks.pulses)
    line.bus._coil_free += 1.2
    until(lambda: line.bank.opening is None)
    late = line.open(2)
    assert opening.outcome == "opened"
    assert late.outcome == "silent"
    assert locks.pulses_of(2) == 0
    assert line.kinds()[-1] == "door_unknown"


def test_a_pulse_meant_for_an_old_wiring_is_never_sent_on_a_new_one(line: Line, locks: LockBank) -> None:
    line.known()
    line.bank.open(1, LOAD, lambda db: None)
    until(lambda: locks.pulses)
    until(lambda: line.bank.opening is None)
    late = line.bank.open(2, LOAD, lambda db: None)
    line.bus.configure(line.layout.board, {0: tuple(range(16))})
    until(lambda: late.outcome)
    assert late.outcome == "silent"
    assert locks.pulses_of(2) == 0


def test_a_line_on_which_nobody_answers_is_opened_anew(
    line: Line, locks: LockBank, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    line.known()
    monkeypatch.setattr(bus, "DEAF_SECONDS", 1.0)
    locks.misbehave(silent=True)
    until(lambda: "no board has answered" in caplog.text, 20)
    locks.misbehave(silent=False)
    assert line.known().open(3).outcome == "opened"
    assert locks.pulses_of(3) == 1


def test_nobody_else_can_use_the_line_meanwhile(line: Line, locks: LockBank) -> None:
    line.known()
    with pytest.raises(serial.SerialException):
        serial.Serial(locks.path, exclusive=True)


def test_a_line_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    device = tmp_path / "later"
    line = Line(tmp_path, str(device))
    try:
        assert line.states() == {"unknown"}
        with LockBank(doors=DOORS) as locks:
            locks.link(device)
            assert line.known().open(3).outcome == "opened"
    finally:
        line.stop()
