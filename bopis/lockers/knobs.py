"""What a bank's manager may set about the choice of doors, each with the words that the page shows beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NamedTuple

from bopis.errors import Invalid


class Explained(NamedTuple):
    """A knob for the page: its name, what it is called, usual and allowed values, and what it does."""

    name: str
    label: str
    usual: int
    least: int
    most: int
    words: str


def _knob(label: str, usual: int, least: int, most: int, words: str) -> Any:
    return field(default=usual, metadata={"label": label, "least": least, "most": most, "words": words})


@dataclass(frozen=True)
class Knobs:
    """How a bank chooses doors. Raises ValueError for a value out of bounds."""

    guaranteed_hours: int = _knob(
        "Hours an order keeps its door",
        24,
        0,
        720,
        "An order keeps its door for at least so many hours. After that, if the bank is full and a fresh order is in "
        "hand, the one that has waited longest goes to the counter and its shopper is told. 0: nobody ever has to go.",
    )
    waitlist_hours: int = _knob(
        "Hours an order waits for a door",
        24,
        0,
        720,
        "An order that found the bank full waits at the counter for a door, for so many hours; when one becomes free "
        "the newest order gets it. 0: what is at the counter stays there.",
    )
    moves: int = _knob(
        "Orders carried to make room",
        2,
        0,
        2,
        "So many smaller orders may be carried to smaller free doors to make room for a larger one. 0: nothing is "
        "carried from door to door.",
    )
    reloads: int = _knob(
        "Times an order may come back",
        0,
        0,
        3,
        "So many times an order that had to go to the counter may come back when several doors are free. Each costs a "
        "walk, so 0 unless staff have time.",
    )

    def __post_init__(self) -> None:
        for knob in explained():
            value = getattr(self, knob.name)
            if not knob.least <= value <= knob.most:
                raise ValueError(f"{knob.name} lies between {knob.least} and {knob.most}")

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Knobs:
        """The knobs as a bank keeps them; what is not said is the usual."""
        names = {knob.name for knob in fields(cls)}
        return cls(**{name: value for name, value in (kept or {}).items() if name in names})

    @classmethod
    def typed(cls, given: Mapping[str, str], before: Knobs) -> Knobs:
        """The same with what somebody typed; what is not given stays as it was. Raises Invalid, naming the knob."""
        values = asdict(before)
        for knob in explained():
            if knob.name in given:
                values[knob.name] = _read(knob, given[knob.name].strip())
        return cls(**values)

    def kept(self) -> dict[str, int]:
        """As a bank keeps them: only what is not the usual, so that a better usual reaches everybody."""
        return {knob.name: value for knob in explained() if (value := getattr(self, knob.name)) != knob.usual}


KnobsOf = Callable[[str], Knobs]
"""A bank's id → how it chooses doors."""


def _read(knob: Explained, text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 6 and knob.least <= int(text) <= knob.most:
        return int(text)
    raise Invalid("bad_knob", f"{knob.label}: give a whole number from {knob.least} to {knob.most}.")


def explained() -> list[Explained]:
    """Every knob with its words, as the page lists them."""
    return [Explained(knob.name, usual=knob.default, **knob.metadata) for knob in fields(Knobs)]
