"""What goes wrong in a life, dealt like cards: rare as in a store, and yet every kind of it in the shortest life."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

from firmware_bridge import failpoints

ONE_IN = {"wrong_code": 40, "jam": 60, "cut_before_sensor": 150, "cut": 250, "killed": 80, "stuck": 2500}
"""How rare each is among the visits of shoppers."""
AT_LEAST = 2
SHOPPER_DIES_AT = ("code_counted", "intent_kept", "pulse_sent", "outcome_kept")
STAFF_DIE_AT = ("badge_counted", "signed_in", "intent_kept", "pulse_sent", "outcome_kept", "change_kept")
SYNC_DIES_AT = ("sync_asked", "sync_answered", "sync_kept")


class Mishaps:
    """The deck of one life. A card is played when it is seen to have happened; until then it stays in the deck."""

    def __init__(self, drawn: random.Random, visits: int) -> None:
        self.happened: Counter[str] = Counter()
        self._drawn = drawn
        self._visits = visits
        self._left = {kind: max(1 if kind == "stuck" else AT_LEAST, visits // many) for kind, many in ONE_IN.items()}
        self._deaths: Counter[tuple[str, ...]] = Counter()

    def visit(self) -> frozenset[str]:
        """The kinds that are to befall the next visit; more likely the fewer visits are left for what must happen."""
        left = max(1, self._visits)
        self._visits -= 1
        return frozenset(kind for kind, many in self._left.items() if self._drawn.randrange(left) < many)

    def note(self, kind: str) -> None:
        """It did happen."""
        self.happened[kind] += 1
        if self._left.get(kind):
            self._left[kind] -= 1

    def point(self, points: tuple[str, ...]) -> str:
        """Where the bridge is to die next: one point after the other."""
        self._deaths[points] += 1
        return points[(self._deaths[points] - 1) % len(points)]


class Died(BaseException):
    """The process is gone in this instant; nobody catches that but who starts it again."""


class Deaths:
    """Lets a bridge die at its failpoints, as by a kill that cannot be caught."""

    def __init__(self) -> None:
        self.wanted: str | None = None

    def reached(self, name: str) -> None:
        if name == self.wanted:
            self.wanted = None
            raise Died(name)

    @contextmanager
    def at(self, point: str | None) -> Iterator[None]:
        """Die where this is reached, if it is."""
        self.wanted = point
        try:
            yield
        finally:
            self.wanted = None

    @contextmanager
    def everywhere(self) -> Iterator[None]:
        """In every part of the bridge."""
        parts = [part for name, part in sys.modules.items() if name.startswith("firmware_bridge.")]
        with ExitStack() as stack:
            for part in parts:
                if getattr(part, "reached", None) is failpoints.reached and part is not failpoints:
                    stack.enter_context(mock.patch.object(part, "reached", self.reached))
            yield
