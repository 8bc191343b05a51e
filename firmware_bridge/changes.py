"""A counter that moves whenever the kiosk's picture of the bank changed, and a way to wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Changes:
    """Starts at 1; safe from any thread."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._stopped = False
        self.seq = 1
        self.also: Callable[[], None] = lambda: None

    def touch(self) -> None:
        """Something changed."""
        with self._moved:
            self.seq += 1
            self._moved.notify_all()
        self.also()

    def wait(self, since: int, seconds: float) -> int:
        """Wait until the counter is no longer `since`, at most so long; returns it. A number from before a restart
        is higher than any of ours, and is answered at once like a lower one."""
        with self._moved:
            self._moved.wait_for(lambda: self.seq != since or self._stopped, seconds)
            return self.seq

    def stop(self) -> None:
        """Let everybody who waits go."""
        with self._moved:
            self._stopped = True
            self._moved.notify_all()
