"""How the bank's doors and openings are kept in the journal."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from typing import Any

from firmware_bridge.doors import Door, Errand, Opening
from firmware_bridge.failpoints import reached
from firmware_bridge.journal import Journal, NotJournaled

log = logging.getLogger(__name__)

Work = Callable[[sqlite3.Connection], None]


class DoorRecords:
    """Writes intents before a pulse, and what the sensors saw after it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._owed: list[Work] = []

    def begin(self, opening: Opening, also: Work, pulse: bool) -> None:
        """One transaction: what `also` writes, the opening and its first intent. Raises NotJournaled."""
        self._journal.expect_room(opening.errand.cause)
        with self._journal.writing() as db:
            also(db)
            db.execute(
                "INSERT INTO openings VALUES (?, ?, ?, 0, NULL, ?)",
                (opening.id, opening.door, json.dumps(vars(opening.errand)), self._journal.clock.now()),
            )
            if pulse:
                self.intend(opening)
        reached("intent_kept")

    def intend(self, opening: Opening) -> None:
        """The next pulse is meant. On the disk when this returns. Raises NotJournaled."""
        number = opening.pulses + 1
        with self._journal.writing() as db:
            db.execute("INSERT INTO intents VALUES (?, ?, ?)", (opening.id, number, self._journal.clock.now()))
            db.execute("UPDATE openings SET pulses = ? WHERE id = ?", (number, opening.id))

    def changed(
        self, door: Door, kind: str | None = None, data: dict[str, Any] | None = None, also: Work | None = None
    ) -> None:
        """Keep a door's new state, with the event that tells the cloud of it and what `also` writes."""
        self._owed.append(self._change(door, kind, data or {}))
        if also is not None:
            self._owed.append(also)
        self.pay()
        if kind is not None:
            reached("change_kept")

    def ended(self, door: Door, opening: Opening, kind: str, outcome: str, **more: Any) -> None:
        """Keep what an opening came to. A grant's placement is spent by an opening that was seen, by nothing else."""
        data = {**opening.facts(), **more}
        change, errand = self._change(door, kind, data), opening.errand

        def work(db: sqlite3.Connection) -> None:
            change(db)
            db.execute("UPDATE openings SET outcome = ? WHERE id = ?", (outcome, opening.id))
            if outcome == "opened" and errand.cause == "grant":
                db.execute(
                    "INSERT INTO spent (placement, grant_id, at) VALUES (?, ?, ?)"
                    " ON CONFLICT (placement) DO UPDATE SET reopened = reopened + 1",
                    (errand.placement, errand.grant, self._journal.clock.now()),
                )

        self._owed.append(work)
        self.pay()
        reached("outcome_kept")

    def pay(self) -> None:
        """What a door did cannot be taken back: what the disk refuses now is written when it can be again."""
        if not self._owed:
            return
        try:
            with self._journal.writing() as db:
                for work in self._owed:
                    work(db)
        except NotJournaled as problem:
            log.error("the journal cannot be written (%s); %d changes wait", problem, len(self._owed))
            return
        self._owed.clear()

    def remembered(self, number: int, wiring: str) -> Door:
        """A door as it was last known; unknown in every respect when it hung on another coil."""
        found = self._journal.rows("SELECT * FROM doors WHERE number = ? AND wiring = ?", number, wiring)
        if not found:
            return Door(number, wiring)
        row = found[0]
        errand = Errand(**json.loads(row["errand"])) if row["errand"] else None
        return Door(
            number,
            wiring,
            last=row["last"],
            errand=errand,
            left_open=bool(row["left_open"]),
            in_service=bool(row["in_service"]),
            suspect=bool(row["suspect"]),
            unmoved=row["unmoved"],
        )

    def unresolved(self) -> list[Opening]:
        """The openings whose outcome nobody wrote down before the bridge stopped."""
        return [
            Opening(row["id"], row["door"], Errand(**json.loads(row["errand"])), row["pulses"])
            for row in self._journal.rows("SELECT * FROM openings WHERE outcome IS NULL")
        ]

    def _change(self, door: Door, kind: str | None, data: dict[str, Any]) -> Work:
        row = (
            door.number,
            door.wiring,
            door.last,
            json.dumps(vars(door.errand)) if door.errand else None,
            door.left_open,
            door.in_service,
            door.suspect,
            door.unmoved,
        )

        def work(db: sqlite3.Connection) -> None:
            if kind is not None:
                self._journal.append(kind, data)
            db.execute("INSERT OR REPLACE INTO doors VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

        return work
