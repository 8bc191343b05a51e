"""One open line as the bus uses it: questions with their answers, without our own echo, every byte traced."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from firmware_bridge.boards import LockBoard, Scanner
from firmware_bridge.lines import Line
from firmware_bridge.trace import Trace

T = TypeVar("T")
DRAIN_READS = 16
"""A line that never falls silent is spoken over after so many."""
QUIET_SECONDS = 0.02
ECHO_SECONDS = 0.5
"""An echo comes at once; a busy computer may be late to look."""


class Talk:
    """`overheard` hears every byte that comes in, asked for or not."""

    def __init__(
        self,
        line: Line,
        driver: LockBoard,
        trace: Trace,
        overheard: Callable[[bytes], None],
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self._line, self._driver, self._trace, self._overheard, self._mono = line, driver, trace, overheard, mono
        self._echoes = False
        self._echo = b""
        """Of our last frame, what the adapter still owes us."""
        self._free_at = 0.0

    def fileno(self) -> int:
        return self._line.fileno()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._line.close()

    def say(self, frame: bytes) -> None:
        """Put a frame on the line; what came before it answers nothing."""
        for _ in range(DRAIN_READS):
            if not self._hear(0):
                break
        if (pause := self._free_at - self._mono()) > 0:
            time.sleep(pause)
        self._trace.note("out", frame)
        self._echo = frame if self._echoes else b""
        self._line.write(frame)
        self._free_at = self._mono() + self._driver.gap_seconds

    def answer(
        self, scanner: Scanner[T], seconds: float, hurry: Callable[[], bool] = lambda: False
    ) -> tuple[T | None, bool]:
        """Wait for an answer; `hurry` may end the wait. Also says whether anything came at all."""
        came = False
        for data in self._within(seconds, hurry):
            came = True
            if found := scanner.feed(data):
                return found[0], came
        return None, came

    def hush(self, seconds: float) -> None:
        """Let the line settle and throw away what comes: nobody may mistake it for the answer to the next question."""
        for _ in self._within(seconds):
            pass

    def settle(self, seconds: float) -> None:
        """Wait for whatever a board says to what was no question, no longer than it takes."""
        for _ in self._within(seconds):
            break
        self.hush(QUIET_SECONDS)

    def listen(self) -> None:
        """Take what has come by itself."""
        self._hear(0)

    def find_echo(self, frame: bytes) -> None:
        """Say something harmless, and learn whether the adapter gives our own bytes back to us."""
        self._echoes, came = False, bytearray()

        def known() -> bool:
            return len(came) >= len(frame) or not frame.startswith(bytes(came))

        self.say(frame)
        for data in self._within(max(ECHO_SECONDS, self._driver.reply_seconds), known):
            came.extend(data)
        self._echoes = came.startswith(frame)
        self.hush(QUIET_SECONDS)

    @property
    def echoes(self) -> bool:
        return self._echoes

    def _within(self, seconds: float, over: Callable[[], bool] = lambda: False) -> Iterator[bytes]:
        until = self._mono() + seconds
        while (left := until - self._mono()) > 0 and not over():
            if data := self._hear(min(left, QUIET_SECONDS)):
                yield data

    def _hear(self, seconds: float) -> bytes:
        data = self._line.read(seconds)
        if not data:
            return b""
        self._free_at = self._mono() + self._driver.gap_seconds
        data = self._without_echo(data)
        if data:
            self._trace.note("in", data)
            self._overheard(data)
        return data

    def _without_echo(self, data: bytes) -> bytes:
        """Strip exactly the bytes we sent, if they are what comes; a damaged echo is noise like any other."""
        same = min(len(data), len(self._echo))
        if not same:
            return data
        if data[:same] != self._echo[:same]:
            self._echo = b""
            return data
        self._trace.note("echo", data[:same])
        self._echo = self._echo[same:]
        return data[same:]
