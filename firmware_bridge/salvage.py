"""A damaged journal is set aside, and what it still holds is carried into a new one.

Carried over: who this bridge is, events the cloud lacks, wrong codes counted, placements spent, commands seen, pulses
meant. Not carried over: grants and wiring. A row that is not what was written could open the wrong door, and the cloud
has them all.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from firmware_bridge.disk import Disk
from firmware_bridge.journal import DamagedJournal, Journal

log = logging.getLogger(__name__)

IDENTITY = ("private_key", "next_key", "identity", "key_since")
NOT_CARRIED = frozenset({"cursor", "layout", "staff", "work", "settings", "leased_at", "lease_until"})
LEFT_BEHIND = frozenset({"grants", "sqlite_sequence"})
SET_ASIDE_KEPT = 2


def opened_journal(path: Path, boot_id: str, disk: Disk | None = None) -> Journal:
    """The journal; when it is damaged a new one with what could be saved. Raises BadJournal."""
    try:
        return Journal(path, boot_id, disk)
    except DamagedJournal as problem:
        log.error("%s It is set aside, and what it still holds is saved.", problem)
        aside = _set_aside(path)
    journal = Journal(path, boot_id, disk)
    try:
        saved, lost = _carry_over(aside, journal)
    except sqlite3.Error as problem:
        saved, lost = {}, [str(problem)]
    with journal.writing():
        _restore_identity(path, journal)
        journal.number_anew()
        journal.commands_lost = "commands" in lost or not saved
        journal.clock.not_before(float(journal.read("floor") or 0))
        journal.append("journal_damaged", {"saved": saved, "lost": lost})
    log.error("the journal was damaged: saved %s; not readable to the end: %s", saved, ", ".join(lost) or "nothing")
    return journal


def keep_copy(journal: Journal) -> None:
    """Keep who this bridge is a second time, beside the journal: without it a person would have to enrol it again."""
    wanted = json.dumps({name: journal.read(name) for name in IDENTITY})
    path = _copy_of(journal.path)
    try:
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            return
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        with fresh.open("w", encoding="utf-8") as file:
            file.write(wanted)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as problem:
        log.error("no second copy of this bridge's identity can be kept (%s)", problem.strerror)


def _copy_of(path: Path) -> Path:
    return path.with_name("identity.json")


def _restore_identity(path: Path, journal: Journal) -> None:
    try:
        kept = json.loads(_copy_of(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if journal.read("identity") is None or journal.read("private_key") is None:
        for name in IDENTITY:
            if isinstance(kept.get(name), str):
                journal.write(name, kept[name])


def _set_aside(path: Path) -> Path:
    """Move the file and its log away, and forget all but the last ones set aside."""
    aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
    for end in ("", "-wal", "-shm"):
        part = path.with_name(path.name + end)
        if part.exists():
            part.rename(aside.with_name(aside.name + end))
    older = sorted(
        each for each in path.parent.glob(f"{path.name}.damaged-*") if each.suffix[-4:] not in ("-wal", "-shm")
    )
    for each in older[:-SET_ASIDE_KEPT]:
        for end in ("", "-wal", "-shm"):
            each.with_name(each.name + end).unlink(missing_ok=True)
    return aside


def _carry_over(aside: Path, journal: Journal) -> tuple[dict[str, int], list[str]]:
    """Rows saved by table, and the tables that could not be read to their end."""
    saved: dict[str, int] = {}
    lost: list[str] = []
    with closing(sqlite3.connect(aside)) as old, journal.writing() as new:
        old.row_factory = sqlite3.Row
        tables = [row[0] for row in new.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in sorted(set(tables) - LEFT_BEHIND):
            rows, whole = _readable(old, new, table)
            for row in rows:
                _insert(new, table, row)
            if rows:
                saved[table] = len(rows)
            if not whole:
                lost.append(table)
    return saved, lost


def _readable(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> tuple[list[dict[str, Any]], bool]:
    """What can be read of a table from its beginning and from its end."""
    columns = list(new.execute(f"PRAGMA table_info({table})"))
    key = [column["name"] for column in sorted(columns, key=lambda each: each["pk"]) if column["pk"]]
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for way in ("ASC", "DESC"):
        order = ", ".join(f"{name} {way}" for name in key)
        try:
            for row in old.execute(f"SELECT * FROM {table} ORDER BY {order}"):  # noqa: S608, our own names
                found[tuple(row[name] for name in key)] = dict(row)
        except sqlite3.Error:
            continue
        return list(found.values()), True
    return list(found.values()), False


def _insert(db: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    if table == "meta" and row["name"] in NOT_CARRIED:
        return
    if table == "events" and not _is_json(row["data"]):
        return
    names = ", ".join(row)
    try:
        db.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))  # noqa: S608
    except sqlite3.Error as problem:
        log.error("a row of %s could not be carried over (%s)", table, problem)


def _is_json(text: Any) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (TypeError, ValueError):
        return False
