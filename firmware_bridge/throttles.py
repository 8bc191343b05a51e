"""The count of presented codes. It is on the disk before anybody learns whether a code was right, so that pulling the
plug takes nothing back; a right code then takes back what was counted for it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from firmware_bridge import access
from firmware_bridge.access import Grant
from firmware_bridge.failpoints import reached
from firmware_bridge.journal import Journal


@dataclass(frozen=True)
class Kiosk:
    """Whether typed codes are taken now."""

    paused_seconds: int
    assist: bool


@dataclass(frozen=True)
class Try:
    """One counted code. `barred` says why its grant takes none now, `paused` or `locked`."""

    id: int
    grant: Grant | None
    barred: str | None


class Throttles:
    """Counters per kiosk and per grant, kept in the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def kiosk(self) -> Kiosk:
        now = self._journal.clock.now()
        streak = int(self._journal.read("streak") or 0)
        since = float(self._journal.read("streak_at") or 0)
        if since > now:
            # A clock that ran ahead and was put right must not stretch a pause by years.
            self._journal.write("streak_at", str(now))
            since = now
        pause = access.streak_pause(streak) - (now - since)
        failures = [min(row["at"], now) for row in self._journal.rows("SELECT at FROM tries")]
        return Kiosk(max(0, -int(-pause // 1)), access.needs_assistance(failures, now))

    def count(self, grant: Grant | None) -> Try:
        """Count one presented code against the kiosk and the grant it means. Raises NotJournaled."""
        now = self._journal.clock.now()
        with self._journal.writing() as db:
            db.execute("UPDATE tries SET at = ? WHERE at > ?", (now, now))
            db.execute("DELETE FROM tries WHERE at <= ?", (now - access.ASSIST_WINDOW_SECONDS,))
            number = db.execute("INSERT INTO tries (at) VALUES (?)", (now,)).lastrowid
            self._journal.write("streak", str(int(self._journal.read("streak") or 0) + 1))
            self._journal.write("streak_at", str(now))
            barred = self._count_grant(db, grant, now) if grant else None
        reached("code_counted")
        return Try(int(number or 0), grant, barred)

    def take_back(self, db: sqlite3.Connection, counted: Try, accepted: bool) -> None:
        """The secret was right: its grant's count was no guess; if it opened something, neither was the kiosk's."""
        if counted.grant and not counted.barred:
            db.execute(
                "UPDATE grant_tries SET wrong = wrong - 1, paused_until = 0 WHERE grant_id = ?", (counted.grant.id,)
            )
        if accepted:
            db.execute("DELETE FROM tries WHERE id = ?", (counted.id,))
            self._journal.write("streak", "0")

    def tell_locked(self, db: sqlite3.Connection, grant: Grant) -> bool:
        """True once, when the grant's wrong codes have locked it and the cloud has not been told."""
        return (
            db.execute(
                "UPDATE grant_tries SET told = 1 WHERE grant_id = ? AND wrong >= ? AND told = 0",
                (grant.id, access.GRANT_LOCKS_AT),
            ).rowcount
            > 0
        )

    def _count_grant(self, db: sqlite3.Connection, grant: Grant, now: float) -> str | None:
        """A new version of a grant starts from nothing: that is how a locked one is unlocked."""
        row = db.execute(
            "SELECT * FROM grant_tries WHERE grant_id = ? AND version = ?", (grant.id, grant.version)
        ).fetchone()
        wrong = row["wrong"] if row else 0
        if wrong >= access.GRANT_LOCKS_AT:
            return "locked"
        if row and now < row["paused_until"] <= now + access.GRANT_PAUSE_SECONDS:
            return "paused"
        pause = access.grant_pause(wrong + 1)
        db.execute(
            "INSERT OR REPLACE INTO grant_tries VALUES (?, ?, ?, ?, 0)",
            (grant.id, grant.version, wrong + 1, now + pause if pause else 0.0),
        )
        return None
