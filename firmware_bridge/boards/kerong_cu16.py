"""KERONG KR-CU16: up to ten boards of sixteen locks on one RS-485 line, 19200 8N1.

Request  02 ADDR CMD 03 SUM              ADDR: board in the high nibble, lock in the low; SUM: sum of the bytes before
Answer   02 ADDR 35 L1 L2 I1 I2 03 SUM   L: bit 0 is lock 1, 1 = shut; I: item sensors in the same order, 1 = something

An open (31) may be answered by a status frame, by rubbish, or not at all, so nobody waits for that answer. SUM is one
byte: about one in 256 damaged frames still passes, which is why `firmware_bridge.doors` wants two agreeing answers.
500 ms is the maker's advice for solenoid locks.
"""

from __future__ import annotations

from firmware_bridge.boards.contract import Ask, BoardStatus, LockBoard, bits
from firmware_bridge.boards.scanner import Scanner, fixed

STX, ETX = 0x02, 0x03
STATUS, OPEN, ANSWER = 0x30, 0x31, 0x35
ANSWER_LENGTH = 9


class KerongCU16(LockBoard):
    """The classic CU frame."""

    name = "kerong-cu16"
    baud = 19200
    boards = range(10)
    channels = 16
    reply_seconds = 0.1
    settle_seconds = 0.03

    def ask_frame(self, ask: Ask, turn: int) -> bytes:
        return self._frame(STATUS, ask.board)

    def answers(self, ask: Ask, turn: int) -> Scanner[BoardStatus]:
        def read(frame: bytes) -> BoardStatus | None:
            if frame[7] != ETX or sum(frame[:8]) & 0xFF != frame[8]:
                return None
            return BoardStatus(ask.board, bits(frame[3:5]), bits(frame[5:7]))

        return fixed(bytes((STX, ask.board << 4, ANSWER)), ANSWER_LENGTH, read)

    def open_frame(self, board: int, channel: int, turn: int) -> bytes:
        return self._frame(OPEN, board, channel)

    def _frame(self, command: int, board: int, channel: int = 0) -> bytes:
        self.check(board, channel)
        body = bytes((STX, board << 4 | channel, command, ETX))
        return body + bytes((sum(body) & 0xFF,))
