"""Winnsen and its like: sixteen locks a station, asked one by one, 9600 8N1, and no check byte at all.

Open     90 06 05 STATION LOCK 03   answered by 90 07 85 STATION LOCK RESULT 03: 01 done, 00 failed, 02 coil must cool
Ask      90 06 12 STATION LOCK 03   answered by 90 07 92 STATION STATE LOCK 03: 01 open, 00 shut

STATE and LOCK change places between the two answers. Without a check byte any damage to STATE passes, so all rests on
two agreeing answers; whatever is neither 00 nor 01 is no answer. LOCK counts from 1, STATION from 1 (0 on old boards).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from firmware_bridge.boards.contract import Ask, BoardStatus, LockBoard, OpenAnswer
from firmware_bridge.boards.options import Option, Whole
from firmware_bridge.boards.scanner import Scanner, fixed

HEAD, END = 0x90, 0x03
OPEN, ASK = 0x05, 0x12
OPEN_ANSWER, ASK_ANSWER = 0x85, 0x92
OPENED, FAILED, COOLING = 0x01, 0x00, 0x02
RESULTS = {OPENED: OpenAnswer(True), FAILED: OpenAnswer(False, "failed"), COOLING: OpenAnswer(False, "cooldown")}
STATES = {0x00: True, 0x01: False}
"""Whether the door is shut."""
ANSWER_LENGTH = 7


class Winnsen(LockBoard):
    """Every lock is a question of its own."""

    name = "winnsen"
    boards = range(5)
    channels = 16
    takes: ClassVar[Mapping[str, Option]] = {"rest_ms": Whole(5000, 0, 30000)}
    reply_seconds = 0.8
    settle_seconds = 0.5

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self.rest_seconds = self.options["rest_ms"] / 1000

    def asks(self, board: int, wired: tuple[int, ...]) -> tuple[Ask, ...]:
        return tuple(Ask(board, (channel,)) for channel in wired)

    def ask_frame(self, ask: Ask, turn: int) -> bytes:
        return self._frame(ASK, ask.board, ask.channels[0])

    def answers(self, ask: Ask, turn: int) -> Scanner[BoardStatus]:
        channel = ask.channels[0]

        def read(frame: bytes) -> BoardStatus | None:
            if frame[5:] != bytes((channel + 1, END)) or frame[4] not in STATES:
                return None
            return BoardStatus(ask.board, {channel: STATES[frame[4]]}, {})

        return fixed(bytes((HEAD, ANSWER_LENGTH, ASK_ANSWER, ask.board)), ANSWER_LENGTH, read)

    def open_frame(self, board: int, channel: int, turn: int) -> bytes:
        return self._frame(OPEN, board, channel)

    def open_answers(self, board: int, channel: int, turn: int) -> Scanner[OpenAnswer]:
        def read(frame: bytes) -> OpenAnswer | None:
            return RESULTS.get(frame[5]) if frame[6] == END else None

        return fixed(bytes((HEAD, ANSWER_LENGTH, OPEN_ANSWER, board, channel + 1)), ANSWER_LENGTH, read)

    def _frame(self, function: int, board: int, channel: int) -> bytes:
        self.check(board, channel)
        return bytes((HEAD, 6, function, board, channel + 1, END))
