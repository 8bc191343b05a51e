"""The serial line to the lock boards, owned by one thread: opens go ahead of polls, one coil at a time.

Half duplex: one question is on the line at a time. A board that stays silent is asked less often and never holds up
the others; a port that breaks is opened again with growing pauses. A pulse that could not be sent within a second is
dropped: by then nobody stands there expecting a door to move.
"""

from __future__ import annotations

import contextlib
import logging
import termios
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import serial

from firmware_bridge.boards import BoardStatus, LockBoard

log = logging.getLogger(__name__)

IDLE_POLL_SECONDS = 0.25
BUSY_POLL_SECONDS = 0.02
SILENT_POLL_SECONDS = 2.0
FIRST_MISSES = 3
"""A board that misses this many answers is asked every SILENT_POLL_SECONDS only."""
STALE_SECONDS = 1.0
REOPEN_SECONDS = (0.1, 5.0)
LINE_ERRORS = (OSError, termios.error)
"""serial.SerialException is an OSError; a vanished USB adapter also shows as termios.error."""


@dataclass(frozen=True)
class Pulse:
    """One coil to fire once, for one opening."""

    board: int
    channel: int
    opening: str


COIL_MARGIN_SECONDS = 0.05
"""Between two pulses: a frame may be late on the line, and no two coils may ever draw at once."""


class Listener(Protocol):
    """Who hears what the line says; called on the bus' thread."""

    def on_reading(self, board: int, status: BoardStatus | None) -> bool: ...
    def on_line_lost(self) -> None: ...
    def on_pulse(self, pulse: Pulse, sent: bool) -> None: ...
    def busy_board(self) -> int | None: ...


class Bus:
    """One line. `configure` says which boards hang on it; until then it stays shut."""

    def __init__(self, path: str, mono: Callable[[], float] = time.monotonic) -> None:
        self.connected = False
        self._path = path
        self._mono = mono
        self._news = threading.Condition()
        self._queue: deque[tuple[Pulse, float]] = deque()
        self._wanted: tuple[LockBoard, tuple[int, ...]] | None = None
        self._driver: LockBoard | None = None
        self._due: dict[int, float] = {}
        self._misses: dict[int, int] = {}
        self._coil_free = 0.0
        self._port: serial.Serial | None = None
        self._reopen_pause = REOPEN_SECONDS[0]
        self._reopen_at = 0.0
        self._stopped = False
        self.listener: Listener

    def configure(self, driver: LockBoard, boards: tuple[int, ...]) -> None:
        """Say what hangs on the line; it takes effect before the next question."""
        with self._news:
            self._wanted = (driver, boards)
            self._news.notify()

    def fire(self, pulse: Pulse) -> None:
        """Queue a pulse; the listener hears whether it went out."""
        with self._news:
            self._queue.append((pulse, self._mono()))
            self._news.notify()

    def stop(self) -> None:
        with self._news:
            self._stopped = True
            self._news.notify()

    def run(self) -> None:
        """Serve the line until stopped."""
        while not self._stopped:
            pause = self.step()
            with self._news:
                if pause > 0 and not self._stopped and not self._ready_pulse():
                    self._news.wait(pause)
        self._close()

    def step(self) -> float:
        """Do the one most urgent thing; returns how many seconds nothing else is due."""
        now = self._mono()
        self._rewire()
        pulse = self._take(now)
        if self._driver is None:
            return IDLE_POLL_SECONDS
        if self._port is None and not self._connect(now):
            return min(0.1, max(0.0, self._reopen_at - now))
        try:
            if pulse is not None:
                self._send(pulse)
                return 0.0
            return self._poll(now)
        except LINE_ERRORS as problem:
            self._break(problem)
            return 0.0

    def _rewire(self) -> None:
        with self._news:
            wanted, self._wanted = self._wanted, None
        if wanted is None:
            return
        driver, boards = wanted
        if driver is not self._driver:
            self._close()
        self._driver = driver
        self._due = {board: self._due.get(board, 0.0) for board in boards}
        self._misses = {board: self._misses.get(board, 0) for board in boards}

    def _ready_pulse(self) -> bool:
        return bool(self._queue) and self._port is not None and self._mono() >= self._coil_free

    def _take(self, now: float) -> Pulse | None:
        """The next pulse if the line may carry it; drops those that waited too long."""
        with self._news:
            stale = [pulse for pulse, at in self._queue if now - at > STALE_SECONDS]
            self._queue = deque((pulse, at) for pulse, at in self._queue if now - at <= STALE_SECONDS)
            ready = self._queue.popleft()[0] if self._ready_pulse() else None
        for pulse in stale:
            self.listener.on_pulse(pulse, sent=False)
        return ready

    def _send(self, pulse: Pulse) -> None:
        """Fire. The listener hears `sent` even when the line broke in the middle: it may have gone out."""
        try:
            self._port.write(self._driver.open(pulse.board, pulse.channel))
            self._port.flush()
        finally:
            self._coil_free = self._mono() + self._driver.pulse_seconds + COIL_MARGIN_SECONDS
            self.listener.on_pulse(pulse, sent=True)
        self._listen(self._driver.settle_seconds)
        self._due[pulse.board] = 0.0

    def _poll(self, now: float) -> float:
        busy = self.listener.busy_board()
        if busy in self._due:
            self._due[busy] = min(self._due[busy], now + BUSY_POLL_SECONDS)
        if not self._due:
            return IDLE_POLL_SECONDS
        board = min(self._due, key=lambda each: self._due[each])
        if self._due[board] > now:
            return self._due[board] - now
        status = self._ask(board)
        again = self.listener.on_reading(board, status)
        self._misses[board] = 0 if status else self._misses[board] + 1
        pause = SILENT_POLL_SECONDS if self._misses[board] > FIRST_MISSES else IDLE_POLL_SECONDS
        self._due[board] = self._mono() + (BUSY_POLL_SECONDS if again else pause)
        return 0.0

    def _ask(self, board: int) -> BoardStatus | None:
        port, parser = self._port, self._driver.parser(board)
        port.reset_input_buffer()
        port.write(self._driver.ask_status(board))
        patience = min(2.0, 1 + self._misses[board] / 2)
        until = self._mono() + self._driver.reply_seconds * patience
        while (left := until - self._mono()) > 0:
            port.timeout = left
            status = parser.feed(port.read(max(1, port.in_waiting)))
            if status is not None:
                return status
        return None

    def _listen(self, seconds: float) -> None:
        """Let the line settle and throw away what comes: nobody may mistake it for the answer to the next question."""
        until = self._mono() + seconds
        while (left := until - self._mono()) > 0:
            self._port.timeout = left
            self._port.read(64)

    def _connect(self, now: float) -> bool:
        if now < self._reopen_at:
            return False
        try:
            self._port = serial.Serial(self._path, self._driver.baud, timeout=0.1, write_timeout=1, exclusive=True)
        except (*LINE_ERRORS, ValueError) as problem:
            if self._reopen_pause == REOPEN_SECONDS[0]:
                log.error("the lock boards' line %s cannot be opened (%s); trying on", self._path, problem)
            self._reopen_at = now + self._reopen_pause
            self._reopen_pause = min(self._reopen_pause * 2, REOPEN_SECONDS[1])
            return False
        with contextlib.suppress(*LINE_ERRORS, ValueError):
            # USB adapters otherwise gather bytes for 16 ms; what has no such setting needs none.
            self._port.set_low_latency_mode(low_latency_settings=True)
        log.info("the lock boards' line %s is open", self._path)
        self._reopen_pause = REOPEN_SECONDS[0]
        self.connected = True
        self._due = dict.fromkeys(self._due, 0.0)
        return True

    def _break(self, problem: Exception) -> None:
        log.error("the lock boards' line broke (%s)", problem)
        self._close()
        self._reopen_at = self._mono() + self._reopen_pause
        self.listener.on_line_lost()

    def _close(self) -> None:
        self.connected = False
        if self._port is not None:
            with contextlib.suppress(*LINE_ERRORS):
                self._port.close()
            self._port = None
