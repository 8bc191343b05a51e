"""What a lock board's driver must provide. Drivers do no I/O and keep no state: `firmware_bridge.bus` owns the line."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from firmware_bridge.boards.options import Option, read_options
from firmware_bridge.boards.scanner import Scanner


@dataclass(frozen=True)
class Ask:
    """One question: the doors of one board that its answer covers. Boards that tell all at once have one of these."""

    board: int
    channels: tuple[int, ...]


@dataclass(frozen=True)
class BoardStatus:
    """One answer, by channel. A channel missing in `shut` is one the board cannot see; in `items`, one it cannot look
    into."""

    board: int
    shut: Mapping[int, bool]
    items: Mapping[int, bool]


@dataclass(frozen=True)
class OpenAnswer:
    """What a board says to an open. It proves nothing: only the sensor tells whether a door moved."""

    accepted: bool
    reason: str = ""
    """Why not: `cooldown`, `busy`, `failed` or `refused`."""


class LockBoard(ABC):
    """A board as one bank uses it. `turn` is a number that differs from one exchange to the next, for boards that
    give it back with their answer."""

    name: ClassVar[str]
    boards: ClassVar[range]
    """The addresses a board can have."""
    takes: ClassVar[Mapping[str, Option]] = {}
    """What a bank may set; see `options`."""
    baud: int = 9600
    """Of a serial line, 8N1; a TCP line has none."""
    channels: int
    """Doors on one board; channels count from 0."""
    reply_seconds: float
    """How long to wait for a status answer before the board counts as silent once."""
    pulse_seconds: float = 0.5
    """How long a coil is on; the next coil on the line waits for it."""
    settle_seconds: float
    """How long the line is left alone after an open, or until the board has answered it."""
    rest_seconds: float = 0.0
    """How long a coil rests before it is pulsed again."""
    gap_seconds: float = 0.0
    """Silence that the line needs between two frames."""
    can_echo: bool = True
    """False where no adapter can send our own bytes back to us."""

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        """Raises BadOptions, with a sentence for whoever set them."""
        self.options = read_options(self.name, self.takes, options or {})

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.options == other.options

    def __hash__(self) -> int:
        return hash(self.name)

    def asks(self, board: int, wired: tuple[int, ...]) -> tuple[Ask, ...]:
        """The questions that together cover these doors of a board."""
        return (Ask(board, wired),)

    @abstractmethod
    def ask_frame(self, ask: Ask, turn: int) -> bytes:
        """The bytes of a question. They can never fire a coil."""

    @abstractmethod
    def answers(self, ask: Ask, turn: int) -> Scanner[BoardStatus]:
        """Finds the answer to one question; another board's, and the question itself echoed, are not taken for it."""

    @abstractmethod
    def open_frame(self, board: int, channel: int, turn: int) -> bytes:
        """The bytes that fire one coil once, for a time the board keeps. Raises ValueError: no such lock."""

    def open_answers(self, board: int, channel: int, turn: int) -> Scanner[OpenAnswer] | None:
        """Finds what a board says to an open; None when it is not known to say anything dependable."""
        return None

    def pushes(self) -> Scanner[int] | None:
        """Finds the boards that speak without being asked. They are asked at once, and never believed."""
        return None

    def at_connect(self, board: int, turn: int) -> bytes | None:
        """What makes a board safe when the line opens. None where that could move a door."""
        return None

    def check(self, board: int, channel: int = 0) -> None:
        """Raises ValueError when no such board has such a lock."""
        if board not in self.boards or not 0 <= channel < self.channels:
            raise ValueError(f"no lock {channel} on board {board}")


def bits(data: bytes) -> dict[int, bool]:
    """Channels of a bit field: bit 0 of the first byte is channel 0."""
    word = int.from_bytes(data, "little")
    return {bit: bool(word >> bit & 1) for bit in range(len(data) * 8)}
