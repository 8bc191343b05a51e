"""What a commissioning has found so far: which door hangs on which coil. Pure; every step of it can be written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

SIZES = ("S", "M", "L", "XL")
LARGEST_NUMBER = 9999
Coil = tuple[int, int]
"""Board and channel."""


class BadDoor(ValueError):
    """A door that cannot be so; the text says why, for whoever typed it."""


@dataclass(frozen=True)
class Placed:
    """One door that was opened, seen and named. Rows count from the top, columns from the left, from 0."""

    number: int
    board: int
    channel: int
    size: str
    row: int
    column: int
    height: int = 1
    accessible: bool = False

    @property
    def coil(self) -> Coil:
        return self.board, self.channel


@dataclass
class Plan:
    """The doors in the order they were named, and the coils nothing hangs on."""

    boards: list[int] = field(default_factory=list)
    doors: list[Placed] = field(default_factory=list)
    skipped: list[Coil] = field(default_factory=list)

    def todo(self, channels: int) -> Iterator[Coil]:
        """The coils that nobody has looked at yet."""
        done = {door.coil for door in self.doors} | set(self.skipped)
        return (
            (board, channel) for board in self.boards for channel in range(channels) if (board, channel) not in done
        )

    def add(self, door: Placed) -> None:
        """Take a door. Raises BadDoor."""
        if not 1 <= door.number <= LARGEST_NUMBER:
            raise BadDoor(f"A door's number is from 1 to {LARGEST_NUMBER}.")
        if door.size not in SIZES:
            raise BadDoor(f"A size is one of {', '.join(SIZES)}.")
        if door.row < 0 or door.column < 0 or not 1 <= door.height <= 20:
            raise BadDoor("Rows and columns count from 1, and a door is 1 to 20 rows high.")
        for other in self.doors:
            if other.number == door.number:
                raise BadDoor(f"Door {door.number} was named already. Type undo if that was wrong.")
            apart = other.row + other.height <= door.row or door.row + door.height <= other.row
            if other.column == door.column and not apart:
                raise BadDoor(f"Door {other.number} is in that row and column already.")
        self.doors.append(door)

    def undo(self) -> Placed | None:
        """Forget the door that was named last; it comes again."""
        return self.doors.pop() if self.doors else None

    def suggest(self, coil: Coil, known: Mapping[Coil, Placed]) -> Placed:
        """What the door on this coil most probably is: as it was, or the next one down."""
        if coil in known and all(known[coil].number != door.number for door in self.doors):
            return known[coil]
        if not self.doors:
            return Placed(1, *coil, "M", 0, 0)
        last = self.doors[-1]
        free = max(door.number for door in self.doors) + 1
        return replace(last, number=free, board=coil[0], channel=coil[1], row=last.row + last.height)

    def lost(self, goods: set[int]) -> list[int]:
        """Doors with goods that were not found."""
        return sorted(goods - {door.number for door in self.doors})

    def written(self) -> dict[str, Any]:
        """As it is kept between two steps."""
        return {"boards": self.boards, "doors": [asdict(door) for door in self.doors], "skipped": self.skipped}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Plan:
        doors = [Placed(**door) for door in kept["doors"]]
        return cls(list(kept["boards"]), doors, [(board, channel) for board, channel in kept["skipped"]])


def verdict(coil: Coil, moved: set[Coil]) -> tuple[str, str]:
    """What the sensors saw after one coil was fired, as a word and as a sentence: right, none, other, or several."""
    if moved == {coil}:
        return "right", "One door opened, and its own sensor saw it."
    if not moved:
        return "none", "No sensor saw anything move."
    names = " and ".join(f"board {board} channel {channel + 1}" for board, channel in sorted(moved))
    here = f"board {coil[0]} channel {coil[1] + 1}"
    if len(moved) > 1:
        return (
            "several",
            f"{len(moved)} doors moved: {names}. Their coils are wired together, or two boards share an address.",
        )
    return "other", f"The coil of {here} opened the door whose sensor is at {names}: two plugs are swapped."
