"""What one person at the bank is doing now, as the kiosk shows it. Lives in memory only: a restart ends it."""

from __future__ import annotations

from dataclasses import dataclass, field

from firmware_bridge.access import REOPEN_SECONDS, Placement
from firmware_bridge.doors import Door, Opening

SHUT_SECONDS = 30
STAFF_SHUT_SECONDS = 3
"""Staff look at their handheld; the screen is soon free for the next shopper."""
FAILED_SECONDS = 20
BUSY_SECONDS = 60
"""A door that stands open this long no longer keeps the next person waiting."""


@dataclass
class Session:
    """One attempt of a shopper, or one door opened by staff. Times are monotonic."""

    id: str
    who: str
    stops: tuple[Placement, ...]
    """Doors in order, then the counter; a staff session has one door."""
    grant: str | None = None
    at: int = 0
    opening: Opening | None = None
    """None at the counter, and at a door that was not even tried."""
    opened_at: float | None = None
    reopened: bool = False
    phase: str = "opening"
    since: float = 0.0
    told: set[str] = field(default_factory=set)
    sensor: str = "door"
    """What the bank's sensors look at. Over a hook an open door may only be unlocked, so it may be opened again."""

    @property
    def stop(self) -> Placement:
        return self.stops[self.at]

    @property
    def doors_left(self) -> int:
        """Doors after the current one."""
        return sum(stop.door is not None for stop in self.stops[self.at + 1 :])

    def look(self, door: Door | None, now: float) -> bool:
        """Work out the phase anew; True when it changed."""
        phase = self._phase(door)
        if phase in ("open", "pull") and self.opened_at is None:
            self.opened_at = now
        if phase == self.phase:
            return False
        self.phase, self.since = phase, now
        return True

    def may_reopen(self, now: float) -> bool:
        return (
            self.who == "shopper"
            and (self.phase in ("shut", "pull") or (self.phase == "open" and self.sensor == "hook"))
            and not self.reopened
            and self.opened_at is not None
            and now - self.opened_at <= REOPEN_SECONDS
        )

    def is_busy(self, now: float) -> bool:
        """Somebody is before an open or opening door."""
        if self.phase == "open":
            return self.opened_at is None or now - self.opened_at < BUSY_SECONDS
        return self.phase in ("opening", "push")

    def is_over(self, now: float) -> bool:
        if self.phase == "failed":
            return now - self.since >= FAILED_SECONDS
        rest = SHUT_SECONDS if self.who == "shopper" else STAFF_SHUT_SECONDS
        return self.phase in ("shut", "counter", "pull") and now - self.since >= rest

    def _phase(self, door: Door | None) -> str:
        if self.stop.door is None:
            return "counter"
        if self.opening is None or door is None:
            return "failed"
        if self.opening.outcome is None:
            return "push" if self.opening.pushing else "opening"
        if self.opening.outcome == "unseen":
            return "pull"
        if self.opening.outcome != "opened":
            return "failed"
        return "shut" if door.state == "shut" else "open"
