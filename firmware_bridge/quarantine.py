"""A bank whose wires cannot be trusted: another door moved than the one that was pulsed, so nothing is opened any more.

It says so in memory and on the disk, and ends by commissioning the bank anew or by an admin's word.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import asdict, dataclass

from firmware_bridge.doors import Door
from firmware_bridge.journal import Journal
from firmware_bridge.openings import Opening

WRONG_DOOR_SECONDS = 2.0
KEY = "quarantine"


@dataclass(frozen=True)
class Mismatch:
    """`door` was pulsed and `moved` opened. `at` is epoch seconds."""

    door: int
    moved: int
    at: float


class Quarantine:
    """Watches what moves after a pulse, and keeps what it found."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._pulsed: tuple[Opening, float] | None = None
        self._shut: frozenset[int] = frozenset()
        kept = journal.read(KEY)
        self.found = Mismatch(**json.loads(kept)) if kept else None

    def pulsed(self, opening: Opening, doors: Collection[Door]) -> None:
        """A coil was fired while the doors stood so. A door nobody could see may have stood open for long."""
        self._pulsed = (opening, self._journal.clock.mono())
        self._shut = frozenset(door.number for door in doors if door.state == "shut")

    def blamed(self, door: Door) -> Opening | None:
        """The opening that moved this door by mistake, if one did; asked when a door opens that nobody awaits."""
        if self._pulsed is None or door.number not in self._shut or not door.was_sure:
            return None
        opening, at = self._pulsed
        meant_another = opening.door != door.number and opening.errand.cause != "commission"
        return opening if meant_another and 0 <= door.moved_at - at <= WRONG_DOOR_SECONDS else None

    def begin(self, opening: Opening, moved: Door) -> None:
        """Nothing opens from now on; `keep` writes it down."""
        if self.found is None:
            self.found = Mismatch(opening.door, moved.number, self._journal.clock.now())

    def forget(self) -> None:
        """The bank was commissioned: what was found before counts no more, here and on the disk already."""
        self.found, self._pulsed = None, None

    def keep(self, db: sqlite3.Connection) -> None:
        """Write what `begin` found."""
        if self.found is not None:
            self._journal.write(KEY, json.dumps(asdict(self.found)))

    def end(self, db: sqlite3.Connection) -> tuple[int, ...]:
        """Trust the wires again. Returns the doors that were frozen."""
        found, self.found = self.found, None
        db.execute("DELETE FROM meta WHERE name = ?", (KEY,))
        return (found.door, found.moved) if found else ()
