"""Hands and eyes of a commissioning: asks addresses, fires one coil, and sees what moves. Owns no door's truth."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable

from firmware_bridge.boards import Ask, BoardStatus, LockBoard
from firmware_bridge.bus import Bus, Pulse
from firmware_bridge.commission.plan import Coil
from firmware_bridge.doors import Door
from firmware_bridge.journal import Journal
from firmware_bridge.openings import Errand, Opening
from firmware_bridge.records import DoorRecords

SCANNED = 32
"""So many addresses are asked: more boards no line has."""
MISSES = 2
"""In a row: who was late once is not gone."""
SCAN_SECONDS = 60.0
SENT_SECONDS = 3.0
WATCH_SECONDS = 2.5
MORE_SECONDS = 0.8
"""After one door has moved, another one that moves with it is waited for."""


class Idle:
    """Hears the line and wants nothing of it."""

    def on_reading(self, ask: Ask, status: BoardStatus | None) -> bool:
        return False

    def on_line_lost(self) -> None:
        """It is opened again by itself."""

    def on_pulse(self, pulse: Pulse, sent: bool) -> None:
        """There are none."""

    def on_rejected(self, pulse: Pulse, reason: str) -> None:
        """There are none."""

    def busy(self) -> Coil | None:
        return None


class Probe:
    """Listens to the bus instead of the bank. Every pulse is journaled before it is fired, as always."""

    def __init__(self, journal: Journal, bus: Bus, driver: LockBoard, new_id: Callable[[], str]) -> None:
        self.driver = driver
        self._journal, self._records, self._bus, self._new_id = journal, DoorRecords(journal), bus, new_id
        self._doors: dict[Coil, Door] = {}
        self._missed: Counter[int] = Counter()
        self._once: set[int] = set()
        """Boards that answered at all; one answer may be noise."""
        self._opened: set[Coil] = set()
        self._fell: set[Coil] = set()
        self._resting: set[Coil] = set()
        """Sensors that say open although every door is shut."""
        self._sent: dict[str, bool] = {}
        self._rejected = ""
        self._watching: Coil | None = None
        self._moved = threading.Condition()
        bus.listener = self

    def scan(self, enough: int) -> list[int]:
        """The addresses that answer, from the lowest on, until `enough` have."""
        asked = list(self.driver.boards)[:SCANNED]
        self.use(asked)
        with self._moved:
            self._moved.wait_for(lambda: len(self._once) >= enough or self._scanned(asked, enough), SCAN_SECONDS)
            heard = [board for board in asked if board in self._once]
        # Who has answered once is asked alone: a round through silent addresses takes long.
        found = self._sure(heard, enough)
        if len(found) < enough and len(heard) >= enough:
            found = self._sure(asked, enough)
        self.use(found)
        return found

    def _sure(self, asked: list[int], enough: int) -> list[int]:
        """Those of some addresses that answer again and again."""
        self.use(asked)
        with self._moved:
            self._moved.wait_for(lambda: self._scanned(asked, enough), SCAN_SECONDS)
            return [board for board in asked if self._hears(board)]

    def use(self, boards: Iterable[int]) -> None:
        """Look at these boards, at every channel they have."""
        channels = tuple(range(self.driver.channels))
        with self._moved:
            self._doors = {(board, channel): Door(0) for board in boards for channel in channels}
            self._missed.clear()
            self._once.clear()
            self._resting.clear()
        self._bus.configure(self.driver, {board: channels for board, _ in self._doors})

    def damaged(self) -> bool:
        """Whether answers came in pieces, as when two boards speak at once."""
        return any(health["damaged"] for health in self._bus.health().values())

    def open(self, coil: Coil) -> tuple[set[Coil], set[Coil]]:
        """Fire one coil once. Returns which sensors came to say open, and which came to say shut.

        Raises NotJournaled, TimeoutError.
        """
        opening = Opening(self._new_id(), 0, Errand("commission"))
        self._records.begin(opening, lambda db: None, pulse=True)
        with self._moved:
            self._opened, self._fell, self._watching, self._rejected = set(), set(), coil, ""
            self._bus.fire(Pulse(*coil, opening.id))
            if not self._moved.wait_for(lambda: opening.id in self._sent, SENT_SECONDS) or not self._sent[opening.id]:
                raise TimeoutError("The line to the boards is not there.")
            if self._moved.wait_for(lambda: self._opened or coil in self._fell, WATCH_SECONDS):
                self._moved.wait_for(lambda: len(self._opened) > 1, MORE_SECONDS)
            self._watching = None
            moved, fell = set(self._opened), set(self._fell)
        with self._journal.writing() as db:
            outcome = "opened" if moved or fell else "failed"
            db.execute("UPDATE openings SET outcome = ? WHERE id = ?", (outcome, opening.id))
        return moved, fell

    def standing_open(self) -> list[Coil]:
        """Where a sensor says open, but for those that always do."""
        with self._moved:
            return sorted(
                coil for coil, door in self._doors.items() if door.state == "open" and coil not in self._resting
            )

    def all_are_shut(self) -> None:
        """A person says that every door is shut: a sensor that says open now is not waited for any more."""
        with self._moved:
            self._resting = {coil for coil, door in self._doors.items() if door.state == "open"}

    def known(self, seconds: float = 5.0) -> bool:
        """Wait until every sensor has said something."""
        with self._moved:
            return self._moved.wait_for(lambda: all(d.state != "unknown" for d in self._doors.values()), seconds)

    def wait_shut(self, coils: Iterable[Coil], seconds: float) -> bool:
        """Wait until these are shut again; False when they were not in time."""
        waited = list(coils)
        with self._moved:
            return self._moved.wait_for(lambda: all(self._doors[coil].state == "shut" for coil in waited), seconds)

    def rejection(self) -> str:
        """Why the board would not do the last pulse, if it said so."""
        return self._rejected

    def on_reading(self, ask: Ask, status: BoardStatus | None) -> bool:
        again = False
        with self._moved:
            for channel in ask.channels:
                door = self._doors.get((ask.board, channel))
                if door is None:
                    continue
                if status is None or channel not in status.shut:
                    door.silence()
                    continue
                self._missed[ask.board] = 0
                self._once.add(ask.board)
                change = door.read(status.shut[channel], None, time.monotonic())
                again |= door.undecided()
                if change == "opened":
                    self._opened.add((ask.board, channel))
                elif change == "shut":
                    self._fell.add((ask.board, channel))
                    self._resting.discard((ask.board, channel))
            self._missed[ask.board] += status is None
            self._moved.notify_all()
        return again

    def on_line_lost(self) -> None:
        with self._moved:
            for door in self._doors.values():
                door.lose()
            self._moved.notify_all()

    def on_pulse(self, pulse: Pulse, sent: bool) -> None:
        with self._moved:
            self._sent[pulse.opening] = sent
            self._moved.notify_all()

    def on_rejected(self, pulse: Pulse, reason: str) -> None:
        self._rejected = reason

    def busy(self) -> Coil | None:
        return self._watching

    def _scanned(self, asked: list[int], enough: int) -> bool:
        hears = sum(map(self._hears, asked))
        return hears >= enough or all(self._missed[board] >= MISSES or self._hears(board) for board in asked)

    def _hears(self, board: int) -> bool:
        return any(door.state != "unknown" for (each, _), door in self._doors.items() if each == board)
