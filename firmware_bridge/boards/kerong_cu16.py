"""KERONG KR-CU16: up to ten boards of sixteen locks on one RS-485 line, 19200 8N1.

Request  02 ADDR CMD 03 SUM              ADDR: board in the high nibble, lock in the low; SUM: sum of the bytes before
Answer   02 ADDR 35 L1 L2 I1 I2 03 SUM   L: bit 0 is lock 1, 1 = shut; I: item sensors in the same order, 1 = something

An open (31) may be answered by a status frame, by rubbish, or not at all, so nobody waits for that answer. SUM is one
byte: about one in 256 damaged frames still passes, which is why `firmware_bridge.doors` wants two agreeing answers.
"""

from __future__ import annotations

from firmware_bridge.boards.contract import BoardStatus

STX, ETX = 0x02, 0x03
STATUS, OPEN, ANSWER = 0x30, 0x31, 0x35
ANSWER_LENGTH = 9


def _frame(*head: int) -> bytes:
    body = bytes((STX, *head, ETX))
    return body + bytes((sum(body) & 0xFF,))


class KerongCU16:
    """The classic CU frame. Timings: 500 ms is the maker's advice for solenoid locks."""

    name = "kerong-cu16"
    baud = 19200
    boards = range(10)
    channels = 16
    reply_seconds = 0.1
    pulse_seconds = 0.5
    settle_seconds = 0.03

    def ask_status(self, board: int) -> bytes:
        return _frame(self._address(board), STATUS)

    def open(self, board: int, channel: int) -> bytes:
        return _frame(self._address(board, channel), OPEN)

    def parser(self, board: int) -> AnswerParser:
        return AnswerParser(board, self._address(board))

    def _address(self, board: int, channel: int = 0) -> int:
        if board not in self.boards or not 0 <= channel < self.channels:
            raise ValueError(f"no lock {channel} on board {board}")
        return board << 4 | channel


class AnswerParser:
    """Finds one sound status answer in a stream of anything; holds at most one frame's worth of bytes."""

    def __init__(self, board: int, address: int) -> None:
        self._board = board
        self._head = bytes((STX, address, ANSWER))
        self._held = b""

    def feed(self, data: bytes) -> BoardStatus | None:
        held = self._held + data
        while held:
            if not self._head.startswith(held[: len(self._head)]):
                held = held[1:]
            elif len(held) < ANSWER_LENGTH:
                break
            elif held[7] == ETX and sum(held[:8]) & 0xFF == held[8]:
                self._held = b""
                return BoardStatus(self._board, _bits(held[3:5]), _bits(held[5:7]))
            else:
                held = held[1:]
        self._held = held
        return None


def _bits(pair: bytes) -> tuple[bool, ...]:
    word = int.from_bytes(pair, "little")
    return tuple(bool(word >> bit & 1) for bit in range(16))
