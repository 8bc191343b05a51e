"""The "8A/80" boards of eight to twenty-four locks, sold under many names: 9600 8N1, addresses from 1.

Request  HDR BOARD LOCK FUNC BCC   BCC: all bytes before it XORed; LOCK from 1, 0 = all
Open     8A BB LL 11               answered after the attempt, by the same header with its result
Ask one  80 BB LL 33               answered by 80 BB LL STATE
Ask all  80 BB 00 33               answered by 80 BB S3 S2 S1 33, S1 bit 0 is lock 1; some firmware wants 99 for 33
Pushed   82 BB LL STATE            81 on other firmware; which STATE means what differs as well

What the states mean hangs on how the locks are wired, hence the option `feedback`: short when locked reads 11 and 1 for
shut, short when unlocked the opposite. The answer to a failed open is the very frame that asked for it, so that an
adapter's echo looks like a failure; both prove nothing here, since only the sensor decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from firmware_bridge.boards.contract import Ask, BoardStatus, LockBoard, OpenAnswer, bits
from firmware_bridge.boards.options import Choice, Option
from firmware_bridge.boards.scanner import MORE, SKIP, Found, Scanner, fixed

OPEN, QUERY = 0x8A, 0x80
PUSHES = (0x81, 0x82)
FIRE = 0x11
CLOSED_CIRCUIT, OPEN_CIRCUIT = 0x11, 0x00
LENGTH, ALL_LENGTH = 5, 7


class HJ8A80(LockBoard):
    """One question a board, or one a lock for firmware without the former."""

    name = "hj-8a80"
    boards = range(1, 33)
    channels = 24
    takes: ClassVar[Mapping[str, Option]] = {
        "feedback": Choice(("short-when-locked", "short-when-unlocked")),
        "ask": Choice(("all", "each")),
        "query": Choice(("33", "99")),
    }
    reply_seconds = 0.3
    settle_seconds = 1.0

    def asks(self, board: int, wired: tuple[int, ...]) -> tuple[Ask, ...]:
        if self.options["ask"] == "all":
            return super().asks(board, wired)
        return tuple(Ask(board, (channel,)) for channel in wired)

    def ask_frame(self, ask: Ask, turn: int) -> bytes:
        self.check(ask.board, ask.channels[0])
        if self.options["ask"] == "all":
            return _frame(QUERY, ask.board, 0, self._function())
        return _frame(QUERY, ask.board, ask.channels[0] + 1, self._function())

    def answers(self, ask: Ask, turn: int) -> Scanner[BoardStatus]:
        def all_doors(frame: bytes) -> BoardStatus | None:
            if frame[5] != self._function() or _xor(frame):
                return None
            told = bits(frame[4:1:-1])
            return BoardStatus(ask.board, {channel: told[channel] == self._locked() for channel in told}, {})

        def one_door(frame: bytes) -> BoardStatus | None:
            if frame[3] not in (CLOSED_CIRCUIT, OPEN_CIRCUIT) or _xor(frame):
                return None
            shut = (frame[3] == CLOSED_CIRCUIT) == self._locked()
            return BoardStatus(ask.board, {ask.channels[0]: shut}, {})

        if self.options["ask"] == "all":
            return fixed(bytes((QUERY, ask.board)), ALL_LENGTH, all_doors)
        return fixed(bytes((QUERY, ask.board, ask.channels[0] + 1)), LENGTH, one_door)

    def open_frame(self, board: int, channel: int, turn: int) -> bytes:
        self.check(board, channel)
        return _frame(OPEN, board, channel + 1, FIRE)

    def open_answers(self, board: int, channel: int, turn: int) -> Scanner[OpenAnswer]:
        def read(frame: bytes) -> OpenAnswer | None:
            told = frame[3] in (CLOSED_CIRCUIT, OPEN_CIRCUIT) and not _xor(frame)
            return OpenAnswer(accepted=True) if told else None

        return fixed(bytes((OPEN, board, channel + 1)), LENGTH, read)

    def pushes(self) -> Scanner[int]:
        def look(held: bytes) -> Found[int]:
            if held[0] not in PUSHES:
                return SKIP
            if len(held) < LENGTH:
                return MORE
            told = held[3] in (CLOSED_CIRCUIT, OPEN_CIRCUIT) and not _xor(held[:LENGTH]) and held[1] in self.boards
            return (LENGTH, held[1]) if told else SKIP

        return Scanner(look, LENGTH)

    def _function(self) -> int:
        return int(self.options["query"], 16)

    def _locked(self) -> bool:
        """Whether a closed circuit means a shut door."""
        return self.options["feedback"] == "short-when-locked"


def _frame(*head: int) -> bytes:
    return bytes((*head, _xor(bytes(head))))


def _xor(data: bytes) -> int:
    """0 for a sound frame with its check byte."""
    check = 0
    for byte in data:
        check ^= byte
    return check
