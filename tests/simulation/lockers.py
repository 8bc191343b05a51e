"""A bank of the sandbox's doors on virtual time, and the line that a bridge's bus reads and writes."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any

from sandbox.lockbank.doors import Doors
from sandbox.lockbank.model import Board, Compartment
from sandbox.lockbank.protocols import Kerong16
from tests.simulation.outside import Clock


class Lockers(Doors):
    """Boards that speak real frames at the line's own pace; doors pop when their coil has pulled.

    It is the line as well, in the shape of `firmware_bridge.lines.Line`: who waits for an answer lets time pass.
    """

    def __init__(self, clock: Clock, placed: Iterable[Mapping[str, Any]], seed: int) -> None:
        super().__init__((), placed, seed)
        self.protocol = Kerong16()
        self._clock = clock
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._heard = b""

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self._time() + seconds, next(self._order), action))

    def pass_by(self, seconds: float) -> None:
        """Let time pass; what is due meanwhile is done at its time."""
        end = self._time() + seconds
        while self._due and self._due[0][0] <= end:
            at, _, action = heapq.heappop(self._due)
            self._clock.pass_by(max(0.0, at - self._time()))
            action()
        self._clock.pass_by(max(0.0, end - self._time()))

    def standing_open(self) -> list[Compartment]:
        """What anybody sees who stands before it."""
        return [box for box in self.compartments.values() if not box.shut]

    # The boards, as their protocol needs them.

    def listening(self, address: int) -> list[Board]:
        return [board for board in self.boards.values() if board.answers_to == address and not board.dead]

    def answer(self, board: Board, data: bytes) -> None:
        if not board.behaviour.silent:
            self._heard += data

    def reply(self) -> None:
        """Everything was said already."""

    # The line, as the bus needs it.

    def write(self, data: bytes) -> None:
        self.pass_by(_seconds(data))
        for frame, _ in self.protocol.requests(data):
            self.protocol.obey(frame, self)

    def read(self, seconds: float) -> bytes:
        heard, self._heard = self._heard, b""
        self.pass_by(_seconds(heard) if heard else seconds)
        return heard

    def close(self) -> None:
        self._heard = b""
        self.protocol.forget()

    def _time(self) -> float:
        return self._clock.now().timestamp()


def _seconds(data: bytes) -> float:
    return len(data) * 10 / Kerong16.baud
