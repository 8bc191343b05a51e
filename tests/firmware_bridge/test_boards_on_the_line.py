"""Every board for real: the bridge's bus and its driver at one end, another reading of the manual at the other."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.boards import BOARDS
from sandbox.lockbank import PROTOCOLS, LockBank
from tests.firmware_bridge.line import LOAD, Line
from tests.firmware_bridge.world import LAYOUT, until

DOORS_A_BOARD = 4


@dataclass(frozen=True)
class Wiring:
    """A board with its options, and the emulated one to match."""

    board: str
    tcp: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    emulated: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        words = [self.board, *(f"{name}={value}" for name, value in self.options.items())]
        return " ".join([*words, *(["over TCP"] if self.tcp else [])])


PLAIN = [Wiring(name, tcp=name in ("modbus-tcp-relay", "json-lines")) for name in BOARDS]
SPECIAL = [
    Wiring("kerong-cu12", tcp=True),
    Wiring("kerong-cu16", tcp=True),
    Wiring("hj-8a80", options={"feedback": "short-when-unlocked"}, emulated={"locked_is_short": False}),
    Wiring("hj-8a80", options={"ask": "each"}),
    Wiring("hj-8a80", options={"query": "99"}, emulated={"query": 0x99}),
    Wiring("modbus-rtu-relay", options={"inputs_inverted": True}, emulated={"inverted_inputs": True}),
    Wiring("modbus-rtu-relay", options={"coil_sense": "off-opens"}, emulated={"opens_when_off": True}),
    Wiring("modbus-rtu-lock", options={"coil_sense": "on-opens"}, emulated={"written_to_open": 0xFF00}),
]


class Rig:
    """Two boards of four doors, the bridge's line to them, and both ends at hand."""

    def __init__(self, folder: Path, wiring: Wiring) -> None:
        self.folder, self.wiring = folder, wiring
        protocol = PROTOCOLS[wiring.board](**wiring.emulated)
        self.locks = LockBank(boards=2, channels=DOORS_A_BOARD, protocol=protocol, tcp=wiring.tcp).start()
        self.first = protocol.first
        self.line: Line | None = None

    def connect(self) -> Line:
        boxes = self.locks.compartments.values()
        doors = [
            {**LAYOUT["doors"][0], **{n: getattr(box, n) for n in ("number", "board", "channel")}} for box in boxes
        ]
        layout = {**LAYOUT, "board": self.wiring.board, "doors": doors, "board_options": self.wiring.options}
        self.line = Line(self.folder, self.locks.path, layout)
        return self.line

    def stop(self) -> None:
        if self.line is not None:
            self.line.stop()
        self.locks.stop()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Callable[[Wiring], Rig]]:
    made: list[Rig] = []

    def make(wiring: Wiring) -> Rig:
        made.append(Rig(tmp_path, wiring))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.mark.parametrize("wiring", PLAIN + SPECIAL, ids=str)
def test_the_right_door_opens_with_one_pulse_and_is_seen_to_shut(rig: Callable[[Wiring], Rig], wiring: Wiring) -> None:
    place = rig(wiring)
    line = place.connect().known()
    assert place.locks.pulses == []
    assert line.open(7).outcome == "opened"
    assert [(pulse.board, pulse.channel, pulse.door) for pulse in place.locks.pulses] == [(place.first + 1, 2, 7)]
    assert place.locks.pulses[0].seconds == pytest.approx(0.5)
    assert line.states(*{*range(1, 9)} - {7}) == {"shut"}
    place.locks.shut_door(7)
    until(lambda: line.states(7) == {"shut"})
    assert line.kinds() == ["door_opened", "door_shut"]


@pytest.mark.parametrize("wiring", PLAIN, ids=str)
def test_a_silent_board_silences_its_own_doors_only(rig: Callable[[Wiring], Rig], wiring: Wiring) -> None:
    place = rig(wiring)
    line = place.connect().known()
    place.locks.misbehave(board=place.first, silent=True)
    until(lambda: line.states(1, 2, 3, 4) == {"unknown"}, 20)
    assert line.states(5, 6, 7, 8) == {"shut"}
    assert line.open(8).outcome == "opened"
    place.locks.misbehave(board=place.first, silent=False)
    until(lambda: line.states(1, 2, 3, 4) == {"shut"}, 20)
    counters = line.bus.health()
    assert counters[place.first]["silent"] >= 3
    assert counters[place.first + 1]["error_rate"] < counters[place.first]["error_rate"]


@pytest.mark.parametrize(
    "wiring", [each for each in PLAIN if BOARDS[each.board].can_echo] + [SPECIAL[2], SPECIAL[3]], ids=str
)
def test_an_adapter_that_echoes_is_found_out_and_its_echo_stripped(
    rig: Callable[[Wiring], Rig], wiring: Wiring
) -> None:
    place = rig(wiring)
    place.locks.echo = True
    line = place.connect().known()
    opening = line.open(2)
    assert (opening.outcome, opening.pulses) == ("opened", 1)
    assert [pulse.door for pulse in place.locks.pulses] == [2]
    assert "echo" in {frame["direction"] for frame in line.bus.trace.frames()}
    assert {counters["damaged"] for counters in line.bus.health().values()} == {0}


HABITS = [{"garbage": 0.4}, {"half": 0.15}, {"corrupt": 0.15}, {"late": 0.05}, {"paced": True}]


@pytest.mark.parametrize(
    ("wiring", "habits"),
    [
        pytest.param(wiring, habits, id=f"{wiring} {habits}")
        for wiring in (PLAIN[0], PLAIN[3], PLAIN[4], PLAIN[5], PLAIN[8])
        for habits in HABITS
    ],
)
def test_an_imperfect_board_still_opens_the_right_door(
    rig: Callable[[Wiring], Rig], wiring: Wiring, habits: dict[str, Any]
) -> None:
    place = rig(wiring)
    line = place.connect().known()
    place.locks.misbehave(**habits)
    assert line.open(3).outcome == "opened"
    assert {pulse.door for pulse in place.locks.pulses} == {3}


@pytest.mark.parametrize("board", ["hj-8a80", "json-lines"])
def test_what_a_board_says_by_itself_is_checked_at_once_and_never_believed(
    rig: Callable[[Wiring], Rig], board: str
) -> None:
    place = rig(Wiring(board, tcp=board == "json-lines"))
    line = place.connect().known()
    place.locks.misbehave(pushes=True)
    place.locks.open_door(1)
    until(lambda: line.states(1) == {"open"})
    assert line.bus.health()[place.first]["pushed"] == 1
    pushed = place.locks.protocol.push(place.locks.boards[place.first], 1)
    heard = place.locks.heard
    place.locks.say(pushed)
    until(lambda: line.bus.health()[place.first]["pushed"] == 2 and place.locks.heard > heard + 4)
    assert line.states(2) == {"shut"}


@pytest.mark.parametrize("wiring", [PLAIN[2], PLAIN[5], PLAIN[8]], ids=str)
def test_a_board_that_says_busy_is_not_believed_to_have_opened(rig: Callable[[Wiring], Rig], wiring: Wiring) -> None:
    place = rig(wiring)
    line = place.connect().known()
    place.locks.misbehave(reject="busy")
    opening = line.bank.open(3, LOAD, lambda db: None)
    until(lambda: line.bus.health()[place.first]["rejected"] == 1)
    assert place.locks.pulses == []
    place.locks.misbehave(reject="")

    def over() -> bool:
        line.bank.tick()
        return opening.outcome is not None

    until(over)
    assert (opening.outcome, opening.pulses, len(place.locks.pulses)) == ("opened", 2, 1)


def test_a_coil_that_must_cool_is_pulsed_again_after_its_rest(rig: Callable[[Wiring], Rig]) -> None:
    place = rig(Wiring("winnsen", options={"rest_ms": 3000}, emulated={"cools_seconds": 2.9}))
    line = place.connect().known()
    assert line.open(1).outcome == "opened"
    place.locks.shut_door(1)
    until(lambda: line.states(1) == {"shut"})
    again = line.open(1)
    assert (again.outcome, len(place.locks.pulses)) == ("opened", 2)
    assert place.locks.pulses[1].mono - place.locks.pulses[0].mono >= 2.9


@pytest.mark.parametrize("wiring", [PLAIN[2], PLAIN[6], PLAIN[8]], ids=str)
def test_a_connection_that_is_cut_is_made_again(rig: Callable[[Wiring], Rig], wiring: Wiring) -> None:
    place = rig(Wiring(wiring.board, tcp=True))
    line = place.connect().known()
    place.locks.unplug()
    until(lambda: line.states() == {"unknown"})
    place.locks.plug()
    line.known()
    assert line.open(1).outcome == "opened"
    assert len(place.locks.pulses) == 1


def test_a_port_that_hangs_up_at_once_is_tried_less_and_less_often(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        line = Line(tmp_path, f"tcp://127.0.0.1:{server.getsockname()[1]}")
        try:
            times = []
            for _ in range(5):
                server.accept()[0].close()
                times.append(time.monotonic())
            gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
            assert gaps[3] > 0.7
            assert line.states() == {"unknown"}
        finally:
            line.stop()


def test_an_all_off_for_the_wrong_profile_would_open_every_door(rig: Callable[[Wiring], Rig]) -> None:
    """Why the start-up frame belongs to a profile: this is what it does to boards that open by letting go."""
    place = rig(Wiring("modbus-rtu-relay", emulated={"opens_when_off": True}))
    place.connect()
    until(lambda: len(place.locks.pulses) == 16)


def test_relays_are_switched_off_at_the_start_and_after_every_reconnection(rig: Callable[[Wiring], Rig]) -> None:
    place = rig(Wiring("modbus-rtu-relay"))
    line = place.connect().known()
    offs = [frame["hex"] for frame in line.bus.trace.frames() if frame["direction"] == "out"]
    assert offs[1:3] == ["01 05 00 FF 00 00 FD FA", "02 05 00 FF 00 00 FD C9"]
    assert place.locks.pulses == []
