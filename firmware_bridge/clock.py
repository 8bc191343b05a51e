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


class Clock:
    """Wall time in epoch seconds and a monotonic counter; both sources are passed in."""

    def __init__(
        self, wall: Callable[[], float] = time.time, mono: Callable[[], float] = time.monotonic, floor: float = 0.0
    ) -> None:
        self._wall = wall
        self.mono = mono
        self._floor = floor
        self._believed: tuple[float, float] | None = None
        self._lock = threading.Lock()

    @property
    def state(self) -> str:
        """`synced` once the cloud's signed time was heard since the start, else `uncertain`."""
        return "synced" if self._believed else "uncertain"

    def now(self) -> float:
        """Epoch seconds; while synced it never goes backwards."""
        with self._lock:
            if self._believed is None:
                return max(self._floor, self._wall())
            told, at = self._believed
            self._floor = max(self._floor, told + self.mono() - at)
            return self._floor

    def stamp(self) -> str:
        return to_iso(self.now())

    def believe(self, told: float) -> None:
        """Take the cloud's signed time. Time already lived through is kept: an earlier time waits to be caught up."""
        with self._lock:
            self._believed = (told, self.mono())


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
