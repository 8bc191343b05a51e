"""What a bank's manager may set about the choice of doors, each with the words that the page shows beside it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple


class Explained(NamedTuple):
    """A knob for the page: its name, usual and allowed values, and what it does."""

    name: str
    usual: int
    least: int
    most: int
    words: str


def _knob(usual: int, least: int, most: int, words: str) -> Any:
    return field(default=usual, metadata={"least": least, "most": most, "words": words})


@dataclass(frozen=True)
class Knobs:
    """How a bank chooses doors. Raises ValueError for a value out of bounds."""

    guaranteed_hours: int = _knob(
        24,
        0,
        720,
        "An order keeps its door for at least so many hours. After that, if the bank is full and a fresh order is in "
        "hand, the one that has waited longest goes to the counter and its shopper is told. 0: nobody ever has to go.",
    )
    waitlist_hours: int = _knob(
        24,
        0,
        720,
        "An order that found the bank full waits at the counter for a door, for so many hours; when one becomes free "
        "the newest order gets it. 0: what is at the counter stays there.",
    )
    moves: int = _knob(
        2,
        0,
        2,
        "So many smaller orders may be carried to smaller free doors to make room for a larger one. 0: nothing is "
        "carried from door to door.",
    )
    reloads: int = _knob(
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


def explained() -> list[Explained]:
    """Every knob with its words, as the page lists them."""
    return [
        Explained(knob.name, knob.default, knob.metadata["least"], knob.metadata["most"], knob.metadata["words"])
        for knob in fields(Knobs)
    ]
