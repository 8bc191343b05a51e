"""KERONG KR-CU48 and CU48B: forty-eight locks a board on an RS-485 line, 19200 8N1.

Request  02 ADDR LOCK CMD 03 SUM          LOCK: 0 to 47, 30 = all; CMD: 60 status, 61 open
Answer   02 ADDR 30 75 S1..S6 I1..I6 03 SUM   S: bit 0 is lock 1, 1 = shut; I: item sensors in the same order

A short frame that follows an open says nothing dependable, so nobody waits for it.
"""

from __future__ import annotations

from firmware_bridge.boards.contract import Ask, BoardStatus, LockBoard, bits
from firmware_bridge.boards.scanner import Scanner, fixed

STX, ETX = 0x02, 0x03
STATUS, OPEN, ANSWER = 0x60, 0x61, 0x75
ALL = 0x30
ANSWER_LENGTH = 18


class KerongCU48B(LockBoard):
    """The frame with a LOCK byte of its own."""

    name = "kerong-cu48b"
    baud = 19200
    boards = range(10)
    channels = 48
    reply_seconds = 0.1
    settle_seconds = 0.03

    def ask_frame(self, ask: Ask, turn: int) -> bytes:
        self.check(ask.board)
        return self._frame(ask.board, ALL, STATUS)

    def answers(self, ask: Ask, turn: int) -> Scanner[BoardStatus]:
        def read(frame: bytes) -> BoardStatus | None:
            if frame[16] != ETX or sum(frame[:17]) & 0xFF != frame[17]:
                return None
            return BoardStatus(ask.board, bits(frame[4:10]), bits(frame[10:16]))

        return fixed(bytes((STX, ask.board, ALL, ANSWER)), ANSWER_LENGTH, read)

    def open_frame(self, board: int, channel: int, turn: int) -> bytes:
        self.check(board, channel)
        return self._frame(board, channel, OPEN)

    def _frame(self, board: int, lock: int, command: int) -> bytes:
        body = bytes((STX, board, lock, command, ETX))
        return body + bytes((sum(body) & 0xFF,))
