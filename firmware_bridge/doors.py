"""What is true of a door, and how to get one open. Pure: readings and times come in, changes and decisions go out.

A door is `shut` or `open` only after two agreeing readings, because the boards' check bytes let some noise through, and
`unknown` once its board stays silent: a silent sensor is never "shut". A coil is pulsed up to three times, with time
between to look and to ask the person to push the door gently, which frees a bolt under side load.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

AGREEING_READS = 2
SILENT_READS = 3
PULSES = 3
DECIDE_SECONDS = 1.5
"""After a pulse a slow door may still pop; nothing is concluded before."""
PUSH_SECONDS = 0.7
LEFT_OPEN_SECONDS = 180
LATE_SECONDS = 30
"""A door given up on that opens this soon after all was opened by that attempt, not by a stranger."""


@dataclass(frozen=True)
class Errand:
    """Why a door is opened."""

    cause: str
    attempt: str | None = None
    grant: str | None = None
    placement: str | None = None
    command: str | None = None

    def facts(self) -> dict[str, Any]:
        """The part of it that every event about the opening repeats."""
        return {name: value for name, value in asdict(self).items() if name != "command"}


@dataclass
class Opening:
    """One try to open one door: at most three pulses, then an outcome: `opened`, `failed` or `silent`."""

    id: str
    door: int
    errand: Errand
    pulses: int = 0
    pulsed_at: float | None = None
    """Monotonic; None before the first pulse and while one is on its way to the line."""
    pushing: bool = False
    outcome: str | None = None
    rest: float = 0.0
    """Seconds this door's coil must rest between two pulses."""

    def step(self, state: str, now: float) -> str:
        """What to do: `pulse`, `wait`, or give up as `failed` or `silent` (nobody can see the door)."""
        if self.pulsed_at is None:
            if self.pulses:
                return "wait"
            return "silent" if state == "unknown" else "pulse"
        waited = now - self.pulsed_at
        if waited < DECIDE_SECONDS:
            return "wait"
        if state == "unknown":
            return "silent"
        if self.pulses == PULSES:
            return "failed"
        self.pushing = True
        return "wait" if waited < max(DECIDE_SECONDS + PUSH_SECONDS, self.rest) else "pulse"

    def facts(self) -> dict[str, Any]:
        return {"door": self.door, **self.errand.facts(), "command": self.errand.command, "pulses": self.pulses}


@dataclass
class Door:
    """One door as its sensor tells it."""

    number: int
    last: str | None = None
    """The last state that was certain, across silence and restarts; None before the first."""
    state: str = "unknown"
    item: str = "unsupported"
    in_service: bool = True
    errand: Errand | None = None
    """Why it is open, or was opened last; None when nobody asked for it."""
    opened_at: float | None = None
    left_open: bool = False
    awaited: Opening | None = None
    """The opening this door's next `open` belongs to."""
    awaited_until: float | None = None
    """Monotonic; None: until the door is next seen for certain."""
    interrupted: bool = False
    """True when a restart or a silent board hid the outcome of `awaited`."""
    _candidate: str | None = None
    _agreeing: int = 0
    _silent: int = 0

    def read(self, shut: bool, item: bool | None, now: float) -> str | None:
        """Take one reading. Returns `opened`, `shut`, `seen` (known again, nothing moved) or None (nothing new)."""
        self._silent = 0
        if item is not None:
            self.item = "present" if item else "absent"
        reading = "shut" if shut else "open"
        if reading == self.state:
            self._candidate = None
            return None
        self._agreeing = self._agreeing + 1 if reading == self._candidate else 1
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

    def await_opening(self, opening: Opening, until: float | None = None, interrupted: bool = False) -> None:
        self.awaited, self.awaited_until, self.interrupted = opening, until, interrupted

    def take_awaited(self, now: float) -> Opening | None:
        """The opening that explains what was just seen, if one does; it explains nothing further."""
        opening, until = self.awaited, self.awaited_until
        self.awaited, self.awaited_until, self.interrupted = None, None, False
        return opening if until is None or now <= until else None

    def _settle(self, reading: str, now: float) -> str:
        before, self.last, self.state, self._candidate = self.last, reading, reading, None
        if reading == "open" and before != "open":
            self.opened_at, self.left_open = now, False
            return "opened"
        if reading == "shut" and before == "open":
            self.opened_at = None
            return "shut"
        if reading == "open" and self.opened_at is None:
            self.opened_at = now
        return "seen"
