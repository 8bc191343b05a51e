"""How one door is got open: up to three pulses, with time between to look. Pure: states and times in, decisions out.

Between two pulses the person is asked to push the door gently, which frees a bolt under side load. A pulse that the
board would not do, to spare its coil or because it was busy, counts for nothing: it is waited for.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

PULSES = 3
DECIDE_SECONDS = 1.5
"""After a pulse a slow door may still pop; nothing is concluded before."""
PUSH_SECONDS = 0.7
LATE_SECONDS = 30
"""A door given up on that opens this soon after all was opened by that attempt, not by a stranger."""
REJECTIONS = 5
COOLDOWN_SECONDS = 2.0
HOOK_SECONDS = 1.0
"""A hook that falls back as soon as its coil lets go has not let its door move."""


@dataclass(frozen=True)
class Errand:
    """Why a door is opened."""

    cause: str
    attempt: str | None = None
    grant: str | None = None
    placement: str | None = None
    command: str | None = None
    pickup: str | None = None
    """Whose goods staff at the kiosk put in or take out, and who they are."""
    staff: str | None = None

    def facts(self) -> dict[str, Any]:
        """The part of it that every event about the opening repeats."""
        return {name: value for name, value in asdict(self).items() if name != "command"}


@dataclass
class Opening:
    """One try to open one door. Its outcome: `opened`; `failed`, pulsed and never seen to open; `silent`, nobody could
    see it; `unseen`, its sensor is suspect; `rejected`, the board would not; `wrong_door`, another one moved."""

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
    blind: bool = False
    """The sensor's word is not taken: one pulse, and nobody knows what came of it."""
    hook_seconds: float | None = None
    """The sensor looks at the hook: how long it must stay open after a pulse to mean anything. None: at the door."""
    rejected: int = 0
    resting_until: float | None = None

    def step(self, state: str, now: float) -> str:
        """What to do: `pulse`, `wait`, or end it with an outcome."""
        if self.pulsed_at is None:
            if self.pulses:
                return "wait"
            return "silent" if state == "unknown" else "pulse"
        waited = now - self.pulsed_at
        if self.hook_seconds is not None and state == "open" and not self.blind:
            return "opened" if waited >= self.hook_seconds else "wait"
        if self.resting_until is not None and state == "shut":
            return self._after_rejection(now)
        if waited < DECIDE_SECONDS:
            return "wait"
        if state == "unknown":
            return "silent"
        if self.blind:
            return "unseen"
        if self.pulses - self.rejected == PULSES:
            return "failed"
        self.pushing = True
        return "wait" if waited < max(DECIDE_SECONDS + PUSH_SECONDS, self.rest) else "pulse"

    def reject(self, now: float) -> None:
        """The board would not do the last pulse now."""
        self.rejected += 1
        self.resting_until = now + max(COOLDOWN_SECONDS, self.rest)

    def facts(self) -> dict[str, Any]:
        return {"door": self.door, **self.errand.facts(), "command": self.errand.command, "pulses": self.pulses}

    def _after_rejection(self, now: float) -> str:
        if self.rejected > REJECTIONS:
            return "rejected"
        if now < (self.resting_until or 0):
            return "wait"
        self.resting_until = None
        return "pulse"
