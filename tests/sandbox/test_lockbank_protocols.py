"""The emulated boards of every family, driven by frames copied from the makers' manuals."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator

import pytest
import serial

from sandbox.lockbank import PROTOCOLS, LockBank, doors

Bank = Callable[..., tuple[LockBank, serial.Serial]]


@pytest.fixture
def bank() -> Iterator[Bank]:
    made: list[tuple[LockBank, serial.Serial]] = []

    def make(name: str, channels: int = 8, **protocol: object) -> tuple[LockBank, serial.Serial]:
        locks = LockBank(boards=2, channels=channels, protocol=PROTOCOLS[name](**protocol)).start()
        made.append((locks, serial.Serial(locks.path, timeout=2)))
        return made[-1]

    yield make
    for locks, line in made:
        line.close()
        locks.stop()


def ask(line: serial.Serial, frame: str, answer: str) -> str:
    """What comes back, as long as the answer that is expected."""
    line.write(bytes.fromhex(frame))
    return line.read(len(bytes.fromhex(answer))).hex(" ").upper()


@pytest.mark.parametrize(
    ("name", "request_", "answer", "fires"),
    [
        ("kerong-cu48b", "02 00 30 60 03 95", "02 00 30 75 FF FF FF FF FF FF 00 00 00 00 00 00 03 A4", None),
        ("kerong-cu12", "02 00 00 80 00 00 03 85", "02 00 00 80 10 02 03 A5 FF 0F", None),
        ("kerong-cu12", "02 00 00 81 00 00 03 86", "02 00 00 81 10 00 03 96", (0, 0)),
        ("hj-8a80", "80 01 00 33 B2", "80 01 FF FF FF 33 4D", None),
        ("hj-8a80", "80 01 01 33 B3", "80 01 01 11 91", None),
        ("hj-8a80", "8A 01 01 11 9B", "8A 01 01 00 8A", (1, 0)),
        ("winnsen", "90 06 12 01 05 03", "90 07 92 01 00 05 03", None),
        ("winnsen", "90 06 05 01 05 03", "90 07 85 01 05 01 03", (1, 4)),
        ("modbus-rtu-relay", "01 02 00 00 00 08 79 CC", "01 02 01 FF E1 C8", None),
        ("modbus-rtu-relay", "01 05 02 03 00 05 FC 71", "01 05 02 03 00 05 FC 71", (1, 3)),
        ("modbus-rtu-relay", "01 05 00 FF 00 00 FD FA", "01 05 00 FF 00 00 FD FA", None),
        ("modbus-rtu-lock", "01 05 00 00 00 00 CD CA", "01 05 00 00 00 00 CD CA", (1, 0)),
        ("modbus-rtu-lock", "01 05 00 00 FF 00 8C 3A", "01 05 00 00 FF 00 8C 3A", None),
    ],
)
def test_a_board_answers_as_its_manual_says(
    bank: Bank, name: str, request_: str, answer: str, fires: tuple[int, int] | None
) -> None:
    locks, line = bank(name)
    assert ask(line, request_, answer) == answer
    assert [(pulse.board, pulse.channel) for pulse in locks.pulses] == ([fires] if fires else [])


def test_all_relays_off_opens_every_door_of_a_board_that_opens_by_letting_go(bank: Bank) -> None:
    locks, line = bank("modbus-rtu-relay", opens_when_off=True)
    ask(line, "01 05 00 FF 00 00 FD FA", "01 05 00 FF 00 00 FD FA")
    assert {pulse.channel for pulse in locks.pulses} == set(range(8))


def test_the_wiring_of_the_locks_turns_every_state_round(bank: Bank) -> None:
    _, line = bank("hj-8a80", locked_is_short=False)
    assert ask(line, "80 01 01 33 B3", "80 01 01 00 80") == "80 01 01 00 80"


def test_a_coil_that_was_pulsed_a_moment_ago_must_cool(bank: Bank) -> None:
    locks, line = bank("winnsen", cools_seconds=30)
    assert ask(line, "90 06 05 01 05 03", "90 07 85 01 05 01 03") == "90 07 85 01 05 01 03"
    assert ask(line, "90 06 05 01 05 03", "90 07 85 01 05 02 03") == "90 07 85 01 05 02 03"
    assert len(locks.pulses) == 1


def test_a_moved_door_is_pushed_by_boards_that_do_so(bank: Bank) -> None:
    locks, line = bank("hj-8a80")
    locks.misbehave(pushes=True)
    locks.open_door(1)
    locks.shut_door(1)
    assert line.read(10).hex(" ").upper() == "82 01 01 00 82 82 01 01 11 93"


def test_an_echo_is_the_masters_own_bytes_before_the_answer(bank: Bank) -> None:
    locks, line = bank("winnsen")
    locks.echo = True
    both = "90 06 12 01 05 03 90 07 92 01 00 05 03"
    assert ask(line, "90 06 12 01 05 03", both) == both


def test_two_boards_with_one_address_both_click_and_spoil_each_others_answers(bank: Bank) -> None:
    locks, line = bank("modbus-rtu-relay")
    locks.boards[2].answers_to = 1
    locks.open_door(9)
    assert ask(line, "01 02 00 00 00 08 79 CC", "01 02 01 FF E1 C8") != "01 02 01 FF E1 C8"
    ask(line, "01 05 02 03 00 05 FC 71", "01 05 02 03 00 05 FC 71")
    assert [(pulse.board, pulse.door) for pulse in locks.pulses] == [(1, 4), (2, 12)]


def test_coils_wired_the_wrong_way_round_move_each_others_doors(bank: Bank) -> None:
    locks, line = bank("winnsen")
    locks.swap(1, 5)
    line.write(bytes.fromhex("90 06 05 01 05 03"))
    assert locks.wait(lambda bank: not bank.compartments[1].shut)
    assert locks.compartments[5].shut


def test_power_that_fails_with_the_pulse_leaves_the_door_shut_and_the_board_dead(bank: Bank) -> None:
    locks, line = bank("winnsen")
    locks.misbehave(board=1, brownout=True)
    line.write(bytes.fromhex("90 06 05 01 05 03"))
    assert ask(line, "90 06 12 02 05 03", "90 07 92 02 00 05 03") == "90 07 92 02 00 05 03"
    assert (locks.compartments[5].shut, len(locks.pulses)) == (True, 1)
    locks.behave()
    assert ask(line, "90 06 12 01 05 03", "90 07 92 01 00 05 03") == "90 07 92 01 00 05 03"


def test_a_lie_is_sound_in_every_check_byte(bank: Bank) -> None:
    locks, line = bank("kerong-cu12")
    locks.misbehave(lie=1.0)
    line.write(bytes.fromhex("02 00 00 80 00 00 03 85"))
    told = line.read(10)
    assert (sum(told) - told[7]) & 0xFF == told[7]
    assert bin(int.from_bytes(told[8:], "little")).count("1") == 11


def test_a_sensor_that_bounces_says_shut_once_more(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "BOUNCE_SECONDS", 0.4)
    locks, line = bank("winnsen")
    locks.misbehave(door=5, bounce=1)
    line.write(bytes.fromhex("90 06 05 01 05 03"))
    told = []
    while len(told) < 3:
        line.reset_input_buffer()
        state = ask(line, "90 06 12 01 05 03", "90 07 92 01 00 05 03")[12:14]
        if locks.pulses and state in ("00", "01") and state != (told or ["00"])[-1]:
            told.append(state)
    assert told == ["01", "00", "01"]


def test_a_network_board_speaks_json_lines_to_one_master_at_a_time() -> None:
    with LockBank(boards=1, channels=3, protocol=PROTOCOLS["json-lines"](), tcp=True) as locks:
        host, port = locks.path.removeprefix("tcp://").split(":")
        with socket.create_connection((host, int(port)), 2) as line, line.makefile("rw") as talk:

            def say(**body: object) -> dict[str, object]:
                talk.write(json.dumps(body) + "\n")
                talk.flush()
                return json.loads(talk.readline())

            assert say(id=1, do="open", board=0, channel=1, pulse_ms=500) == {"id": 1, "board": 0, "result": "accepted"}
            assert say(id=2, do="open", board=0, channel=1, pulse_ms=9000)["result"] == "refused"
            assert locks.wait(lambda bank: not bank.compartments[2].shut)
            told = say(id=3, do="status", board=0)
            assert (told["shut"], told["open"], told["empty"]) == ([0, 2], [1], [0, 1, 2])
        assert len(locks.pulses) == 1
