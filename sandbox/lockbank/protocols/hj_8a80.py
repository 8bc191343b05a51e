"""The 8A/80 boards: five-byte frames, an XOR for a check byte, and lock wiring that turns every state round."""

from __future__ import annotations

from sandbox.lockbank.model import Board
from sandbox.lockbank.protocols.base import MAYBE, NONE, Machine, Protocol, with_xor

TRIES_SECONDS = 0.2
"""The answer to an open comes after the attempt."""


class Hj8a80(Protocol):
    """HDR BOARD LOCK FUNC BCC, answered after the attempt. `locked_is_short` is the wiring of the locks."""

    name = "hj-8a80"
    first = 1
    channels = 24

    def __init__(self, locked_is_short: bool = True, query: int = 0x33, push_head: int = 0x82) -> None:
        super().__init__()
        self._short, self._query, self._push_head = locked_is_short, query, push_head

    def sound(self, held: bytes) -> int:
        if held[0] not in (0x8A, 0x80, 0x9A, 0x9B, 0x9D):
            return NONE
        if len(held) < 5:
            return MAYBE
        return 5 if with_xor(held[:4]) == held[:5] else NONE

    def obey(self, frame: bytes, machine: Machine) -> None:
        head, address, lock, function = frame[:4]
        for board in machine.listening(address):
            if head == 0x8A and function == 0x11 and 0 < lock <= 24:
                machine.fire(board, lock - 1)
                machine.later(TRIES_SECONDS, lambda board=board: self._tell_attempt(board, lock, machine))
            elif head == 0x80 and function == self._query:
                told = self._states(board, machine)
                if lock == 0:
                    word = sum(1 << bit for bit, short in enumerate(told) if short)
                    machine.answer(board, with_xor(bytes((0x80, address, *word.to_bytes(3, "big"), function))))
                elif lock <= 24:
                    machine.answer(board, with_xor(bytes((0x80, address, lock, 0x11 if told[lock - 1] else 0x00))))

    def push(self, board: Board, channel: int) -> bytes:
        short = board.wired[channel].reads_shut == self._short
        return with_xor(bytes((self._push_head, board.answers_to, channel + 1, 0x11 if short else 0x00)))

    def _tell_attempt(self, board: Board, lock: int, machine: Machine) -> None:
        short = self._states(board, machine)[lock - 1]
        machine.answer(board, with_xor(bytes((0x8A, board.answers_to, lock, 0x11 if short else 0x00))))
        machine.reply()

    def _states(self, board: Board, machine: Machine) -> list[bool]:
        """Which feedback circuits are closed."""
        return [shut == self._short for shut in board.shut(24, machine.random)]
