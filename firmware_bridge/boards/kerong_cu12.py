"""KERONG KR-CU12 and NCU12L: twelve locks a board, 19200 8N1, or the same bytes through a TCP bridge.

Frame    02 ADDR LOCK CMD ASK LEN 03 SUM [DATA]   LOCK: 0 to 0B; CMD: 80 status, 81 open; ASK: 00 in requests
                                                  SUM: low byte of the sum of the seven before it and of DATA

DATA stands behind the check byte, so a frame's length is known only from LEN. A status answer carries two bytes, bit 0
is lock 1, 1 = shut. ASK in answers: 10 done, 11 failed, 12 timed out, 13 unknown command, 14 wrong check byte.
"""

from __future__ import annotations

from firmware_bridge.boards.contract import Ask, BoardStatus, LockBoard, OpenAnswer, bits
from firmware_bridge.boards.scanner import Scanner, fixed

STX, ETX = 0x02, 0x03
STATUS, OPEN = 0x80, 0x81
DONE = 0x10
REASONS = {0x11: "failed", 0x12: "busy", 0x13: "refused", 0x14: "refused"}
HEADER = 8
STATUS_BYTES = 2


class KerongCU12(LockBoard):
    """The frame with LOCK, ASK and LEN."""

    name = "kerong-cu12"
    baud = 19200
    boards = range(17)
    channels = 12
    reply_seconds = 0.1
    settle_seconds = 0.1

    def ask_frame(self, ask: Ask, turn: int) -> bytes:
        return self._frame(ask.board, 0, STATUS)

    def answers(self, ask: Ask, turn: int) -> Scanner[BoardStatus]:
        def read(frame: bytes) -> BoardStatus | None:
            if not _sound(frame):
                return None
            shut = bits(frame[HEADER:])
            return BoardStatus(ask.board, {channel: shut[channel] for channel in range(self.channels)}, {})

        head = bytes((STX, ask.board, 0, STATUS, DONE, STATUS_BYTES, ETX))
        return fixed(head, HEADER + STATUS_BYTES, read)

    def open_frame(self, board: int, channel: int, turn: int) -> bytes:
        return self._frame(board, channel, OPEN)

    def open_answers(self, board: int, channel: int, turn: int) -> Scanner[OpenAnswer]:
        def read(frame: bytes) -> OpenAnswer | None:
            said, length = frame[4], frame[5]
            if length or not _sound(frame) or said not in (DONE, *REASONS):
                return None
            return OpenAnswer(said == DONE, REASONS.get(said, ""))

        return fixed(bytes((STX, board, channel, OPEN)), HEADER, read)

    def _frame(self, board: int, lock: int, command: int) -> bytes:
        self.check(board, lock)
        body = bytes((STX, board, lock, command, 0, 0, ETX))
        return body + bytes((sum(body) & 0xFF,))


def _sound(frame: bytes) -> bool:
    return frame[6] == ETX and (sum(frame) - frame[7]) & 0xFF == frame[7]
