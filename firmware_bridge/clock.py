"""What time it is in the store.

Only the cloud's signed time is believed: once heard, time runs on the monotonic counter, so a jump of the computer's
own clock changes nothing. Before that, and after a restart without the internet, the computer's clock is used but
never behind the last believed time (the floor), and everything stamped says `uncertain`.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable

JUMP_SECONDS = 30.0
"""A difference worth telling of; less is the network's delay and a quartz's drift."""


def since_boot() -> float:
    """Seconds since the machine started, sleep included; nobody can set this counter."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Clock:
    """Wall time in epoch seconds and a monotonic counter; both sources are passed in."""

    def __init__(
        self, wall: Callable[[], float] = time.time, mono: Callable[[], float] = since_boot, floor: float = 0.0
    ) -> None:
        self._wall = wall
        self.mono = mono
        self.first_told: float | None = None
        """The first signed time heard since the start."""
        self.on_move: Callable[[str, float], None] = lambda which, seconds: None
        """Told of a jump: of `computer`, or of `bridge` when the signed time was not what we held it to be."""
        self._floor = floor
        self._believed: tuple[float, float] | None = None
        self._guessed: tuple[float, float] | None = None
        self._offset = wall() - mono()
        self._lock = threading.Lock()

    @property
    def state(self) -> str:
        """`synced` once the cloud's signed time was heard since the start, else `uncertain`."""
        return "synced" if self._believed else "uncertain"

    def now(self) -> float:
        """Epoch seconds; never backwards but for the first signed time, which puts a wrong guess right."""
        with self._lock:
            return self._now()

    def stamp(self) -> str:
        return to_iso(self.now())

    def believe(self, told: float) -> None:
        """Take the cloud's signed time. Time already lived through is kept: an earlier time waits to be caught up."""
        with self._lock:
            ahead = told - self._now()
            self._believed = (told, self.mono())
            self.first_told = told if self.first_told is None else self.first_told
        if abs(ahead) > JUMP_SECONDS:
            self.on_move("bridge", ahead)

    def watch(self) -> None:
        """Note whether the computer's clock was moved since the last look."""
        offset = self._wall() - self.mono()
        moved, self._offset = offset - self._offset, offset
        if abs(moved) > JUMP_SECONDS:
            self.on_move("computer", moved)

    def not_before(self, floor: float) -> None:
        """Raise the floor: a time that was believed before."""
        with self._lock:
            self._floor = max(self._floor, floor)

    def counted_since(self, mono: float) -> float:
        """Seconds that have passed at least since the counter stood at `mono`, by this machine alone: nothing that the
        cloud or anybody else says moves it. After a restart of the machine, those since then."""
        now = self.mono()
        return now - mono if mono <= now else now

    def off(self) -> float:
        """How many seconds the computer's clock is ahead of what is believed here."""
        return self._wall() - self.now()

    def _now(self) -> float:
        mono = self.mono()
        if self._believed is None:
            at_least = self._floor
            if self._guessed is not None:
                guess, at = self._guessed
                at_least = max(at_least, guess + mono - at)
            self._guessed = (max(at_least, self._wall()), mono)
            return self._guessed[0]
        told, at = self._believed
        self._floor = max(self._floor, told + mono - at)
        return self._floor


def to_iso(epoch: float) -> str:
    """Epoch seconds as the wire writes times."""
    return dt.datetime.fromtimestamp(epoch, dt.UTC).isoformat(timespec="microseconds")


def from_iso(text: object) -> float:
    """Epoch seconds of a wire time. Raises ValueError for anything else, a time without a zone included."""
    if not isinstance(text, str):
        raise ValueError("a time must be text")
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time must name its zone")
    return moment.timestamp()
