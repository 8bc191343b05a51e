"""What the bridge remembers across a power cut: one SQLite file, every commit on the disk before it counts.

WAL with synchronous=FULL: a commit that returned survives a power cut (NORMAL may lose the last ones). If a write
fails, NotJournaled is raised and the caller opens nothing. What a damaged file still holds is saved by `salvage`.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from firmware_bridge.clock import Clock
from firmware_bridge.disk import BUDGET, DISPENSABLE, NEEDS_ROOM, Disk
from firmware_bridge.schema import SCHEMA, SCHEMA_VERSION

KEPT_SECONDS = 30 * 24 * 3600


class NotJournaled(Exception):
    """What was to be remembered could not be written; nothing may be done that depends on it."""


class BadJournal(Exception):
    """The journal cannot be used; the text says why, in one sentence."""


class DamagedJournal(BadJournal):
    """What the file holds is not what was written: it must be set aside."""


DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
PAGE_BYTES = 4096
LAST_BYTES = 32 * 1024 * 1024
"""Beyond the budget, for what happened to doors already open."""
FAR_AHEAD = 1 << 40
LARGEST_LOG = 4 * 1024 * 1024


class Journal:
    """The one connection to the file, shared by the bridge's threads one at a time."""

    def __init__(self, path: Path, boot_id: str, disk: Disk | None = None) -> None:
        """Open or create the file, and see that it is whole. Raises BadJournal, DamagedJournal."""
        self.boot_id = boot_id
        self.path = path
        self.disk = disk or Disk(path.parent)
        self.on_news: Callable[[], None] = lambda: None
        self.damaged = False
        self.beats = 0
        """Goes up as long as it answers."""
        self.commands_lost = False
        """Which commands were obeyed before the start is not known."""
        self._refused = False
        self._lock = threading.RLock()
        self._inside = False
        self._closed = False
        try:
            self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
            path.chmod(0o600)
            self._prepare()
        except sqlite3.Error as problem:
            self.db.close()
            kind = DamagedJournal if _is_damage(problem) else BadJournal
            raise kind(f"The journal {path} cannot be opened ({problem}).") from problem
        self.clock = Clock(floor=float(self.read("floor") or 0))
        self.clock.on_move = self._clock_moved
        self.resyncing = self.read("renumber") is not None

    @property
    def failing(self) -> bool:
        """Nothing is opened by code: the last write was refused, or room is short."""
        return self._refused or self.disk.tight

    def _prepare(self) -> None:
        self.db.row_factory = sqlite3.Row
        found = self.db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            problem = sqlite3.DatabaseError(found)
            problem.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise problem
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute(f"PRAGMA max_page_count = {(BUDGET + LAST_BYTES) // PAGE_BYTES}")
        self.db.execute(f"PRAGMA journal_size_limit = {LARGEST_LOG}")
        version = self.db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self.db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"it is of version {version}, this software knows {SCHEMA_VERSION}")

    def close(self) -> None:
        """Who still wants something of it gets NotJournaled: a sync may be held open longer than anybody waits."""
        with self._lock:
            self._closed = True
            self.db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; inside another it joins it. Raises NotJournaled, and then nothing was written."""
        with self._lock:
            self._check_open()
            if self._inside:
                yield self.db
                return
            self._inside = True
            try:
                self.db.execute("BEGIN IMMEDIATE")
                yield self.db
                self.db.execute("COMMIT")
                self._refused = False
                self.beats += 1
            except BaseException as problem:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                if isinstance(problem, sqlite3.Error):
                    self._refused = True
                    raise self._refusal(problem) from problem
                raise
            finally:
                self._inside = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else reads or writes meanwhile."""
        with self._lock:
            yield

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """What a query finds. Raises NotJournaled when the file cannot be read."""
        with self._lock:
            self._check_open()
            try:
                self.beats += 1
                return self.db.execute(sql, values).fetchall()
            except sqlite3.Error as problem:
                raise self._refusal(problem) from problem

    def _refusal(self, problem: sqlite3.Error) -> NotJournaled:
        if getattr(problem, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            self.disk.release()
        self.damaged |= _is_damage(problem)
        return NotJournaled(str(problem))

    def _check_open(self) -> None:
        if self._closed:
            raise NotJournaled("it is closed")

    def read(self, name: str) -> str | None:
        found = self.rows("SELECT value FROM meta WHERE name = ?", name)
        return found[0]["value"] if found else None

    def write(self, name: str, value: str) -> None:
        with self.writing() as db:
            db.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
            )

    def expect_room(self, cause: str) -> None:
        """Before an opening of this cause: raises NotJournaled when what follows could not be kept to its end."""
        if self.disk.tight and cause in NEEDS_ROOM:
            raise NotJournaled("the disk is nearly full")

    def append(self, kind: str, data: dict[str, Any]) -> None:
        """Add one event for the cloud; its number follows the last without a gap."""
        if self.disk.tight and kind in DISPENSABLE:
            return
        with self.writing() as db:
            db.execute(
                "INSERT INTO events (kind, at, boot_id, clock, data) VALUES (?, ?, ?, ?, ?)",
                (kind, self.clock.stamp(), self.boot_id, self.clock.state, json.dumps(data)),
            )
        self.on_news()

    def events(self, most: int) -> list[dict[str, Any]]:
        """The oldest events the cloud has not acknowledged, as the wire writes them; none while they are to be
        numbered anew."""
        if self.resyncing:
            return []
        found = self.rows("SELECT * FROM events ORDER BY seq LIMIT ?", most)
        return [{**dict(row), "data": json.loads(row["data"])} for row in found]

    def backlog(self) -> tuple[int, str | None]:
        """How many events the cloud has not acknowledged, and when the oldest of them was."""
        found = self.rows("SELECT seq, at FROM events ORDER BY seq LIMIT 1")
        if not found:
            return 0, None
        if self.resyncing:
            return self.rows("SELECT count(*) AS n FROM events")[0]["n"], found[0]["at"]
        # Their numbers follow one another, and so nobody needs to count them.
        last = self.rows("SELECT max(seq) AS last FROM events")[0]["last"]
        return last - found[0]["seq"] + 1, found[0]["at"]

    def upkeep(self) -> None:
        """Remember what time it was, look at clock and disk, forget what is old: one commit a minute, for a card that
        wears out."""
        with self.writing():
            if self.clock.state == "synced":
                self.write("floor", str(self.clock.now()))
            self.tidy()
        self.clock.watch()
        if self.disk.look(self.used()):
            kind = "disk_tight" if self.disk.tight else "disk_roomy"
            self.append(kind, {"free": self.disk.free()})

    def used(self) -> int:
        """Bytes of the file that hold something."""
        pages = self.rows("PRAGMA page_count")[0][0] - self.rows("PRAGMA freelist_count")[0][0]
        return int(pages) * PAGE_BYTES

    def _clock_moved(self, which: str, seconds: float) -> None:
        self.append("clock_moved", {"clock": which, "seconds": round(seconds)})

    def tidy(self) -> None:
        """Forget attempts, pulses and staff sessions older than 30 days; what is unresolved is kept."""
        before = self.clock.now() - KEPT_SECONDS
        with self.writing() as db:
            db.execute("DELETE FROM attempts WHERE at < ?", (before,))
            db.execute("DELETE FROM intents WHERE at < ?", (before,))
            db.execute("DELETE FROM openings WHERE at < ? AND outcome IS NOT NULL", (before,))
            db.execute("DELETE FROM staff_sessions WHERE until < ?", (before,))

    def acknowledge(self, acked: int, sent: list[dict[str, Any]]) -> None:
        """The cloud holds everything up to `acked`. Forgets what was `sent` of it, or numbers the rest anew."""
        if self.resyncing:
            self.renumber(acked)
        else:
            self.prune(min(acked, max((event["seq"] for event in sent), default=0)))

    def prune(self, acked: int) -> None:
        """Forget events up to `acked`."""
        with self.writing() as db:
            db.execute("DELETE FROM events WHERE seq <= ?", (acked,))

    def number_anew(self) -> None:
        """Send no event until the cloud has said which it holds; until then they get numbers higher than any of its."""
        with self.writing() as db:
            db.execute("DELETE FROM sqlite_sequence WHERE name = 'events'")
            db.execute("INSERT INTO sqlite_sequence VALUES ('events', ?)", (FAR_AHEAD,))
            self.write("renumber", "1")
        self.resyncing = True

    def renumber(self, acked: int) -> None:
        """Let the events that the cloud lacks follow on `acked` without a gap, in their order."""
        with self.writing() as db:
            db.execute("DELETE FROM events WHERE seq <= ?", (acked,))
            waiting = [row["seq"] for row in db.execute("SELECT seq FROM events ORDER BY seq")]
            # Upwards and in order: each new number is below every old one that is still to be changed, or its own.
            db.executemany(
                "UPDATE events SET seq = ? WHERE seq = ?", [(acked + n, seq) for n, seq in enumerate(waiting, 1)]
            )
            db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'events'", (acked + len(waiting),))
            db.execute("DELETE FROM meta WHERE name = 'renumber'")
        self.resyncing = False


def _is_damage(problem: sqlite3.Error) -> bool:
    return getattr(problem, "sqlite_errorcode", None) in DAMAGED
