"""What a commissioning has found so far: which door hangs on which coil. Pure; every step of it can be written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from firmware_bridge.boards import BOARDS
from firmware_bridge.boards.options import Choice, Switch

SIZES = ("S", "M", "L", "XL")
COLD = ("", "chilled", "frozen")
"""How cold a door may be; the first is as warm as the room."""
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
    cold: str = ""

    @property
    def coil(self) -> Coil:
        return self.board, self.channel


@dataclass
class Plan:
    """The doors in the order they were named, and the coils nothing hangs on."""

    boards: list[int] = field(default_factory=list)
    doors: list[Placed] = field(default_factory=list)
    skipped: list[Coil] = field(default_factory=list)
    board: str = ""
    """Their kind, and how they differ from the usual."""
    options: dict[str, Any] = field(default_factory=dict)
    answered: list[list[Coil]] = field(default_factory=list)
    """The coils that each answer was about, in the order of the answers."""

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
        if door.cold not in COLD:
            raise BadDoor("A door is as warm as the room, chilled or frozen.")
        if door.row < 0 or door.column < 0 or not 1 <= door.height <= 20:
            raise BadDoor("Rows and columns count from 1, and a door is 1 to 20 rows high.")
        for other in self.doors:
            if other.number == door.number:
                raise BadDoor(f"Door {door.number} was named already. Take that back with undo if it was wrong.")
            apart = other.row + other.height <= door.row or door.row + door.height <= other.row
            if other.column == door.column and not apart:
                raise BadDoor(f"Door {other.number} is in that row and column already.")
        self.doors.append(door)
        self.answered.append([door.coil])

    def skip(self, *coils: Coil) -> None:
        """Nothing hangs on these."""
        self.skipped += coils
        self.answered.append(list(coils))

    def undo(self) -> Placed | Coil | None:
        """Take the last answer back: the door it named, or the first coil it passed. What it was about comes again."""
        if not self.answered:
            return None
        coils = self.answered.pop()
        door = next((door for door in self.doors if door.coil in coils), None)
        self.doors = [door for door in self.doors if door.coil not in coils]
        self.skipped = [coil for coil in self.skipped if coil not in coils]
        return door or coils[0]

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
        return {**vars(self), "doors": [asdict(door) for door in self.doors]}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Plan:
        return cls(
            boards=list(kept["boards"]),
            doors=[Placed(**door) for door in kept["doors"]],
            skipped=[(board, channel) for board, channel in kept["skipped"]],
            board=kept["board"],
            options=dict(kept["options"]),
            answered=[[(board, channel) for board, channel in coils] for coils in kept["answered"]],
        )


def verdict(coil: Coil, moved: set[Coil], fell: Set[Coil] = frozenset()) -> tuple[str, str]:
    """What the sensors saw after one coil was fired, as a word and as a sentence: right, none, other, several, or
    inverted. `moved` are the sensors that came to say open, `fell` those that came to say shut.
    """
    if not moved and coil in fell:
        return "inverted", "Its sensor says shut when the door opens: it speaks the other way round."
    moved = moved or fell
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


def turned(board: str, options: Mapping[str, Any]) -> dict[str, Any] | None:
    """The options with which these boards' sensors are read the other way round; None where there is no such option."""
    for name in ("feedback", "inputs_inverted"):
        option = BOARDS[board].takes.get(name)
        if isinstance(option, Switch):
            return {**options, name: not options.get(name, option.default)}
        if isinstance(option, Choice):
            here = options.get(name, option.default)
            return {**options, name: next(value for value in option.values if value != here)}
    return None
