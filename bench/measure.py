"""How figures are taken: in rounds, ours and its floor in turns, the floor twice.

Absolute figures say something about one machine on one day. So every speed is divided by a floor taken in the same
round, the order of a round's subjects changes from round to round, and the floor runs against itself too: if that pair
differs by more than a tenth, the machine was too restless and the run is void.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

QUIET = (0.9, 1.1)
"""Between these the floor must stand to itself."""
FLOOR, TWIN = "floor", "floor again"
WARM_SECONDS = 1.0


@dataclass(frozen=True)
class Plan:
    """How long to measure. `size` scales what the database is filled with; `quick` only shows that the bench works."""

    rounds: int = 7
    seconds: float = 3.0
    size: float = 1.0
    quick: bool = False

    def count(self, whole: int, least: int = 1) -> int:
        """So many of what a whole run has `whole` of."""
        return max(least, round(whole * self.size))


QUICK = Plan(rounds=2, seconds=0.4, size=0.01, quick=True)


@dataclass(frozen=True)
class Claim:
    """What we promise: a name, and the bound its figure must keep. `unit` is `×` for a ratio to a floor."""

    name: str
    bound: float
    at_least: bool = False
    unit: str = "×"

    def holds(self, figure: float) -> bool:
        """Whether this figure keeps the promise."""
        return figure >= self.bound if self.at_least else figure <= self.bound

    @property
    def goal(self) -> str:
        """The bound as people read it: `≥ 0.75 ×`."""
        return f"{'≥' if self.at_least else '≤'} {self.bound:g} {self.unit}"


@dataclass(frozen=True)
class Result:
    """One claim measured. `void` says why the figure does not count; `detail` holds what it was worked out from."""

    claim: Claim
    figure: float
    void: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """`holds`, `short` or `void`."""
        if self.void:
            return "void"
        return "holds" if self.claim.holds(self.figure) else "short"

    @property
    def line(self) -> str:
        """`name  figure  goal  verdict`."""
        shown = f"{readable(self.figure)} {self.claim.unit}"
        return f"{self.claim.name:<22} {shown:>12}  {self.claim.goal:<12} {self.verdict}" + (
            f" ({self.void})" if self.void else ""
        )

    def written(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.claim.name,
            "figure": round(self.figure, 4),
            "unit": self.claim.unit,
            "goal": self.claim.goal,
            "verdict": self.verdict,
            "void": self.void,
            "detail": dict(self.detail),
        }


def readable(figure: float) -> str:
    """Three figures that matter."""
    return f"{figure:.0f}" if figure >= 100 else f"{figure:.3g}"


Step = Callable[[float], Any]


def rotated(subjects: Mapping[str, Step], plan: Plan) -> dict[str, list[Any]]:
    """Let every subject run once a round for `plan.seconds`, in an order that changes; the results by name.

    Each runs once before, uncounted: first come the imports, the connections and the plans.
    """
    for step in subjects.values():
        step(min(plan.seconds, WARM_SECONDS))
    found: dict[str, list[Any]] = {name: [] for name in subjects}
    began = time.monotonic()
    for number in range(plan.rounds):
        said = f"round {number + 1} of {plan.rounds}, after {time.monotonic() - began:.0f} s: {', '.join(subjects)}"
        print(f"  {said}", file=sys.stderr, flush=True)
        for name in order_of(list(subjects), number):
            found[name].append(subjects[name](plan.seconds))
    return found


def order_of(names: Sequence[str], number: int) -> list[str]:
    """The order of one round: each round starts with the next name, every other one goes backwards."""
    start = number % len(names)
    turned = [*names[start:], *names[:start]]
    return turned[::-1] if number % 2 else turned


def ratio(ours: Sequence[float], floor: Sequence[float], twin: Sequence[float]) -> float:
    """The median of ours against the mean of the two floors of its round."""
    return median(mine / ((one + two) / 2) for mine, one, two in zip(ours, floor, twin, strict=True))


def restless(floor: Sequence[float], twin: Sequence[float]) -> str:
    """Why the run is void, or an empty text: the floor against itself must be near 1."""
    itself = median(two / one for one, two in zip(floor, twin, strict=True))
    return "" if QUIET[0] <= itself <= QUIET[1] else f"the floor is {itself:.2f} × itself"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0..1) of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
