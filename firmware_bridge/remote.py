"""How many doors the cloud may open while nobody of the staff stands at the bank: ten an hour, whatever it says.

Not even the time it tells counts here: an hour has passed when this machine's own counter has lived through it.
"""

from __future__ import annotations

import sqlite3

from firmware_bridge.journal import Journal
from firmware_bridge.protocol.wire import REMOTE_OPENS_AN_HOUR

HOUR_SECONDS = 3600.0


class RemoteOpens:
    """The openings of the last hour, kept in the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def spent(self) -> bool:
        """Whether none may follow now."""
        return sum(not self._is_over(row) for row in self._rows()) >= REMOTE_OPENS_AN_HOUR

    def note(self, db: sqlite3.Connection) -> None:
        """One begins; inside the transaction that keeps its intent."""
        db.executemany(
            "DELETE FROM remote_opens WHERE id = ?", [(row["id"],) for row in self._rows() if self._is_over(row)]
        )
        db.execute("INSERT INTO remote_opens (mono) VALUES (?)", (self._journal.clock.mono(),))

    def _rows(self) -> list[sqlite3.Row]:
        return self._journal.rows("SELECT id, mono FROM remote_opens")

    def _is_over(self, row: sqlite3.Row) -> bool:
        return self._journal.clock.counted_since(row["mono"]) >= HOUR_SECONDS
