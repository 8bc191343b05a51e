"""What was on the boards' line lately, and how well each board answers: for support, in memory only."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

FRAMES_KEPT = 500
LONGEST_KEPT = 256
"""Of a flood of noise its beginning says enough."""


@dataclass
class Health:
    """One board's counters since the bridge started."""

    asked: int = 0
    answered: int = 0
    silent: int = 0
    """Questions after which nothing came."""
    damaged: int = 0
    """Questions after which something came, but no sound answer."""
    pulsed: int = 0
    rejected: int = 0
    """Pulses the board said it would not do."""
    pushed: int = 0
    """Times it spoke without being asked."""

    def facts(self) -> dict[str, Any]:
        """The counters and the share of questions that came to nothing."""
        errors = round((self.silent + self.damaged) / self.asked, 4) if self.asked else 0.0
        return {**vars(self), "error_rate": errors}


class Trace:
    """The last frames, oldest first; written by the bus, read by anybody."""

    def __init__(self, mono: Callable[[], float]) -> None:
        self._mono = mono
        self._lock = threading.Lock()
        self._frames: deque[tuple[float, str, bytes]] = deque(maxlen=FRAMES_KEPT)

    def note(self, direction: str, data: bytes) -> None:
        """`out`, `in`, or `echo` for our own bytes come back; pieces of one answer become one entry."""
        with self._lock:
            at, before = self._mono(), b""
            if direction == "in" and self._frames and self._frames[-1][1] == "in":
                at, _, before = self._frames.pop()
            self._frames.append((at, direction, (before + data)[:LONGEST_KEPT]))

    def frames(self) -> list[dict[str, Any]]:
        """Each with its monotonic second, direction and bytes in hex."""
        with self._lock:
            kept = list(self._frames)
        return [{"mono": round(at, 4), "direction": way, "hex": data.hex(" ").upper()} for at, way, data in kept]
