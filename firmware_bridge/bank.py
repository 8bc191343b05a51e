"""The bank's doors as the bridge believes them: readings in, pulses out, and every change journaled.

All of it happens under `lock`. A pulse is journaled as an intent and on the disk before the bus hears of it; an
opening is only what the sensor saw.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

from firmware_bridge.boards import Ask, BoardStatus
from firmware_bridge.bus import Pulse
from firmware_bridge.doors import LATE_SECONDS, Door, Errand, Opening
from firmware_bridge.journal import Journal, NotJournaled
from firmware_bridge.layout import Layout
from firmware_bridge.records import DoorRecords

log = logging.getLogger(__name__)

UNEXPECTED = Errand("unexpected")


class Refused(Exception):
    """A door is not tried at all; `code` is one of the stable reasons of a command's Result."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Bank:
    """Owner of the doors' truth and of the one opening that may be under way."""

    def __init__(self, journal: Journal, fire: Callable[[Pulse], None], new_id: Callable[[], str]) -> None:
        self.lock = threading.RLock()
        self.layout: Layout | None = None
        self.doors: dict[int, Door] = {}
        self.opening: Opening | None = None
        self.on_change: list[Callable[[], None]] = []
        self._records = DoorRecords(journal)
        self._fire = fire
        self._new_id = new_id
        self._mono = journal.clock.mono

    def configure(self, layout: Layout) -> None:
        """Take a layout. Doors wired as before keep what is known of them; others start unknown."""
        with self.lock:
            first, before = self.layout is None, self.layout.doors if self.layout else {}
            kept = {
                number: door
                for number, door in self.doors.items()
                if number in layout.doors and layout.doors[number].wiring == before[number].wiring
            }
            self.doors = {
                number: kept.get(number) or self._records.remembered(number, spot.wiring)
                for number, spot in layout.doors.items()
            }
            self.layout = layout
            if self.opening is not None and self.opening.door not in kept:
                self.opening.outcome, self.opening = "silent", None
            if first:
                self._look_at_unresolved()
        self._tell()

    def open(self, number: int, errand: Errand, also: Callable[[sqlite3.Connection], None]) -> Opening:
        """Journal the first intent, together with what `also` writes, then pulse. A door that stands open already
        counts as opened, with no pulse.

        Raises Refused: unknown_door, board_silent, busy, not_journaled; then nothing was written or pulsed.
        """
        with self.lock:
            door = self.doors.get(number)
            if door is None:
                raise Refused("unknown_door")
            if door.state == "unknown":
                raise Refused("board_silent")
            if self.opening is not None:
                raise Refused("busy")
            opening = Opening(self._new_id(), number, errand, rest=self.layout.board.rest_seconds)
            try:
                self._records.begin(opening, also, pulse=door.state == "shut")
            except NotJournaled as problem:
                raise Refused("not_journaled") from problem
            door.await_opening(opening)
            if door.state == "open":
                self._opened(door)
            else:
                self.opening = opening
                self._pulse(opening)
        self._tell()
        return opening

    def on_reading(self, ask: Ask, status: BoardStatus | None) -> bool:
        """Take a board's answer about some doors, or None for its silence. True when it is worth asking again."""
        now = self._mono()
        changed = again = False
        with self.lock:
            for door, channel in self._asked(ask):
                if status is None or channel not in status.shut:
                    changed |= door.silence() and self._lost(door)
                    continue
                item = status.items.get(channel)
                before = door.item
                change = door.read(status.shut[channel], item, now)
                again |= door.undecided()
                changed |= change is not None or door.item != before
                self._note(door, change)
        if changed:
            self._tell()
        return again

    def on_line_lost(self) -> None:
        """The serial port is gone: every door is unknown at once."""
        with self.lock:
            turned = [self._lost(door) for door in self.doors.values() if door.lose()]
        if turned:
            self._tell()

    def on_pulse(self, pulse: Pulse, sent: bool) -> None:
        """The bus says what became of a pulse: on the line, or dropped because it came too late to be safe."""
        with self.lock:
            opening = self.opening
            if opening is None or opening.id != pulse.opening:
                return
            if sent:
                opening.pulsed_at = self._mono()
                return
            self._give_up(opening, "silent")
        self._tell()

    def tick(self) -> None:
        """Do what is due: the next pulse, a verdict on the last, a door left open, what could not be written."""
        now = self._mono()
        changed = False
        with self.lock:
            self._records.pay()
            for door in self.doors.values():
                if door.stayed_open(now):
                    seconds = round(now - (door.opened_at or now))
                    log.warning("door %d: left open for %d s", door.number, seconds)
                    facts = (door.errand or UNEXPECTED).facts()
                    self._keep(door, "door_left_open", {"door": door.number, "seconds": seconds, **facts})
                    changed = True
            if self.opening is not None:
                changed |= self._advance(self.opening, now)
        if changed:
            self._tell()

    def busy(self) -> tuple[int, int] | None:
        """Board and channel of the door being opened: worth reading often."""
        opening, layout = self.opening, self.layout
        spot = layout.doors.get(opening.door) if opening and layout else None
        return (spot.board, spot.channel) if spot else None

    def states(self) -> dict[str, dict[str, Any]]:
        """Every door as the sync's request reports it."""
        with self.lock:
            return {
                str(door.number): {"door": door.state, "item": door.item, "in_service": door.in_service}
                for door in self.doors.values()
            }

    def _advance(self, opening: Opening, now: float) -> bool:
        pushing = opening.pushing
        step = opening.step(self.doors[opening.door].state, now)
        if step == "pulse":
            try:
                self._records.intend(opening)
            except NotJournaled:
                step = "silent"
            else:
                self._pulse(opening)
        if step in ("failed", "silent"):
            self._give_up(opening, step)
        return step != "wait" or pushing != opening.pushing

    def _pulse(self, opening: Opening) -> None:
        opening.pulses += 1
        opening.pulsed_at = None
        spot = self.layout.doors[opening.door]
        log.info("door %d: pulse %d (%s)", opening.door, opening.pulses, opening.errand.cause)
        self._fire(Pulse(spot.board, spot.channel, opening.id))

    def _give_up(self, opening: Opening, outcome: str) -> None:
        door = self.doors[opening.door]
        opening.outcome, self.opening = outcome, None
        if outcome == "failed":
            log.warning("door %d: did not open after %d pulses; out of service", door.number, opening.pulses)
            door.in_service = False
            door.await_opening(opening, until=self._mono() + LATE_SECONDS)
            self._end(door, opening, "door_failed", "failed")
        elif door.state == "unknown":
            log.warning("door %d: cannot be seen, so it is not tried further", door.number)
            door.await_opening(opening, interrupted=True)
        else:
            log.warning("door %d: given up on, what it came to is unknown", door.number)
            door.await_opening(opening, until=self._mono() + LATE_SECONDS)
            self._end(door, opening, "door_unknown", "unknown", reading=door.state)

    def _note(self, door: Door, change: str | None) -> None:
        if change == "opened":
            self._opened(door)
        elif change == "shut":
            log.info("door %d: shut", door.number)
            facts = (door.errand or UNEXPECTED).facts()
            self._keep(door, "door_shut", {"door": door.number, "item": door.item, **facts})
        elif change == "seen":
            opening = door.take_awaited(self._mono()) if door.interrupted else None
            if opening is None:
                self._keep(door)
                return
            log.warning("door %d: what its last opening came to is unknown; it is %s", door.number, door.state)
            self._end(door, opening, "door_unknown", "unknown", reading=door.state)

    def _opened(self, door: Door) -> None:
        opening = door.take_awaited(self._mono())
        door.errand = opening.errand if opening else None
        if opening is None:
            log.warning("door %d: open, and nobody asked for it", door.number)
            nobody = Opening("", door.number, UNEXPECTED)
            self._keep(door, "door_opened", nobody.facts())
            return
        log.info("door %d: open (%s)", door.number, opening.errand.cause)
        door.in_service = True
        opening.outcome = "opened"
        if self.opening is opening:
            self.opening = None
        self._end(door, opening, "door_opened", "opened")

    def _lost(self, door: Door) -> bool:
        log.warning("door %d: its sensor is silent", door.number)
        self._keep(door, "door_unknown", {"door": door.number})
        return True

    def _keep(self, door: Door, kind: str | None = None, data: dict[str, Any] | None = None) -> None:
        self._records.changed(door, self.layout.doors[door.number].wiring, kind, data)

    def _end(self, door: Door, opening: Opening, kind: str, outcome: str, **more: Any) -> None:
        self._records.ended(door, self.layout.doors[door.number].wiring, opening, kind, outcome, **more)

    def _look_at_unresolved(self) -> None:
        """After a start: openings without an outcome are never pulsed again, only looked at."""
        for opening in self._records.unresolved():
            door = self.doors.get(opening.door)
            if door is not None:
                door.await_opening(opening, interrupted=True)

    def _asked(self, ask: Ask) -> list[tuple[Door, int]]:
        spots = self.layout.doors.items() if self.layout else ()
        here = [(number, spot.channel) for number, spot in spots if spot.board == ask.board]
        return [(self.doors[number], channel) for number, channel in here if channel in ask.channels]

    def _tell(self) -> None:
        for listener in self.on_change:
            listener()
