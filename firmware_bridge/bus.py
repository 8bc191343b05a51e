"""The line to the lock boards, owned by one thread: opens go ahead of polls, one coil at a time.

Half duplex: one question is on the line at a time. A board that stays silent is asked less often and never holds up
the others; a line that breaks is opened again with growing pauses. A pulse that could not be sent within a second is
dropped: by then nobody stands there expecting a door to move. What a board says by itself is never believed: it is
asked at once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from firmware_bridge.boards import Ask, BoardStatus, LockBoard
from firmware_bridge.failpoints import reached
from firmware_bridge.lines import LINE_ERRORS, open_line
from firmware_bridge.listener import Listener, Pulse
from firmware_bridge.polls import IDLE_POLL_SECONDS, Polls
from firmware_bridge.talk import Talk
from firmware_bridge.trace import Trace

log = logging.getLogger(__name__)

STALE_SECONDS = 1.0
REOPEN_SECONDS = (0.1, 5.0)
DEAF_SECONDS = 30.0
"""A line on which no board has answered for so long is opened anew: adapters have been seen to hang."""
COIL_MARGIN_SECONDS = 0.05
"""Between two pulses: a frame may be late on the line, and no two coils may ever draw at once."""


class Bus:
    """One line. `configure` says which boards hang on it; until then it stays shut."""

    def __init__(self, address: str, mono: Callable[[], float] = time.monotonic) -> None:
        self.connected = False
        self.beats = 0
        """Goes up as long as the line is served."""
        self.trace = Trace(mono)
        self._address = address
        self._moving: str | None = None
        self._mono = mono
        self._news = threading.Lock()
        self._wake_read, self._wake_write = os.pipe()
        self._queue: deque[tuple[Pulse, float]] = deque()
        self._wanted: tuple[LockBoard, Mapping[int, tuple[int, ...]]] | None = None
        self._driver: LockBoard | None = None
        self._polls = Polls()
        self._pushes: Any = None
        self._coil_free = 0.0
        self._talk: Talk | None = None
        self._turn = 0
        self._answered_at = 0.0
        self._reopen_pause = REOPEN_SECONDS[0]
        self._reopen_at = 0.0
        self._stopped = False
        self.listener: Listener

    def configure(self, driver: LockBoard, wiring: Mapping[int, tuple[int, ...]]) -> None:
        """Say what hangs on the line, boards with their wired channels; it takes effect before the next question."""
        with self._news:
            self._wanted = (driver, wiring)
        self._wake()

    def move(self, address: str) -> None:
        """The boards hang on this line from now on."""
        with self._news:
            self._moving = address
        self._wake()

    def fire(self, pulse: Pulse) -> None:
        """Queue a pulse, whose intent is journaled; the listener hears whether it went out."""
        with self._news:
            self._queue.append((pulse, self._mono()))
        self._wake()

    def stop(self) -> None:
        self._stopped = True
        self._wake()

    def health(self) -> dict[int, dict[str, Any]]:
        """Each board's counters and error rate."""
        return {board: health.facts() for board, health in self._polls.health.items()}

    def run(self) -> None:
        """Serve the line until stopped."""
        while not self._stopped:
            self._rest(self.step())
            self.beats += 1
        self._close()
        with self._news:
            for end in (self._wake_read, self._wake_write):
                os.close(end)
            self._wake_write = -1

    def step(self) -> float:
        """Do the one most urgent thing; returns how many seconds nothing else is due."""
        now = self._mono()
        self._rewire()
        pulse = self._take(now)
        if self._driver is None:
            return IDLE_POLL_SECONDS
        if self._talk is None and now < self._reopen_at:
            return min(0.1, self._reopen_at - now)
        try:
            if self._talk is None:
                return self._connect(now)
            if pulse is not None:
                self._send(pulse)
                return 0.0
            return min(self._poll(now), self._until_pulse(now))
        except LINE_ERRORS as problem:
            self._break(problem)
            return 0.0

    def _wake(self) -> None:
        with self._news:
            if self._wake_write >= 0:
                os.write(self._wake_write, b"x")

    def _rest(self, seconds: float) -> None:
        """Wait until something is due, somebody wants something, or a board speaks by itself."""
        if seconds <= 0:
            return
        ends = [self._wake_read, *([self._talk] if self._talk else [])]
        ready, _, _ = select.select(ends, [], [], seconds)
        if self._wake_read in ready:
            os.read(self._wake_read, 4096)
        if self._talk in ready:
            try:
                self._talk.listen()
            except LINE_ERRORS as problem:
                self._break(problem)

    def _rewire(self) -> None:
        with self._news:
            wanted, self._wanted = self._wanted, None
            moving, self._moving = self._moving, None
        if moving not in (None, self._address):
            self._address, self._reopen_at = moving, 0.0
            self._drop(lambda at: True)
            self._close()
        if wanted is None:
            return
        driver, wiring = wanted
        if driver != self._driver:
            self._close()
        if driver != self._driver or wiring != self._polls.wired:
            # What was meant for the old wiring may move another door on the new one.
            self._drop(lambda at: True)
        self._driver, self._pushes = driver, driver.pushes()
        self._polls.configure(driver, wiring)

    def _ready_pulse(self) -> bool:
        return bool(self._queue) and self._talk is not None and self._mono() >= self._coil_free

    def _until_pulse(self, now: float) -> float:
        return self._coil_free - now if self._queue else IDLE_POLL_SECONDS

    def _take(self, now: float) -> Pulse | None:
        """The next pulse if the line may carry it; drops those that waited too long."""
        self._drop(lambda at: now - at > STALE_SECONDS)
        with self._news:
            return self._queue.popleft()[0] if self._ready_pulse() else None

    def _drop(self, unwanted: Callable[[float], bool]) -> None:
        """Forget pulses by when they were queued; the listener hears that they were not sent."""
        with self._news:
            dropped = [pulse for pulse, at in self._queue if unwanted(at)]
            self._queue = deque((pulse, at) for pulse, at in self._queue if not unwanted(at))
        for pulse in dropped:
            self.listener.on_pulse(pulse, sent=False)

    def _send(self, pulse: Pulse) -> None:
        """Fire. The listener hears `sent` even when the line broke in the middle: it may have gone out."""
        turn, driver, health = self._next_turn(), self._driver, self._polls.health[pulse.board]
        scanner = driver.open_answers(pulse.board, pulse.channel, turn)
        try:
            self._talk.say(driver.open_frame(pulse.board, pulse.channel, turn))
            reached("pulse_sent")
        finally:
            health.pulsed += 1
            self._coil_free = self._mono() + driver.pulse_seconds + COIL_MARGIN_SECONDS
            self.listener.on_pulse(pulse, sent=True)
        self._polls.hasten(pulse.board, pulse.channel)
        if scanner is None:
            self._talk.hush(driver.settle_seconds)
            return
        answer, _ = self._talk.answer(scanner, driver.settle_seconds)
        if answer is not None and not answer.accepted:
            health.rejected += 1
            log.warning("board %d, channel %d: the pulse was rejected (%s)", pulse.board, pulse.channel, answer.reason)
            self.listener.on_rejected(pulse, answer.reason)

    def _poll(self, now: float) -> float:
        ask, pause = self._polls.next(now, self.listener.busy())
        if ask is None:
            return pause
        status = self._ask(ask)
        now = self._mono()
        if status is not None:
            self._answered_at, self._reopen_pause = now, REOPEN_SECONDS[0]
            self._polls.answered(ask, now, self.listener.on_reading(ask, status))
            return 0.0
        self.listener.on_reading(self._polls.missed(ask, now), None)
        if self._polls.all_lost and now - self._answered_at > DEAF_SECONDS:
            raise ConnectionError(f"no board has answered for {DEAF_SECONDS:.0f} s")
        return 0.0

    def _ask(self, ask: Ask) -> BoardStatus | None:
        turn, health = self._next_turn(), self._polls.health[ask.board]
        scanner = self._driver.answers(ask, turn)
        health.asked += 1
        self._talk.say(self._driver.ask_frame(ask, turn))
        seconds = self._driver.reply_seconds * self._polls.patience(ask.board)
        # Who opens a door does not wait for a board that is most likely dead.
        status, came = self._talk.answer(
            scanner, seconds, lambda: self._polls.is_lost(ask.board) and self._ready_pulse()
        )
        name = "answered" if status is not None else "damaged" if came else "silent"
        setattr(health, name, getattr(health, name) + 1)
        return status

    def _next_turn(self) -> int:
        self._turn = (self._turn + 1) & 0xFFFF
        return self._turn

    def _overheard(self, data: bytes) -> None:
        if self._pushes is None:
            return
        for board in self._pushes.feed(data):
            if board in self._polls.health:
                self._polls.health[board].pushed += 1
                self._polls.hasten(board)

    def _connect(self, now: float) -> float:
        try:
            line = open_line(self._address, self._driver.baud)
        except (*LINE_ERRORS, ValueError) as problem:
            if self._reopen_pause == REOPEN_SECONDS[0]:
                log.error("the lock boards' line %s cannot be opened (%s); trying on", self._address, problem)
            self._wait_longer(now)
            return min(0.1, self._reopen_at - now)
        self._talk = Talk(line, self._driver, self.trace, self._overheard, self._mono)
        self._greet()
        log.info("the lock boards' line %s is open%s", self._address, ", with an echo" if self._talk.echoes else "")
        self.connected = True
        self._answered_at = self._mono()
        self._polls.hasten_all()
        return 0.0

    def _greet(self) -> None:
        """Learn whether the line echoes, and make each board safe that has a way to; a dead one holds up nobody."""
        if self._driver.can_echo and self._polls.asks:
            self._talk.find_echo(self._driver.ask_frame(self._polls.asks[0], self._next_turn()))
        for board in self._polls.wired:
            frame = self._driver.at_connect(board, self._next_turn())
            if frame is not None:
                self._talk.say(frame)
                self._talk.settle(self._driver.settle_seconds)

    def _break(self, problem: Exception) -> None:
        log.error("the lock boards' line broke (%s)", problem)
        self._close()
        self._wait_longer(self._mono())
        self.listener.on_line_lost()

    def _wait_longer(self, now: float) -> None:
        """Before the line is opened again; a line that opens and says nothing is no better than one that does not."""
        self._reopen_at = now + self._reopen_pause
        self._reopen_pause = min(self._reopen_pause * 2, REOPEN_SECONDS[1])

    def _close(self) -> None:
        self.connected = False
        if self._talk is not None:
            with contextlib.suppress(*LINE_ERRORS):
                self._talk.close()
            self._talk = None
