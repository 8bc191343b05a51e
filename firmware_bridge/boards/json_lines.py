"""The plain network board: one JSON object a line over TCP, for whoever builds a board and may choose its protocol.

Ask      {"id": 17, "do": "status", "board": 1}
         {"id": 17, "board": 1, "shut": [0, 1], "open": [2], "full": [1], "empty": [0, 2]}
Open     {"id": 18, "do": "open", "board": 1, "channel": 2, "pulse_ms": 500}
         {"id": 18, "board": 1, "result": "accepted"}           or cooldown, busy, refused
Pushed   {"moved": 1}

An answer repeats `id` and `board`. A channel in neither `shut` nor `open` is one the board cannot see; in neither
`full` nor `empty`, one it cannot look into. The board keeps the pulse's time, and obeys an `id` at most once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from firmware_bridge.boards.contract import Ask, BoardStatus, LockBoard, OpenAnswer
from firmware_bridge.boards.options import PULSE_MS, Option, Whole
from firmware_bridge.boards.scanner import MORE, Found, Scanner

LONGEST_LINE = 4096
REASONS = ("cooldown", "busy", "refused")


class JsonLines(LockBoard):
    """Documented for developers of boards in docs/add-a-board.md."""

    name = "json-lines"
    boards = range(256)
    takes: ClassVar[Mapping[str, Option]] = {"channels": Whole(64, 1, 256), "pulse_ms": PULSE_MS}
    reply_seconds = 0.3
    settle_seconds = 0.3
    can_echo = False

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self.channels = self.options["channels"]
        self.pulse_seconds = self.options["pulse_ms"] / 1000

    def ask_frame(self, ask: Ask, turn: int) -> bytes:
        self.check(ask.board)
        return _line(id=turn, do="status", board=ask.board)

    def answers(self, ask: Ask, turn: int) -> Scanner[BoardStatus]:
        def read(body: dict[str, Any]) -> BoardStatus | None:
            if not _is(body, id=turn, board=ask.board) or not {"shut", "open"} <= body.keys():
                return None
            shut, items = self._states(body, "shut", "open"), self._states(body, "full", "empty")
            return None if shut is None or items is None else BoardStatus(ask.board, shut, items)

        return _lines(read)

    def open_frame(self, board: int, channel: int, turn: int) -> bytes:
        self.check(board, channel)
        return _line(id=turn, do="open", board=board, channel=channel, pulse_ms=self.options["pulse_ms"])

    def open_answers(self, board: int, channel: int, turn: int) -> Scanner[OpenAnswer]:
        def read(body: dict[str, Any]) -> OpenAnswer | None:
            result = body.get("result")
            if not _is(body, id=turn, board=board) or result not in ("accepted", *REASONS):
                return None
            return OpenAnswer(True) if result == "accepted" else OpenAnswer(False, result)

        return _lines(read)

    def pushes(self) -> Scanner[int]:
        def read(body: dict[str, Any]) -> int | None:
            board = body.get("moved")
            return board if type(board) is int and board in self.boards else None

        return _lines(read)

    def _states(self, body: dict[str, Any], yes: str, no: str) -> dict[int, bool] | None:
        """The two lists as one mapping; None when a channel stands in both or is none of ours."""
        lists = body.get(yes, []), body.get(no, [])
        if not all(isinstance(each, list) for each in lists):
            return None
        named = [*lists[0], *lists[1]]
        if not all(type(channel) is int and 0 <= channel < self.channels for channel in named):
            return None
        if len(set(named)) != len(named):
            return None
        return dict.fromkeys(lists[0], True) | dict.fromkeys(lists[1], False)


def _line(**body: Any) -> bytes:
    return json.dumps(body).encode() + b"\n"


def _is(body: dict[str, Any], **expected: int) -> bool:
    return all(type(body.get(name)) is int and body[name] == value for name, value in expected.items())


def _lines(read: Callable[[dict[str, Any]], Any]) -> Scanner[Any]:
    def look(held: bytes) -> Found[Any]:
        end = held.find(b"\n")
        if end < 0:
            return (LONGEST_LINE, None) if len(held) >= LONGEST_LINE else MORE
        try:
            body = json.loads(held[:end])
        except (ValueError, RecursionError):
            return end + 1, None
        return end + 1, read(body) if isinstance(body, dict) else None

    return Scanner(look, LONGEST_LINE)
