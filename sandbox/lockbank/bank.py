"""The bank as a machine on a line: a thread that answers frames, fires coils, lets doors pop and can misbehave."""

from __future__ import annotations

import heapq
import itertools
import os
import select
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.lockbank.doors import Doors
from sandbox.lockbank.ends import PtyEnd, TcpEnd
from sandbox.lockbank.model import Board
from sandbox.lockbank.protocols import Kerong16, Protocol

SECONDS_A_BYTE = 10 / 19200


class LockBank(Doors):
    """`boards` boards of `channels` locks that speak `protocol`, behind a pseudo-terminal or, with `tcp`, a port.

    `doors` places the compartments, as mappings with number, board, channel, row, column, height, size; without it
    every channel has a door, numbered from 1. Use it as a context manager, or `start` and `stop` it.
    """

    def __init__(
        self,
        boards: int = 2,
        channels: int = 16,
        doors: Sequence[Mapping[str, Any]] | None = None,
        seed: int = 0,
        protocol: Protocol | None = None,
        tcp: bool = False,
    ) -> None:
        self.protocol = protocol or Kerong16()
        addresses = range(self.protocol.first, self.protocol.first + boards)
        placed = doors or [
            {
                "number": index * channels + channel + 1,
                "board": board,
                "channel": channel,
                "row": channel,
                "column": index,
            }
            for index, board in enumerate(addresses)
            for channel in range(channels)
        ]
        super().__init__(addresses, placed, seed)
        self.echo = False
        """The adapter gives the master its own bytes back."""
        self.heard: int = 0
        """How many sound requests came in."""
        self.unheard: int = 0
        """Bytes put on the line that nobody took."""
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._request_bytes = 0
        self._replies: list[tuple[Board, bytes]] = []
        self._end = TcpEnd() if tcp else PtyEnd()
        self._wake_read, self._wake_write = os.pipe()
        self._thread: threading.Thread | None = None
        self.plug()

    def __enter__(self) -> LockBank:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def path(self) -> str:
        """What a bridge opens: a link to the device, gone while it is unplugged, or tcp://host:port."""
        return self._end.address

    def link(self, path: Path | str) -> Path:
        """Keep a symbolic link to the device at this path too, while it is plugged in."""
        self._end.link(Path(path))
        return Path(path)

    def start(self) -> LockBank:
        self._thread = threading.Thread(target=self._serve, name="lockbank", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        thread, self._thread = self._thread, None
        os.write(self._wake_write, b"x")
        if thread is not None:
            thread.join(5)
        with self.lock:
            self._end.close()

    def unplug(self) -> None:
        """Pull the adapter: whoever holds the line gets errors."""
        with self.lock:
            self._end.unplug()

    def plug(self) -> None:
        """Plug the adapter in (again)."""
        with self.lock:
            self._end.plug()
            self.protocol.forget()
        os.write(self._wake_write, b"x")

    def say(self, data: bytes) -> None:
        """Put bytes on the line that nobody asked for."""
        self.later(0, lambda: self._say(data))

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something in so many seconds, on the bank's own thread."""
        with self.lock:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), action))
        if threading.current_thread() is not self._thread:
            os.write(self._wake_write, b"x")

    def answer(self, board: Board, data: bytes) -> None:
        """A board says something, as well as it can."""
        self._replies.append((board, data))

    def moved(self, board: Board, channel: int) -> None:
        if board.behaviour.pushes and not board.behaviour.silent and not board.dead:
            self.say(self.protocol.push(board, channel))

    def listening(self, address: int) -> list[Board]:
        """Every board set to this address that has power."""
        return [board for board in self.boards.values() if board.answers_to == address and not board.dead]

    def _serve(self) -> None:
        while self._thread is not None:
            with self.lock:
                now = time.monotonic()
                while self._due and self._due[0][0] <= now:
                    heapq.heappop(self._due)[2]()
                pause = self._due[0][0] - now if self._due else 1.0
                ends = [self._wake_read, *self._end.ends]
            try:
                ready, _, _ = select.select(ends, [], [], max(0.0, pause))
            except (OSError, ValueError):
                continue
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            with self.lock:
                for end in set(ready) & set(self._end.ends):
                    self._hear(self._end.hear(end))

    def _hear(self, data: bytes) -> None:
        if self.echo and data:
            self._say(data)
        for request, length in self.protocol.requests(data):
            self.heard += 1
            self._request_bytes = length
            self.protocol.obey(request, self)
            self.reply()

    def reply(self) -> None:
        """Send what the boards said to one request. On one pair of wires two who speak at once spoil each other."""
        replies, self._replies = self._replies, []
        for address in dict.fromkeys(board.answers_to for board, _ in replies):
            same = [self._spoiled(board, data) for board, data in replies if board.answers_to == address]
            heard = [data for data in same if data]
            if not heard:
                continue
            mixed = bytes(map(_both, *heard)) if len(heard) > 1 else heard[0]
            self._send(next(board for board, _ in replies if board.answers_to == address), mixed)

    def _spoiled(self, board: Board, answer: bytes) -> bytes:
        habit, chance = board.behaviour, self.random.random
        if habit.silent or board.dead:
            return b""
        if chance() < habit.corrupt:
            answer = answer[:-1] + bytes(((answer[-1] + 1 + self.random.randrange(255)) & 0xFF,))
        if chance() < habit.half:
            answer = answer[: self.random.randrange(1, len(answer))]
        if chance() < habit.garbage:
            answer = self.random.randbytes(self.random.randrange(1, 12)) + answer
        return answer

    def _send(self, board: Board, data: bytes) -> None:
        habit = board.behaviour
        wire = (self._request_bytes + len(data)) * 10 / self.protocol.baud if habit.paced else 0.0
        self.later(wire + habit.late, lambda: self._say(data))

    def _say(self, data: bytes) -> None:
        self.unheard += len(data) - self._end.say(data)


def _both(*levels: int) -> int:
    """Two drivers on one pair of wires: a dominant 0 wins, bit by bit."""
    mixed = 0xFF
    for level in levels:
        mixed &= level
    return mixed
