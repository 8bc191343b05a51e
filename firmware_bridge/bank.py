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
from firmware_bridge.doors import Door
from firmware_bridge.journal import Journal, NotJournaled
from firmware_bridge.layout import Layout
from firmware_bridge.openings import HOOK_SECONDS, Errand, Opening
from firmware_bridge.quarantine import Mismatch
from firmware_bridge.sightings import Sightings

log = logging.getLogger(__name__)

WAITED_FOR = ("cooldown", "busy")
"""Why a board may reject a pulse and do it a little later."""


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
        self.closed = False
        """For service: nothing is opened here."""
        self.on_change: list[Callable[[], None]] = []
        self._journal = journal
        self._seen = Sightings(journal)
        self._records = self._seen.records
        self._fire = fire
        self._new_id = new_id
        self._mono = journal.clock.mono

    @property
    def doors(self) -> dict[int, Door]:
        """By number."""
        return self._seen.doors

    @property
    def opening(self) -> Opening | None:
        """The one under way."""
        return self._seen.opening

    @property
    def quarantine(self) -> Mismatch | None:
        """Why nothing is opened here, if so."""
        return self._seen.quarantine.found

    def configure(self, layout: Layout) -> None:
        """Take a layout. Doors wired as before keep what is known of them; others start unknown."""
        with self.lock:
            first, kept = self.layout is None, self.doors
            self._seen.sensor = layout.sensor
            self._seen.doors = {
                number: kept[number]
                if number in kept and kept[number].wiring == spot.wiring
                else self._records.remembered(number, spot.wiring)
                for number, spot in layout.doors.items()
            }
            self.layout = layout
            opening = self.opening
            if opening is not None and self.doors.get(opening.door) is not kept[opening.door]:
                opening.outcome, self._seen.opening = "silent", None
            if first:
                self._look_at_unresolved()
        self._tell()

    def close(self) -> None:
        """For service; `reopen` ends it."""
        with self.lock:
            self.closed = True
        self._tell()

    def reopen(self, layout: Layout | None, *, anew: bool) -> None:
        """Work again. `anew`: it was commissioned, so nothing said of its doors before counts, nor a quarantine."""
        with self.lock:
            self.closed = False
            if anew:
                self._seen.doors = {}
                self._seen.quarantine.forget()
            if layout is not None:
                self.configure(layout)
        self._tell()

    def open(self, number: int, errand: Errand, also: Callable[[sqlite3.Connection], None]) -> Opening:
        """Journal the first intent, together with what `also` writes, then pulse. A door that stands open already
        counts as opened, with no pulse, if its sensor looks at the door and can be trusted.

        Raises Refused: closed_for_service, quarantined, unknown_door, board_silent, busy, not_journaled; then nothing
        was written or pulsed.
        """
        with self.lock:
            door = self._may_open(number)
            opening = self._opening(door, errand)
            stands_open = door.state == "open" and not opening.blind and opening.hook_seconds is None
            try:
                self._records.begin(opening, also, pulse=not stands_open)
            except NotJournaled as problem:
                raise Refused("not_journaled") from problem
            door.await_opening(opening)
            if stands_open:
                self._seen.opened_already(door)
            else:
                self._seen.opening = opening
                self._pulse(opening)
        self._tell()
        return opening

    def end_quarantine(self, by: str, reason: str) -> None:
        """An admin's word that the wires are right. Raises NotJournaled."""
        with self.lock, self._journal.writing() as db:
            for number in self._seen.quarantine.end(db):
                if number in self.doors:
                    self.doors[number].in_service = True
                    self._records.changed(self.doors[number])
            self._journal.append("quarantine_ended", {"by": by, "reason": reason})
        self._tell()

    def on_reading(self, ask: Ask, status: BoardStatus | None) -> bool:
        """Take a board's answer about some doors, or None for its silence. True when it is worth asking again."""
        changed = again = False
        with self.lock:
            for door, channel in self._asked(ask):
                if status is None or channel not in status.shut:
                    changed |= door.silence() and self._seen.lost(door)
                    continue
                changed |= self._seen.read(door, status.shut[channel], status.items.get(channel))
                again |= door.undecided()
        if changed:
            self._tell()
        return again

    def on_line_lost(self) -> None:
        """The serial port is gone: every door is unknown at once."""
        with self.lock:
            turned = [self._seen.lost(door) for door in self.doors.values() if door.lose()]
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
                self._seen.quarantine.pulsed(opening, self.doors.values())
                return
            self._seen.give_up(opening, "silent")
        self._tell()

    def on_rejected(self, pulse: Pulse, reason: str) -> None:
        """The board says that it did not do a pulse. One it may do a little later is waited for."""
        with self.lock:
            opening = self.opening
            if opening is not None and opening.id == pulse.opening and reason in WAITED_FOR:
                opening.reject(self._mono())

    def tick(self) -> None:
        """Do what is due: the next pulse, a verdict on the last, a door left open, what could not be written."""
        changed = False
        with self.lock:
            self._records.pay()
            for door in self.doors.values():
                changed |= self._seen.pass_time(door)
            if self.opening is not None:
                changed |= self._advance(self.opening, self._mono())
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

    def _may_open(self, number: int) -> Door:
        door = self.doors.get(number)
        if self.closed:
            raise Refused("closed_for_service")
        if self.quarantine is not None:
            raise Refused("quarantined")
        if door is None:
            raise Refused("unknown_door")
        if door.state == "unknown":
            raise Refused("board_silent")
        if self.opening is not None:
            raise Refused("busy")
        return door

    def _opening(self, door: Door, errand: Errand) -> Opening:
        layout = self.layout
        hook = layout.board.pulse_seconds + HOOK_SECONDS if layout.sensor == "hook" else None
        blind = door.suspect and door.state == "open"
        rest = layout.board.rest_seconds
        return Opening(self._new_id(), door.number, errand, rest=rest, blind=blind, hook_seconds=hook)

    def _advance(self, opening: Opening, now: float) -> bool:
        pushing, door = opening.pushing, self.doors[opening.door]
        step = opening.step(door.state, now)
        if step == "pulse":
            try:
                self._records.intend(opening)
            except NotJournaled:
                step = "silent"
            else:
                self._pulse(opening)
        if step == "opened":
            self._seen.opened(door)
        elif step not in ("pulse", "wait"):
            self._seen.give_up(opening, step)
        return step != "wait" or pushing != opening.pushing

    def _pulse(self, opening: Opening) -> None:
        opening.pulses += 1
        opening.pulsed_at = None
        spot = self.layout.doors[opening.door]
        log.info("door %d: pulse %d (%s)", opening.door, opening.pulses, opening.errand.cause)
        self._fire(Pulse(spot.board, spot.channel, opening.id))

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
