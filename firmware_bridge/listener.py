"""What the line to the boards is asked for, and who hears what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from firmware_bridge.boards import Ask, BoardStatus


@dataclass(frozen=True)
class Pulse:
    """One coil to fire once, for one opening."""

    board: int
    channel: int
    opening: str


class Listener(Protocol):
    """Who hears what the line says; called on the bus' thread."""

    def on_reading(self, ask: Ask, status: BoardStatus | None) -> bool: ...
    def on_line_lost(self) -> None: ...
    def on_pulse(self, pulse: Pulse, sent: bool) -> None: ...
    def on_rejected(self, pulse: Pulse, reason: str) -> None: ...
    def busy(self) -> tuple[int, int] | None: ...
