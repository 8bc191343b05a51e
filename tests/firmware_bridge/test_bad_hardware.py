"""What goes wrong between the coil and the sensor, on a real line: what the bridge believes of it, and what it does."""

from __future__ import annotations

import time

from firmware_bridge.boards import Ask, BoardStatus
from sandbox.lockbank import LockBank
from tests.firmware_bridge.bench import Bench
from tests.firmware_bridge.line import LOAD, Line
from tests.firmware_bridge.world import until


def test_a_sensor_that_bounces_is_opened_once_and_left_open_once(line: Line, locks: LockBank) -> None:
    locks.misbehave(door=7, bounce=1)
    assert line.known().open(7).outcome == "opened"
    heard = locks.heard
    until(lambda: locks.heard > heard + 6)
    assert line.states(7) == {"open"}
    assert locks.pulses_of(7) == 1


def test_one_lie_with_a_sound_check_byte_changes_nothing(line: Line, locks: LockBank) -> None:
    line.known()
    locks.misbehave(lie=0.05)
    heard = locks.heard
    until(lambda: locks.heard > heard + 30)
    locks.behave()
    until(lambda: line.states() == {"shut"})
    assert locks.pulses == []


def test_two_coils_wired_the_wrong_way_round_show_as_the_wrong_door_moving(line: Line, locks: LockBank) -> None:
    line.known()
    locks.swap(3, 4)
    line.bank.open(3, LOAD, lambda db: None)
    until(lambda: line.states(4) == {"open"})
    assert line.states(3) == {"shut"}
    assert [(pulse.channel, pulse.door) for pulse in locks.pulses] == [(2, 4)]


def test_a_board_that_loses_power_with_the_pulse_leaves_the_door_unknown_and_is_not_pulsed_on(
    line: Line, locks: LockBank
) -> None:
    line.known()
    locks.misbehave(board=0, brownout=True)
    opening = line.bank.open(7, LOAD, lambda db: None)
    until(lambda: line.states(7) == {"unknown"})
    until(lambda: line.bank.tick() or line.bank.opening is None)
    locks.behave()
    until(lambda: line.states(7) == {"shut"})
    assert locks.pulses_of(7) == 1
    assert opening.outcome != "opened"
    assert line.states(17) == {"shut"}


def test_two_boards_with_one_address_spoil_each_others_answers(line: Line, locks: LockBank) -> None:
    line.known()
    locks.open_door(1)
    until(lambda: line.states(1) == {"open"})
    locks.boards[1].answers_to = 0
    before = line.bus.health()[0]["damaged"]
    until(lambda: line.states(17) == {"unknown"}, 20)
    assert line.bus.health()[0]["damaged"] > before or line.states(1) != {"shut"}
    assert locks.pulses == []


def test_a_dead_board_does_not_keep_a_door_of_another_waiting(line: Line, locks: LockBank) -> None:
    line.known()
    locks.misbehave(board=1, silent=True)
    until(lambda: line.states(17) == {"unknown"})
    asked = time.monotonic()
    line.bank.open(7, LOAD, lambda db: None)
    assert locks.wait(lambda bank: bank.pulses)
    assert locks.pulses[0].mono - asked < 0.5


def test_a_door_its_board_leaves_out_of_an_answer_is_unknown_and_the_others_are_not(bench: Bench) -> None:
    for _ in range(3):
        bench.bank.on_reading(Ask(0, (0, 1)), BoardStatus(0, {0: True}, {}))
    assert [bench.bank.doors[number].state for number in (1, 2, 3)] == ["shut", "unknown", "shut"]


def test_an_answer_about_one_lock_says_nothing_of_the_others(bench: Bench) -> None:
    for _ in range(2):
        bench.bank.on_reading(Ask(0, (4,)), BoardStatus(0, {4: False}, {}))
    for _ in range(3):
        bench.bank.on_reading(Ask(0, (6,)), None)
    assert [bench.bank.doors[number].state for number in (5, 6, 7)] == ["open", "shut", "unknown"]
