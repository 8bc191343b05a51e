"""What a lock board's driver must provide. Drivers do no I/O: `firmware_bridge.bus` owns the line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class BoardStatus:
    """One board's whole answer. Index is the channel; `items` is None on boards without item sensors."""

    board: int
    shut: tuple[bool, ...]
    items: tuple[bool, ...] | None


class ReplyParser(Protocol):
    """Turns the bytes of one conversation into answers, whatever else is on the line."""

    def feed(self, data: bytes) -> BoardStatus | None:
        """Take what has arrived; the answer once it is complete and sound, else None."""


class LockBoard(Protocol):
    """What a driver says about its board."""

    name: str
    baud: int
    boards: range
    """The addresses a board can have."""
    channels: int
    """Doors on one board; channels count from 0."""
    reply_seconds: float
    """How long to wait for a status answer before the board counts as silent once."""
    pulse_seconds: float
    """How long a coil is on; the next coil on the line waits for it."""
    settle_seconds: float
    """How long the line is left alone after an open, since the board may or may not answer it."""

    def ask_status(self, board: int) -> bytes:
        """The frame that asks one board for all its doors."""

    def open(self, board: int, channel: int) -> bytes:
        """The frame that fires one coil once."""

    def parser(self, board: int) -> ReplyParser:
        """A fresh parser for the answer of one board; other boards' answers are not taken for it."""
