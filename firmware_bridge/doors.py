"""What is true of a door. Pure: readings and times come in, changes come out.

A door is `shut` or `open` only after two agreeing readings, because the boards' check bytes let some noise through, and
`unknown` once its board stays silent: a silent sensor is never "shut". A sensor that says the same through several
openings, or that says `open` at the start and nobody knows why, is suspect: what it says is no longer taken for what
the door did.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.openings import DECIDE_SECONDS, LATE_SECONDS, PULSES, PUSH_SECONDS, Errand, Opening

__all__ = ["DECIDE_SECONDS", "LATE_SECONDS", "PULSES", "PUSH_SECONDS", "Door", "Errand", "Opening"]

AGREEING_READS = 2
SILENT_READS = 3
LEFT_OPEN_SECONDS = 180
REMIND_SECONDS = (20, 40, 60)
"""A door that stands open so long reminds whoever left it; after LEFT_OPEN_SECONDS the store is told."""
SUSPECT_OPENINGS = 3
"""So many openings in a row of which a sensor saw nothing make it suspect: a jam is rarely tried so often."""


@dataclass
class Door:
    """One door as its sensor tells it."""

    number: int
    wiring: str = ""
    last: str | None = None
    """The last state that was certain, across silence and restarts; None before the first."""
    state: str = "unknown"
    item: str = "unsupported"
    in_service: bool = True
    errand: Errand | None = None
    """Why it is open, or was opened last; None when nobody asked for it."""
    opened_at: float | None = None
    left_open: bool = False
    reminded: int = 0
    suspect: bool = False
    unmoved: int = 0
    """Openings in a row of which the sensor saw nothing."""
    awaited: Opening | None = None
    """The opening this door's next `open` belongs to."""
    awaited_until: float | None = None
    """Monotonic; None: until the door is next seen for certain."""
    interrupted: bool = False
    """True when a restart or a silent board hid the outcome of `awaited`."""
    moved_at: float = 0.0
    """When the last change was first read."""
    was_sure: bool = False
    """Whether the door was known for certain right before that change."""
    _seen: bool = False
    _candidate: str | None = None
    _candidate_at: float = 0.0
    _agreeing: int = 0
    _silent: int = 0

    @property
    def takes_goods(self) -> bool:
        """Whether new goods may go in."""
        return self.in_service and not self.suspect

    def read(self, shut: bool, item: bool | None, now: float) -> str | None:
        """Take one reading. Returns `opened`, `shut`, `seen` (known again, nothing moved) or None (nothing new)."""
        self._silent = 0
        if item is not None:
            self.item = "present" if item else "absent"
        reading = "shut" if shut else "open"
        if reading == self.state:
            self._candidate = None
            return None
        if reading != self._candidate:
            self._agreeing, self._candidate_at = 0, now
        self._agreeing += 1
        self._candidate = reading
        return self._settle(reading, now) if self._agreeing >= AGREEING_READS else None

    def silence(self) -> bool:
        """Take one missing answer. True when the door turned `unknown` with it."""
        self._silent += 1
        self._candidate = None
        if self._silent < SILENT_READS:
            return False
        return self.lose()

    def lose(self) -> bool:
        """The line itself is gone. True when the door turned `unknown` with it."""
        turned = self.state != "unknown"
        self.state = "unknown"
        return turned

    def undecided(self) -> bool:
        """A reading disagrees with what is believed: worth reading again at once."""
        return self._candidate is not None

    def stayed_open(self, now: float) -> bool:
        """True once per opening, when the door has been open for three minutes."""
        if self.left_open or self.state != "open" or self.opened_at is None:
            return False
        self.left_open = now - self.opened_at >= LEFT_OPEN_SECONDS
        return self.left_open

    def reminds(self, now: float) -> bool:
        """True when the next of REMIND_SECONDS has passed since the door was opened."""
        if self.state != "open" or self.opened_at is None or self.suspect:
            return False
        before, self.reminded = self.reminded, sum(now - self.opened_at >= seconds for seconds in REMIND_SECONDS)
        return self.reminded > before

    def says_nothing(self) -> bool:
        """An opening came and went without the sensor. True when that makes it suspect."""
        self.unmoved += 1
        before, self.suspect = self.suspect, self.suspect or self.unmoved >= SUSPECT_OPENINGS
        return self.suspect and not before

    def await_opening(self, opening: Opening, until: float | None = None, interrupted: bool = False) -> None:
        self.awaited, self.awaited_until, self.interrupted = opening, until, interrupted

    def take_awaited(self, now: float) -> Opening | None:
        """The opening that explains what was just seen, if one does; it explains nothing further."""
        opening, until = self.awaited, self.awaited_until
        self.awaited, self.awaited_until, self.interrupted = None, None, False
        return opening if until is None or now <= until else None

    def _settle(self, reading: str, now: float) -> str:
        before, first = self.last, not self._seen
        self.was_sure, self.moved_at = self.state != "unknown", self._candidate_at
        self.last, self.state, self._candidate, self._seen = reading, reading, None, True
        if reading == before:
            if reading == "open" and self.opened_at is None:
                self.opened_at = now
            return "seen"
        self.unmoved = 0
        self.suspect = first and reading == "open" and self.awaited is None
        if reading == "open":
            self.opened_at, self.left_open, self.reminded = now, False, 0
            return "opened"
        self.opened_at, self.reminded = None, 0
        return "shut" if before == "open" else "seen"
