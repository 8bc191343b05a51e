"""Garbage never opens a door: not from any scanner, not on any line, not a million frames of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from firmware_bridge import polls
from firmware_bridge.boards import BOARDS, Ask, BoardStatus, OpenAnswer
from sandbox.lockbank import PROTOCOLS, LockBank
from tests.firmware_bridge.garbage import garbage
from tests.firmware_bridge.line import Line
from tests.firmware_bridge.world import LAYOUT, until

SOME, MANY = 2_000, 1_000_000
AT_ONCE = 2_000
"""Bytes said in one breath."""
ASKED = 20
"""Questions at the least."""


def feed_scanners(name: str, frames: int) -> None:
    """Every scanner of a board takes every frame, and says nothing that it could not have been asked."""
    board = BOARDS[name]()
    here = board.boards.start + 1
    ask = Ask(here, (0,))
    answers, opened, pushes = board.answers(ask, 1), board.open_answers(here, 0, 1), board.pushes()
    for frame in islice(garbage(name, seed=frames), frames):
        for status in answers.feed(frame):
            assert isinstance(status, BoardStatus) and status.board == here
        for answer in opened.feed(frame) if opened else ():
            assert isinstance(answer, OpenAnswer)
        for pushed in pushes.feed(frame) if pushes else ():
            assert pushed in board.boards


def babble(locks: LockBank, source: Iterator[bytes], frames: int) -> None:
    """Put so many frames on the line, as fast as the bridge takes them."""
    left = frames
    while left:
        chunk = b""
        while left and len(chunk) < AT_ONCE:
            chunk, left = chunk + next(source), left - 1
        spoken = threading.Event()
        locks.say(chunk)
        locks.later(0, spoken.set)
        assert spoken.wait(20)


def flood_line(folder: Path, name: str, frames: int) -> None:
    """Boards that babble while the bridge asks them; then they are well again, and the bank still works."""
    with LockBank(boards=2, channels=4, protocol=PROTOCOLS[name]()) as locks:
        boxes = locks.compartments.values()
        doors = [{**LAYOUT["doors"][0], "number": b.number, "board": b.board, "channel": b.channel} for b in boxes]
        line = Line(folder, locks.path, {**LAYOUT, "board": name, "doors": doors})
        try:
            line.known()
            locks.misbehave(corrupt=0.5, half=0.3)
            babble(locks, garbage(name, seed=1), frames)
            until(lambda: sum(board["asked"] for board in line.bus.health().values()) > ASKED)
            assert locks.unheard == 0
            locks.behave()
            assert locks.pulses == []
            assert line.journal.rows("SELECT * FROM openings") == []
            # What the babble made of the doors is no matter here: they are looked at anew.
            until(lambda: line.states() == {"shut"}, 20)
            assert line.open(6).outcome == "opened"
            assert [pulse.door for pulse in locks.pulses] == [6]
        finally:
            line.stop()


@pytest.fixture
def asking_without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly all of the garbage comes where an answer is waited for."""
    monkeypatch.setattr(polls, "IDLE_POLL_SECONDS", 0.0)
    monkeypatch.setattr(polls, "SILENT_POLL_SECONDS", 0.0)
    monkeypatch.setattr(polls, "LOST_SHARE", 1)


@pytest.mark.parametrize("name", BOARDS)
def test_scanners_survive_garbage(name: str) -> None:
    feed_scanners(name, SOME)


@pytest.mark.usefixtures("asking_without_pause")
@pytest.mark.parametrize("name", BOARDS)
def test_a_line_full_of_garbage_pulses_nothing(tmp_path: Path, name: str) -> None:
    flood_line(tmp_path, name, SOME)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", BOARDS)
def test_scanners_survive_a_million_frames_of_garbage(name: str) -> None:
    feed_scanners(name, MANY)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("asking_without_pause")
@pytest.mark.parametrize("name", BOARDS)
def test_a_million_frames_of_garbage_pulse_nothing(tmp_path: Path, name: str) -> None:
    flood_line(tmp_path, name, MANY)
