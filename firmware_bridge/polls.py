"""When which question is due. A board that stays silent is asked less often: its silence costs the others little."""

from __future__ import annotations

from collections.abc import Mapping

from firmware_bridge.boards import Ask, LockBoard
from firmware_bridge.trace import Health

IDLE_POLL_SECONDS = 0.25
BUSY_POLL_SECONDS = 0.02
SILENT_POLL_SECONDS = 2.0
FIRST_MISSES = 3
"""A board that misses this many answers in a row is asked one question every SILENT_POLL_SECONDS only."""
LOST_SHARE = 5
"""Waiting for a lost board takes at most one part in so many of the line's time."""


class Polls:
    """Every question there is to ask on one line, and how its board has been answering."""

    def __init__(self) -> None:
        self.health: dict[int, Health] = {}
        self._due: dict[Ask, float] = {}
        self._misses: dict[int, int] = {}
        self._wired: Mapping[int, tuple[int, ...]] = {}
        self._reply_seconds = 0.0

    def configure(self, driver: LockBoard, wiring: Mapping[int, tuple[int, ...]]) -> None:
        """Take the boards with their wired channels; what is known of them stays."""
        asks = [ask for board, wired in wiring.items() for ask in driver.asks(board, wired)]
        self._wired, self._reply_seconds = wiring, driver.reply_seconds
        self._due = {ask: self._due.get(ask, 0.0) for ask in asks}
        self._misses = {board: self._misses.get(board, 0) for board in wiring}
        self.health = {board: self.health.get(board) or Health() for board in wiring}

    def next(self, now: float, busy: tuple[int, int] | None) -> tuple[Ask | None, float]:
        """The question to ask now, or None and how many seconds until one is due. While a door is being opened, lost
        boards are left alone: nobody at that door waits for them.
        """
        for ask in self._due:
            if busy is not None and ask.board == busy[0] and busy[1] in ask.channels:
                self._due[ask] = min(self._due[ask], now + BUSY_POLL_SECONDS)
        asks = [ask for ask in self._due if busy is None or ask.board == busy[0] or not self.is_lost(ask.board)]
        if not asks:
            return None, IDLE_POLL_SECONDS
        ask = min(asks, key=self._due.__getitem__)
        pause = self._due[ask] - now
        return (None, pause) if pause > 0 else (ask, 0.0)

    def answered(self, ask: Ask, now: float, again: bool) -> None:
        """An answer came; `again`: it is worth another look at once."""
        if self._misses[ask.board]:
            self.hasten(ask.board)
        self._misses[ask.board] = 0
        self._due[ask] = now + (BUSY_POLL_SECONDS if again else IDLE_POLL_SECONDS)

    def missed(self, ask: Ask, now: float) -> Ask:
        """No answer came. Returns which doors that silences: the asked ones, or all of a board that goes on missing."""
        self._misses[ask.board] += 1
        lost, pause = self.is_lost(ask.board), IDLE_POLL_SECONDS
        if lost:
            pause = max(SILENT_POLL_SECONDS, (LOST_SHARE - 1) * self._reply_seconds * self.patience(ask.board))
        for each in self._due if lost else (ask,):
            if each.board == ask.board:
                self._due[each] = now + pause
        return Ask(ask.board, self._wired[ask.board]) if self._misses[ask.board] > 1 else ask

    def hasten(self, board: int, channel: int | None = None) -> None:
        """Something happened there: ask at once."""
        for ask in self._due:
            if ask.board == board and (channel is None or channel in ask.channels):
                self._due[ask] = 0.0

    def hasten_all(self) -> None:
        """The line is there (again)."""
        self._due = dict.fromkeys(self._due, 0.0)

    def patience(self, board: int) -> float:
        """How many times the usual wait this board gets: it may only be late."""
        return min(2.0, 1 + self._misses[board] / 2)

    def is_lost(self, board: int) -> bool:
        """Whether the board has not answered for long."""
        return self._misses[board] > FIRST_MISSES

    @property
    def all_lost(self) -> bool:
        return bool(self._misses) and all(map(self.is_lost, self._misses))

    @property
    def asks(self) -> tuple[Ask, ...]:
        return tuple(self._due)

    @property
    def wired(self) -> Mapping[int, tuple[int, ...]]:
        """The boards with their wired channels."""
        return self._wired
