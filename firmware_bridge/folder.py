"""The bridge's folder: one process at a time holds what lies in it."""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from firmware_bridge.config import Config
from firmware_bridge.journal import BadJournal, Journal
from firmware_bridge.salvage import opened_journal


@contextmanager
def opened_data(config: Config) -> Iterator[Journal]:
    """The journal, for this process alone. Raises BadJournal."""
    try:
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (config.data_dir / "lock").open("w", encoding="ascii") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            journal = opened_journal(config.data_dir / "journal.db", boot_id=secrets.token_hex(8))
            try:
                yield journal
            finally:
                journal.close()
    except BlockingIOError as problem:
        raise BadJournal(f"Another bridge is running on {config.data_dir}.") from problem
    except PermissionError as problem:
        raise BadJournal(f"The folder {config.data_dir} cannot be used ({problem.strerror}).") from problem
