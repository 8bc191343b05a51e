"""Pauses before trying again."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_SECONDS, LONGEST_SECONDS = 1.0, 60.0
_chance = random.SystemRandom()


class Backoff:
    """Doubles from 1 s to `longest`; each pause is drawn between nothing and that, so that stores do not come back in
    step. `draw` gets both ends."""

    def __init__(
        self, draw: Callable[[float, float], float] = _chance.uniform, longest: float = LONGEST_SECONDS
    ) -> None:
        self._draw = draw
        self._longest = longest
        self._most = FIRST_SECONDS

    def next(self) -> float:
        most, self._most = self._most, min(self._most * 2, self._longest)
        return self._draw(0, most)

    def reset(self) -> None:
        self._most = FIRST_SECONDS
