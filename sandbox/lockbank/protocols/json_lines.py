"""The plain network board: a JSON object a line. It obeys a number once, and times its own coils."""

from __future__ import annotations

import json

from sandbox.lockbank.model import Board
from sandbox.lockbank.protocols.base import MAYBE, Machine, Protocol

LONGEST = 4096


class JsonBoard(Protocol):
    """What docs/add-a-board.md asks of a board that speaks JSON lines."""

    name = "json-lines"
    channels = 64

    def sound(self, held: bytes) -> int:
        end = held.find(b"\n")
        if end < 0:
            return MAYBE if len(held) < LONGEST else LONGEST
        return end + 1

    def obey(self, frame: bytes, machine: Machine) -> None:
        try:
            body = json.loads(frame)
            number, do, address = body["id"], body["do"], body["board"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        if type(number) is not int or type(address) is not int:
            return
        for board in machine.listening(address):
            if do == "status":
                machine.answer(board, _line({"id": number, "board": address, **self._states(board, machine)}))
            elif do == "open":
                result = self._open(board, body, machine)
                machine.answer(board, _line({"id": number, "board": address, "result": result}))

    def push(self, board: Board, channel: int) -> bytes:
        return _line({"moved": board.answers_to})

    def _open(self, board: Board, body: dict[str, object], machine: Machine) -> str:
        channel, pulse = body.get("channel"), body.get("pulse_ms")
        if type(channel) is not int or channel not in range(self.channels):
            return "refused"
        if type(pulse) is not int or not 100 <= pulse <= 3000:
            return "refused"
        if board.behaviour.reject:
            return board.behaviour.reject
        machine.fire(board, channel, seconds=pulse / 1000)
        return "accepted"

    def _states(self, board: Board, machine: Machine) -> dict[str, list[int]]:
        shut, full = board.shut(self.channels, machine.random), board.full(self.channels)
        return {
            "shut": [channel for channel in board.wired if shut[channel]],
            "open": [channel for channel in board.wired if not shut[channel]],
            "full": [channel for channel in board.wired if full[channel]],
            "empty": [channel for channel in board.wired if not full[channel]],
        }


def _line(body: dict[str, object]) -> bytes:
    return json.dumps(body).encode() + b"\n"
