"""The bucket of points that queries are paid from: emptied by what they ask for, refilled with time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

RESTORE_RATE = 100
UNLIMITED = 2000
"""What is said to be there when nothing is counted."""


class Points:
    """`size()` is how many it holds now; 0 for no limit."""

    def __init__(self, size: Callable[[], int]) -> None:
        self._size = size
        self._spent = 0.0
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def available(self) -> float:
        """What is there now."""
        with self._lock:
            return self._available()

    def pay(self, cost: float) -> bool:
        """Take so many, if there are; a negative cost gives back."""
        with self._lock:
            left = self._available()
            if self._size() and cost > left:
                return False
            self._spent = max(0.0, self._spent + cost) if self._size() else 0.0
            return True

    def _available(self) -> float:
        now = time.monotonic()
        self._spent = max(0.0, self._spent - (now - self._at) * RESTORE_RATE)
        self._at = now
        return (self._size() or UNLIMITED) - self._spent


def actual_cost(data: Any) -> int:
    """What an answer really cost: one for each object in it."""
    if isinstance(data, dict):
        return 1 + sum(actual_cost(value) for value in data.values())
    return sum(actual_cost(value) for value in data) if isinstance(data, list) else 0
