"""What the doors were seen to do, what it means, and how it is written down. Called under the bank's lock."""

from __future__ import annotations

import logging
from typing import Any

from firmware_bridge.doors import LEFT_OPEN_SECONDS, Door
from firmware_bridge.journal import Journal
from firmware_bridge.openings import LATE_SECONDS, Errand, Opening
from firmware_bridge.quarantine import Quarantine
from firmware_bridge.records import DoorRecords

log = logging.getLogger(__name__)

UNEXPECTED = Errand("unexpected")


class Sightings:
    """The doors, the one opening that may be under way, and the verdicts on both."""

    def __init__(self, journal: Journal) -> None:
        self.doors: dict[int, Door] = {}
        self.opening: Opening | None = None
        self.sensor = "door"
        """What the bank's sensors look at; see `layout.SENSORS`."""
        self.records = DoorRecords(journal)
        self.quarantine = Quarantine(journal)
        self._mono = journal.clock.mono

    def read(self, door: Door, shut: bool, item: bool | None) -> bool:
        """Take one reading of one door; True when something is new."""
        before, doubted = door.item, door.suspect
        change = door.read(shut, item, self._mono())
        self._note(door, change)
        if doubted and not door.suspect:
            log.info("door %d: its sensor moves again", door.number)
            self.records.changed(door, "sensor_sound", {"door": door.number})
        return change is not None or door.item != before

    def lost(self, door: Door) -> bool:
        """Its sensor is silent."""
        log.warning("door %d: its sensor is silent", door.number)
        self.records.changed(door, "door_unknown", {"door": door.number})
        return True

    def pass_time(self, door: Door) -> bool:
        """Say when a door stands open too long; True when something is new."""
        now = self._mono()
        changed = door.reminds(now)
        if door.stayed_open(now):
            seconds = round(now - (door.opened_at or now))
            log.warning("door %d: left open for %d s", door.number, seconds)
            self._keep(door, "door_left_open", seconds=seconds, sensor=self._evidence(door))
            changed = True
        return changed

    def opened_already(self, door: Door) -> None:
        """It was to be opened and stands open. A sensor that says nothing else for long is doubted in the end."""
        since = door.opened_at
        self.opened(door)
        if since is not None and self._mono() - since >= LEFT_OPEN_SECONDS:
            self._doubt(door)

    def opened(self, door: Door) -> None:
        """It is open: because of the opening that waits for it, or of nobody's."""
        live = self._live(door)
        if live is not None and live.hook_seconds is not None and live.step("open", self._mono()) != "opened":
            self.records.changed(door)
            return  # unlocked; whether it can move shows when the coil has let go
        opening = door.take_awaited(self._mono())
        door.errand = opening.errand if opening else None
        if opening is None:
            self._opened_unasked(door)
            return
        log.info("door %d: open (%s)", door.number, opening.errand.cause)
        door.in_service = True
        opening.outcome = "opened"
        if self.opening is opening:
            self.opening = None
        self.records.ended(door, opening, "door_opened", "opened", sensor=self._evidence(door))

    def give_up(self, opening: Opening, outcome: str) -> None:
        """End the opening under way with what came of it."""
        door, number = self.doors[opening.door], opening.door
        opening.outcome, self.opening = outcome, None
        if outcome in ("failed", "rejected"):
            log.warning("door %d: did not open after %d pulses (%s)", number, opening.pulses, outcome)
            door.in_service = door.in_service and outcome == "rejected"
            door.await_opening(opening, until=self._mono() + LATE_SECONDS)
            self.records.ended(door, opening, "door_failed", outcome, reason=outcome)
            if outcome == "failed":
                self._doubt(door)
        elif door.state == "unknown":
            log.warning("door %d: cannot be seen, so it is not tried further", number)
            door.await_opening(opening, interrupted=True)
        else:
            log.warning("door %d: given up on, what it came to is unknown", number)
            door.await_opening(opening, until=self._mono() + LATE_SECONDS)
            self.records.ended(door, opening, "door_unknown", "unknown", reading=door.state, reason=outcome)

    def _note(self, door: Door, change: str | None) -> None:
        if change == "opened":
            self.opened(door)
        elif change == "shut":
            self._shut(door)
        elif change == "seen":
            opening = door.take_awaited(self._mono()) if door.interrupted else None
            if opening is None:
                self.records.changed(door)
                return
            log.warning("door %d: what its last opening came to is unknown; it is %s", door.number, door.state)
            self.records.ended(door, opening, "door_unknown", "unknown", reading=door.state, reason="interrupted")

    def _shut(self, door: Door) -> None:
        live = self._live(door)
        if live is not None and live.hook_seconds is not None:
            log.info("door %d: its hook fell back, the door did not move", door.number)
            self.records.changed(door)
            return
        log.info("door %d: shut", door.number)
        self._keep(door, "door_shut", item=door.item, sensor=self._evidence(door))

    def _opened_unasked(self, door: Door) -> None:
        opening = self.quarantine.blamed(door)
        if opening is not None:
            self._wrong_door(opening, door)
            return
        log.warning("door %d: open, and nobody asked for it", door.number)
        self.records.changed(door, "door_opened", Opening("", door.number, UNEXPECTED).facts())
        if door.suspect:
            self._say_suspect(door)

    def _wrong_door(self, opening: Opening, moved: Door) -> None:
        """Freeze both doors, and with them the whole bank: nobody knows what the next pulse would open."""
        log.error("door %d was pulsed and door %d opened: nothing opens here any more", opening.door, moved.number)
        meant = self.doors[opening.door]
        meant.in_service = moved.in_service = False
        self.quarantine.begin(opening, moved)
        self.records.changed(moved, also=self.quarantine.keep)
        data = {"moved": moved.number, "both": opening.outcome == "opened"}
        if opening.outcome is not None:
            self.records.changed(meant, "wiring_mismatch", {**opening.facts(), **data})
            return
        opening.outcome = "wrong_door"
        if self.opening is opening:
            self.opening = None
        # Should it open after all, it was opened by this opening.
        meant.await_opening(opening, until=self._mono() + LATE_SECONDS)
        self.records.ended(meant, opening, "wiring_mismatch", "wrong_door", **data)

    def _doubt(self, door: Door) -> None:
        if door.says_nothing():
            self._say_suspect(door)
        else:
            self.records.changed(door)

    def _say_suspect(self, door: Door) -> None:
        log.warning("door %d: its sensor says %s whatever happens, and is believed no more", door.number, door.state)
        data = {"door": door.number, "reading": door.state, "openings": door.unmoved}
        self.records.changed(door, "sensor_suspect", data)

    def _live(self, door: Door) -> Opening | None:
        return self.opening if self.opening is not None and self.opening.door == door.number else None

    def _evidence(self, door: Door) -> str:
        """What its last word rests on: `door`, `hook`, or a `suspect` sensor."""
        return "suspect" if door.suspect else self.sensor

    def _keep(self, door: Door, kind: str, **data: Any) -> None:
        facts = (door.errand or UNEXPECTED).facts()
        self.records.changed(door, kind, {"door": door.number, **data, **facts})
