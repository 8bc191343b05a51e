"""Answers held back for a moment, until there is something new to say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from bopis import clock
from bopis.bell import BankListener
from bopis.bridges.models import DoorCommand
from bopis.db import Database

LOOK_EVERY = 1.0
LONGEST_HOLD = 8.0
PLACES = 6
"""So many answers may be held in one process; others are given at once, so that held ones never use up its threads."""
Seen = TypeVar("Seen")


class Holding:
    """Waits for news of a bank, heard or looked for."""

    def __init__(self, listener: BankListener) -> None:
        self._listener = listener
        self._places = threading.BoundedSemaphore(PLACES)

    def until_new(self, bank_id: str | None, look: Callable[[], Seen], is_new: Callable[[Seen], bool]) -> Seen:
        """What `look` sees as soon as it is new; what it sees now when no place is free or the time is over."""
        if not self._places.acquire(blocking=False):
            return look()
        try:
            return self._watch(bank_id, look, is_new, LONGEST_HOLD)
        finally:
            self._places.release()

    def until_settled(self, database: Database, bank_id: str, command_id: str, timeout: float) -> DoorCommand:
        """The command, settled by its bridge, or still waiting after `timeout` seconds."""

        def look() -> DoorCommand:
            with database.reading() as session:
                return session.get_one(DoorCommand, command_id)

        return self._watch(bank_id, look, lambda command: command.status != "waiting", timeout)

    def _watch(
        self, bank_id: str | None, look: Callable[[], Seen], is_new: Callable[[Seen], bool], timeout: float
    ) -> Seen:
        deadline = time.monotonic() + timeout
        while True:
            heard = self._listener.count(bank_id or "")
            seen = look()
            left = deadline - time.monotonic()
            if is_new(seen) or left <= 0:
                return seen
            self._listener.wait(bank_id or "", heard, min(LOOK_EVERY, left))


def is_past(command: DoorCommand) -> bool:
    """Whether a waiting command can no longer be obeyed."""
    return command.status == "waiting" and command.expires_at <= clock.now()
