"""The board's side of the KERONG CU16 line: written from the protocol, and on purpose not from the bridge's driver."""

from __future__ import annotations

from collections.abc import Iterator

STX, ETX = 0x02, 0x03
STATUS, UNLOCK, STATUS_ALL, UNLOCK_ALL, UNLOCK_TIME = 0x30, 0x31, 0x32, 0x33, 0x37
ANSWER, ANSWER_ALL, TIME_ANSWER = 0x35, 0x36, 0x38
LONGEST_REQUEST = 7


class Request:
    """One sound request: `board` and `lock` from its address byte, the command and any data bytes."""

    def __init__(self, frame: bytes) -> None:
        self.board, self.lock = frame[1] >> 4, frame[1] & 0x0F
        self.command = frame[2]
        self.data = frame[3:-2]


class RequestParser:
    """Finds requests in what the master sends; rubbish is skipped byte by byte."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> Iterator[Request]:
        self._held += data
        while self._held:
            length = self._sound()
            if length:
                frame, self._held = self._held[:length], self._held[length:]
                yield Request(frame)
            elif self._held[0] == STX and len(self._held) < LONGEST_REQUEST and not self._hopeless():
                return
            else:
                self._held = self._held[1:]

    def _sound(self) -> int:
        """The length of a sound request at the front, or 0. A request carries no, one or two data bytes."""
        for length in (5, 6, 7):
            frame = self._held[:length]
            if len(frame) == length and frame[0] == STX and frame[-2] == ETX and sum(frame[:-1]) & 0xFF == frame[-1]:
                return length
        return 0

    def _hopeless(self) -> bool:
        return len(self._held) > 2 and not 0x30 <= self._held[2] <= 0x40


def frame(address: int, command: int, data: bytes = b"") -> bytes:
    """An answer, check byte included."""
    body = bytes((STX, address, command)) + data + bytes((ETX,))
    return body + bytes((sum(body) & 0xFF,))
