"""What the bridge remembers across a power cut: one SQLite file, every commit on the disk before it counts.

WAL with synchronous=FULL: a commit that returned survives a power cut (NORMAL may lose the last ones). If a write
fails, NotJournaled is raised and the caller opens nothing.
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

SCHEMA_VERSION = 1
KEPT_SECONDS = 30 * 24 * 3600
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, at TEXT NOT NULL,
    boot_id TEXT NOT NULL, clock TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE grants (id TEXT PRIMARY KEY, version INTEGER NOT NULL, selector TEXT, qr_sha256 TEXT, body TEXT)
    WITHOUT ROWID;
CREATE INDEX grants_selector ON grants (selector);
CREATE INDEX grants_qr ON grants (qr_sha256);
CREATE TABLE spent (placement TEXT PRIMARY KEY, grant_id TEXT NOT NULL, at REAL NOT NULL,
    reopened INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE doors (number INTEGER PRIMARY KEY, wiring TEXT NOT NULL, last TEXT, errand TEXT,
    left_open INTEGER NOT NULL, in_service INTEGER NOT NULL);
CREATE TABLE attempts (id TEXT PRIMARY KEY, grant_id TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE openings (id TEXT PRIMARY KEY, door INTEGER NOT NULL, errand TEXT NOT NULL, pulses INTEGER NOT NULL,
    outcome TEXT) WITHOUT ROWID;
CREATE INDEX openings_pending ON openings (id) WHERE outcome IS NULL;
CREATE TABLE intents (opening TEXT NOT NULL, pulse INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (opening, pulse))
    WITHOUT ROWID;
CREATE TABLE tries (id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL);
CREATE TABLE grant_tries (grant_id TEXT PRIMARY KEY, version INTEGER NOT NULL, wrong INTEGER NOT NULL,
    paused_until REAL NOT NULL, told INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE commands (id TEXT PRIMARY KEY, body TEXT NOT NULL, received_at REAL NOT NULL, started_at REAL,
    remote INTEGER NOT NULL DEFAULT 0, result TEXT, reported INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE staff_sessions (id TEXT PRIMARY KEY, staff TEXT NOT NULL, until REAL NOT NULL, ended INTEGER NOT NULL
    DEFAULT 0) WITHOUT ROWID;
"""


class NotJournaled(Exception):
    """What was to be remembered could not be written; nothing may be done that depends on it."""


class BadJournal(Exception):
    """The journal cannot be used; the text says why, in one sentence."""


class Journal:
    """The one connection to the file, shared by the bridge's threads one at a time."""

    def __init__(self, path: Path, boot_id: str) -> None:
        """Open or create the file. Raises BadJournal."""
        self.boot_id = boot_id
        self.on_news: Callable[[], None] = lambda: None
        self.failing = False
        self._lock = threading.RLock()
        self._inside = False
        self._closed = False
        try:
            self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
            path.chmod(0o600)
            self._prepare()
        except sqlite3.Error as problem:
            raise BadJournal(f"The journal {path} cannot be opened ({problem}).") from problem
        self.clock = Clock(floor=float(self.read("floor") or 0))

    def _prepare(self) -> None:
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
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
                self.failing = False
            except BaseException as problem:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                if isinstance(problem, sqlite3.Error):
                    self.failing = True
                    raise NotJournaled(str(problem)) from problem
                raise
            finally:
                self._inside = False

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """What a query finds. Raises NotJournaled when the file cannot be read."""
        with self._lock:
            self._check_open()
            try:
                return self.db.execute(sql, values).fetchall()
            except sqlite3.Error as problem:
                raise NotJournaled(str(problem)) from problem

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

    def append(self, kind: str, data: dict[str, Any]) -> None:
        """Add one event for the cloud; its number follows the last without a gap."""
        with self.writing() as db:
            db.execute(
                "INSERT INTO events (kind, at, boot_id, clock, data) VALUES (?, ?, ?, ?, ?)",
                (kind, self.clock.stamp(), self.boot_id, self.clock.state, json.dumps(data)),
            )
        self.on_news()

    def events(self, most: int) -> list[dict[str, Any]]:
        """The oldest events the cloud has not acknowledged, as the wire writes them."""
        found = self.rows("SELECT * FROM events ORDER BY seq LIMIT ?", most)
        return [{**dict(row), "data": json.loads(row["data"])} for row in found]

    def tidy(self) -> None:
        """Forget attempts, pulses and staff sessions older than 30 days; what is unresolved is kept."""
        before = self.clock.now() - KEPT_SECONDS
        with self.writing() as db:
            db.execute("DELETE FROM attempts WHERE at < ?", (before,))
            db.execute("DELETE FROM intents WHERE at < ?", (before,))
            db.execute("DELETE FROM openings WHERE outcome IS NOT NULL AND id NOT IN (SELECT opening FROM intents)")
            db.execute("DELETE FROM staff_sessions WHERE until < ?", (before,))

    def prune(self, acked: int) -> None:
        """Forget events up to `acked`."""
        with self.writing() as db:
            db.execute("DELETE FROM events WHERE seq <= ?", (acked,))
