"""What one board family speaks, from the board's side: written from the protocol, not from the bridge's driver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import ClassVar
from typing import Protocol as Shape

from sandbox.lockbank.model import Board

MAYBE = -1
"""A request may begin here, but is not complete."""
NONE = 0


class Machine(Shape):
    """What a protocol may do with the bank it runs on."""

    random: Random

    def listening(self, address: int) -> list[Board]: ...
    def answer(self, board: Board, data: bytes) -> None: ...
    def reply(self) -> None:
        """Send what was answered since the request; only what is answered later needs this."""

    def fire(self, board: Board, channel: int, seconds: float | None = 0.5) -> None: ...
    def later(self, seconds: float, action: Callable[[], None]) -> None: ...


class Protocol:
    """Finds requests in what the master sends, skipping rubbish byte by byte, and obeys them."""

    name: ClassVar[str]
    """As the bridge's registry calls it."""
    baud: int = 9600
    first: int = 0
    """The lowest address boards are given."""
    channels: int = 16

    def __init__(self) -> None:
        self._held = b""

    def forget(self) -> None:
        """The line was cut: nothing half-heard is left."""
        self._held = b""

    def requests(self, data: bytes) -> Iterator[tuple[bytes, int]]:
        """Every sound request that these bytes complete, with its length."""
        self._held += data
        while self._held:
            length = self.sound(self._held)
            if length > 0:
                frame, self._held = self._held[:length], self._held[length:]
                yield frame, length
            elif length == MAYBE:
                return
            else:
                self._held = self._held[1:]

    def sound(self, held: bytes) -> int:
        """The length of the sound request at the front, or MAYBE, or NONE."""
        raise NotImplementedError

    def obey(self, frame: bytes, machine: Machine) -> None:
        raise NotImplementedError

    def push(self, board: Board, channel: int) -> bytes:
        """What a board says by itself when a door moved; nothing on most."""
        return b""


def packed(flags: list[bool]) -> bytes:
    """Flags as bits, the first one bit 0 of the first byte."""
    word = sum(1 << bit for bit, flag in enumerate(flags) if flag)
    return word.to_bytes((len(flags) + 7) // 8, "little")


def with_sum(body: bytes) -> bytes:
    return body + bytes((sum(body) & 0xFF,))


def with_xor(body: bytes) -> bytes:
    check = 0
    for byte in body:
        check ^= byte
    return body + bytes((check,))
