"""What a bank may set about its boards, and the sentence for whoever sets it wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class BadOptions(ValueError):
    """A board option that cannot be; the text says which, and what may stand there."""


@dataclass(frozen=True)
class Choice:
    """One of a few words or numbers; the first is the default."""

    values: tuple[str | int, ...]

    @property
    def default(self) -> str | int:
        return self.values[0]

    def allows(self, value: Any) -> bool:
        return type(value) is type(self.default) and value in self.values

    def __str__(self) -> str:
        return "one of " + ", ".join(map(str, self.values))


@dataclass(frozen=True)
class Switch:
    """Yes or no; no by default."""

    default: bool = False

    def allows(self, value: Any) -> bool:
        return isinstance(value, bool)

    def __str__(self) -> str:
        return "true or false"


@dataclass(frozen=True)
class Whole:
    """A whole number within bounds, in steps."""

    default: int
    least: int
    most: int
    step: int = 1

    def allows(self, value: Any) -> bool:
        return type(value) is int and self.least <= value <= self.most and value % self.step == 0

    def __str__(self) -> str:
        steps = f" in steps of {self.step}" if self.step > 1 else ""
        return f"a whole number from {self.least} to {self.most}{steps}"


Option = Choice | Switch | Whole

SENSOR = Choice(("door", "hook"))
"""What a bank's sensors look at; every kind of board takes it, for it is not the board's own."""

PULSE_MS = Whole(500, 100, 3000, 100)
"""How long the coil is on. A solenoid wants about 500, a motor lock about 1000; longer ones burn."""


def read_options(board: str, takes: Mapping[str, Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every option with its value. Raises BadOptions."""
    if not isinstance(given, Mapping):
        raise BadOptions(f"The options of {board} must be names with values.")
    for name, value in given.items():
        if name not in takes:
            known = f"its options are {', '.join(sorted(takes))}" if takes else "it has none"
            raise BadOptions(f"{board} has no option {name!r}; {known}.")
        if not takes[name].allows(value):
            raise BadOptions(f"{name} of {board} must be {takes[name]}, not {value!r}.")
    return {name: given.get(name, option.default) for name, option in takes.items()}
