"""The emulated lock bank, driven by hand-written frames from the other end of its pseudo-terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from sandbox.lockbank import LockBank

STATUS_0, STATUS_1 = "02 00 30 03 35", "02 10 30 03 45"
ALL_SHUT = "02 00 35 FF FF 00 00 03 38"


@pytest.fixture
def bank() -> Iterator[LockBank]:
    with LockBank(boards=2) as bank:
        yield bank


@pytest.fixture
def line(bank: LockBank) -> Iterator[serial.Serial]:
    with serial.Serial(bank.path, 19200, timeout=2) as line:
        yield line


def ask(line: serial.Serial, frame: str, length: int = 9) -> str:
    line.write(bytes.fromhex(frame))
    return line.read(length).hex(" ").upper()


def nothing(line: serial.Serial, frame: str) -> bool:
    """Whether a frame goes unanswered; the healthy board 1 then proves that the bank has heard it."""
    line.write(bytes.fromhex(frame))
    return ask(line, STATUS_1) == "02 10 35 FF FF 00 00 03 48"


def test_a_healthy_bank_answers_byte_for_byte(line: serial.Serial) -> None:
    assert ask(line, STATUS_0) == ALL_SHUT
    assert ask(line, STATUS_1) == "02 10 35 FF FF 00 00 03 48"


def test_hooks_and_item_sensors_are_told_in_their_bits(bank: LockBank, line: serial.Serial) -> None:
    bank.open_door(1)
    bank.open_door(3)
    bank.put_item(3)
    bank.shut_door(3)
    assert ask(line, STATUS_0) == "02 00 35 FE FF 04 00 03 3B"


def test_an_unlock_fires_the_coil_and_the_door_pops_a_moment_later(bank: LockBank, line: serial.Serial) -> None:
    line.write(bytes.fromhex("02 0F 31 03 45"))
    assert bank.wait(lambda bank: not bank.compartments[16].shut)
    assert [(pulse.board, pulse.channel, pulse.door) for pulse in bank.pulses] == [(0, 15, 16)]
    assert time.monotonic() - bank.pulses[0].mono >= 0.06


def test_by_default_an_unlock_is_not_answered(line: serial.Serial) -> None:
    assert nothing(line, "02 00 31 03 36")


def test_an_unlock_may_be_answered_with_a_status_or_with_rubbish(bank: LockBank, line: serial.Serial) -> None:
    bank.misbehave(open_reply="status")
    assert ask(line, "02 00 31 03 36") == ALL_SHUT
    bank.misbehave(open_reply="garbled")
    assert ask(line, "02 01 31 03 37") != ALL_SHUT


@pytest.mark.parametrize(
    "frame",
    [
        "02 00 30 03 36",
        "02 00 30 04 36",
        "03 00 30 03 36",
        "02 50 30 03 85",
        "02 00 30",
        "FF 00 13 37",
    ],
)
def test_what_is_no_request_to_a_board_here_is_not_answered(line: serial.Serial, frame: str) -> None:
    assert nothing(line, frame)


def test_a_request_behind_rubbish_is_found(line: serial.Serial) -> None:
    assert ask(line, "FF 02 02 00 " + STATUS_0) == ALL_SHUT


def test_the_unlock_time_can_be_set_and_asked(line: serial.Serial) -> None:
    assert ask(line, "02 00 37 00 32 03 6E", 7) == "02 00 38 00 32 03 6F"
    assert ask(line, "02 00 37 03 3C", 7) == "02 00 38 00 32 03 6F"


def test_every_board_on_the_line_answers_a_question_to_all(line: serial.Serial) -> None:
    assert ask(line, "02 F0 32 03 27", 18) == "02 00 36 FF FF 00 00 03 39 02 10 36 FF FF 00 00 03 49"


def test_unlocking_a_whole_board_fires_its_coils_in_turn(bank: LockBank, line: serial.Serial) -> None:
    line.write(bytes.fromhex("02 00 33 03 38"))
    assert bank.wait(lambda bank: len(bank.pulses) >= 3)
    assert [pulse.channel for pulse in bank.pulses[:3]] == [0, 1, 2]


def test_a_silent_board_says_nothing_and_the_other_goes_on(bank: LockBank, line: serial.Serial) -> None:
    bank.misbehave(board=0, silent=True)
    assert nothing(line, STATUS_0)
    bank.behave()
    assert ask(line, STATUS_0) == ALL_SHUT


def test_a_stuck_door_stays_shut_and_a_jammed_one_gives_way(bank: LockBank, line: serial.Serial) -> None:
    bank.misbehave(door=1, stuck=True)
    bank.misbehave(door=2, jam=1)
    for frame in ("02 00 31 03 36", "02 01 31 03 37", "02 01 31 03 37"):
        line.write(bytes.fromhex(frame))
    assert bank.wait(lambda bank: not bank.compartments[2].shut)
    assert bank.compartments[1].shut
    assert (bank.pulses_of(1), bank.pulses_of(2)) == (1, 2)


def test_a_late_board_is_late_and_a_paced_one_takes_the_lines_time(bank: LockBank, line: serial.Serial) -> None:
    bank.misbehave(late=0.1)
    began = time.monotonic()
    ask(line, STATUS_0)
    assert time.monotonic() - began >= 0.1
    bank.behave()
    bank.misbehave(paced=True)
    began = time.monotonic()
    ask(line, STATUS_0)
    assert time.monotonic() - began >= 14 * 10 / 19200


def test_answers_can_be_damaged(bank: LockBank, line: serial.Serial) -> None:
    bank.misbehave(corrupt=1.0)
    assert ask(line, STATUS_0)[:-2] == ALL_SHUT[:-2]
    bank.behave()
    line.reset_input_buffer()
    bank.misbehave(garbage=1.0)
    assert ask(line, STATUS_0) != ALL_SHUT
    bank.behave()
    line.timeout = 0.2
    line.read(64)
    bank.misbehave(half=1.0)
    assert 0 < len(bytes.fromhex(ask(line, STATUS_0))) < 9


def test_goods_go_in_and_out_through_an_open_door_only(bank: LockBank) -> None:
    with pytest.raises(ValueError, match="is shut"):
        bank.put_item(5)
    bank.open_door(5)
    bank.put_item(5)
    assert bank.compartments[5].goods
    bank.take_item(5)
    assert not bank.compartments[5].goods


def test_a_habit_nobody_has_is_refused(bank: LockBank) -> None:
    with pytest.raises(ValueError, match="a door can be"):
        bank.misbehave(door=1, silent=True)
    with pytest.raises(ValueError, match="moody"):
        bank.misbehave(moody=True)


def test_a_link_follows_the_line_when_it_is_plugged_in_again(tmp_path: Path) -> None:
    with LockBank() as bank:
        link = bank.link(tmp_path / "tty")
        assert link.resolve() == Path(bank.path).resolve()
        bank.unplug()
        assert not link.is_symlink()
        bank.plug()
        assert link.resolve() == Path(bank.path).resolve()
        with serial.Serial(str(link), timeout=2) as line:
            assert ask(line, STATUS_0) == ALL_SHUT
    assert not link.is_symlink()
