"""Looks for news that no ring announced, once for all syncs held open instead of once for each."""

from __future__ import annotations

import itertools
import logging
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bopis import clock
from bopis.bell import BankListener
from bopis.bridges.queries import banks_with_waiting_commands, standings
from bopis.db import Database
from bopis.errors import Unavailable

LOOK_EVERY = 2.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Held:
    """A sync that waits: its bank, the version of the bank it knows, and its bridge."""

    bank_id: str
    version: int
    bridge_id: str


class Watch:
    """Wakes held syncs through the listener when the database has news for them.

    Its thread starts with the first of them and ends with the watch.
    """

    def __init__(self, database: Database, listener: BankListener) -> None:
        self._database, self._listener = database, listener
        self._held: dict[int, Held] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._started = False

    @contextmanager
    def holding(self, sync: Held) -> Iterator[None]:
        """Look after this sync until the end of the block."""
        number = next(self._numbers)
        with self._lock:
            self._held[number] = sync
            if not self._started:
                self._started = True
                threading.Thread(target=_look_on, args=(weakref.ref(self),), name="watch", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                del self._held[number]

    def look(self) -> None:
        """Look once, and wake every bank for which there is something to fetch."""
        with self._lock:
            held = list(self._held.values())
        if not held:
            return
        with self._database.reading() as session:
            now = standings(session, {sync.bank_id for sync in held})
            asked = banks_with_waiting_commands(session, clock.now())
        for sync in held:
            if now.get(sync.bank_id) != (sync.version, sync.bridge_id) or sync.bank_id in asked:
                self._listener.wake(sync.bank_id)


def _look_on(found: weakref.ref[Watch]) -> None:
    # Holds the watch only for the moment of a look: who drops it ends the thread.
    pause = threading.Event()
    while not pause.wait(LOOK_EVERY) and (watch := found()) is not None:
        try:
            watch.look()
        except Unavailable as problem:
            log.warning("%s", problem)
        except Exception:
            log.exception("a look for news failed")
        del watch
