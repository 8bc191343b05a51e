"""Winnsen-like stations: one lock at a time, no check byte, and a coil that must cool before it is pulsed again."""

from __future__ import annotations

import time

from sandbox.lockbank.protocols.base import MAYBE, NONE, Machine, Protocol

OPEN, ASK = 0x05, 0x12


class WinnsenStation(Protocol):
    """90 06 FUNC STATION LOCK 03."""

    name = "winnsen"
    first = 1

    def __init__(self, cools_seconds: float = 0.0) -> None:
        super().__init__()
        self._cools = cools_seconds
        self._fired: dict[tuple[int, int], float] = {}

    def sound(self, held: bytes) -> int:
        start = bytes((0x90, 0x06))
        if not start.startswith(held[:2]) or (len(held) > 2 and held[2] not in (OPEN, ASK)):
            return NONE
        if len(held) < 6:
            return MAYBE
        return 6 if held[5] == 0x03 and 1 <= held[4] <= 16 else NONE

    def obey(self, frame: bytes, machine: Machine) -> None:
        function, station, lock = frame[2:5]
        for board in machine.listening(station):
            if function == ASK:
                state = 0x00 if board.shut(16, machine.random)[lock - 1] else 0x01
                machine.answer(board, bytes((0x90, 0x07, 0x92, station, state, lock, 0x03)))
                continue
            key, now = (board.address, lock), time.monotonic()
            cooling = now - self._fired.get(key, -1e9) < self._cools or board.behaviour.reject == "cooldown"
            if not cooling:
                self._fired[key] = now
                machine.fire(board, lock - 1)
            machine.answer(board, bytes((0x90, 0x07, 0x85, station, lock, 0x02 if cooling else 0x01, 0x03)))
