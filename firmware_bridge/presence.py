"""Who of the staff stands at the bank: proved by reading the code on the kiosk's screen into the handheld.

The code changes every 30 seconds and the one before is good for as long again; a wrong one is counted on the disk
before it is answered.
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Callable

from firmware_bridge.bank import Refused
from firmware_bridge.journal import Journal
from firmware_bridge.protocol.wire import PRESENCE_MINUTES

ROTATE_SECONDS = 30
WRONG_CODES = 5
PAUSE_SECONDS = 300


class Presence:
    """The rotating code and the staff sessions it opens."""

    def __init__(self, journal: Journal, digits: Callable[[], str], new_id: Callable[[], str]) -> None:
        """`digits` draws six random digits."""
        self._journal = journal
        self._digits = digits
        self._new_id = new_id
        self._mono = journal.clock.mono
        self._code, self._before = digits(), ""
        self._since = self._mono()

    def tick(self) -> bool:
        """Change the code when it is due; True when it changed."""
        age = self._mono() - self._since
        if age < ROTATE_SECONDS:
            return False
        self._before = self._code if age < 2 * ROTATE_SECONDS else ""
        self._code, self._since = self._digits(), self._mono()
        return True

    def shown(self) -> tuple[str, int]:
        """What the screen shows, and for how many more seconds."""
        return self._code, max(0, round(ROTATE_SECONDS - (self._mono() - self._since)))

    def take(self, db: sqlite3.Connection, staff: str) -> tuple[str, float]:
        """Open a session for someone who read the code, and change the code. Returns its id and until when (epoch)."""
        session, until = self.begin(db, staff)
        self._journal.append("presence_taken", {"staff": staff, "session": session})
        self._journal.write("presence_wrong", "0")
        self._code, self._before, self._since = self._digits(), "", self._mono()
        return session, until

    def begin(self, db: sqlite3.Connection, staff: str) -> tuple[str, float]:
        """Open a session for someone who has proved to be here. Returns its id and until when (epoch)."""
        session, until = self._new_id(), self._journal.clock.now() + PRESENCE_MINUTES * 60
        db.execute("INSERT INTO staff_sessions (id, staff, until) VALUES (?, ?, ?)", (session, staff, until))
        return session, until

    def check(self, code: str) -> None:
        """Compare a code with the screen's. Raises Refused: presence_paused, wrong_presence_code; NotJournaled."""
        if self._is_paused():
            raise Refused("presence_paused")
        wrong = int(self._journal.read("presence_wrong") or 0) + 1
        with self._journal.writing():
            self._journal.write("presence_wrong", str(wrong % WRONG_CODES))
            if wrong == WRONG_CODES:
                self._journal.write("presence_paused_at", str(self._mono()))
        good = [hmac.compare_digest(code.encode(), each.encode()) for each in (self._code, self._before) if each]
        if not any(good):
            raise Refused("wrong_presence_code")
        if wrong == WRONG_CODES:
            self._journal.write("presence_paused_at", "")

    def _is_paused(self) -> bool:
        """By this machine's counter: whoever sends the guesses tells the time as well."""
        at = self._journal.read("presence_paused_at")
        return bool(at) and self._journal.clock.counted_since(float(at)) < PAUSE_SECONDS

    def live(self, session: str) -> bool:
        return bool(
            self._journal.rows(
                "SELECT 1 FROM staff_sessions WHERE id = ? AND ended = 0 AND until > ?",
                session,
                self._journal.clock.now(),
            )
        )

    def anyone(self) -> bool:
        """Whether any of the staff is present."""
        return bool(
            self._journal.rows("SELECT 1 FROM staff_sessions WHERE ended = 0 AND until > ?", self._journal.clock.now())
        )

    def extend(self, db: sqlite3.Connection, session: str) -> None:
        """An opened door shows that they are still there."""
        until = self._journal.clock.now() + PRESENCE_MINUTES * 60
        db.execute("UPDATE staff_sessions SET until = max(until, ?) WHERE id = ?", (until, session))

    def end(self, db: sqlite3.Connection, session: str) -> None:
        db.execute("UPDATE staff_sessions SET ended = 1 WHERE id = ?", (session,))
