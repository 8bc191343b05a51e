"""May this code open something now? Pure rules; nothing here knows a file, a door or the time.

The throttles carry what six secret digits cannot: a guess meets one grant, and there are few guesses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

GRANT_PAUSES_AT, GRANT_PAUSE_SECONDS = 5, 300
GRANT_LOCKS_AT = 10
STREAK_PAUSES_AT, STREAK_PAUSE_SECONDS, LONGEST_STREAK_PAUSE = 5, 30, 900
ASSIST_AT, ASSIST_WINDOW_SECONDS = 30, 3600
REOPEN_SECONDS = 120


@dataclass(frozen=True)
class Placement:
    """Where one parcel is: behind a door, or at the counter."""

    id: str
    kind: str
    door: int | None


@dataclass(frozen=True)
class Spent:
    """A placement whose door was seen to open for its grant. `at` is epoch seconds of the first opening."""

    at: float
    reopened: bool


@dataclass(frozen=True)
class Grant:
    """One pickup's access. Times are epoch seconds. `repr` shows neither verifier nor salt."""

    id: str
    version: int
    active: bool
    salt: bytes = field(repr=False)
    verifier: bytes = field(repr=False)
    valid_from: float
    valid_until: float
    lease_until: float
    placements: tuple[Placement, ...]
    unpaid: bool = False
    """Its shopper is to pay first."""


def refusal(grant: Grant, spent: Mapping[str, Spent], now: float, sure: bool) -> str | None:
    """Why a grant opens nothing now, its secret being right; None when it opens something.

    `sure` is False while nobody has told the bridge the time: `now` is then at the earliest what it was, so an end
    that has passed has passed, but a start that seems to lie ahead may not.
    """
    if grant.unpaid:
        return "unpaid"
    if not grant.active:
        return "inactive"
    if sure and now < grant.valid_from:
        return "not_yet"
    if now >= grant.valid_until:
        return "expired"
    if now >= grant.lease_until:
        return "lease_expired"
    return None if to_open(grant, spent, now) else "spent"


def to_open(grant: Grant, spent: Mapping[str, Spent], now: float) -> tuple[Placement, ...]:
    """What is still to be handed over, doors before the counter; when nothing is, the one door that may be opened
    again because it opened less than two minutes ago and was not opened again yet."""
    left = [placement for placement in grant.placements if placement.id not in spent]
    if left:
        return tuple(sorted(left, key=lambda placement: placement.kind == "counter"))
    again = [placement for placement in grant.placements if may_reopen(spent[placement.id], now)]
    return tuple(sorted(again, key=lambda placement: -spent[placement.id].at)[:1])


def may_reopen(spent: Spent, now: float) -> bool:
    return not spent.reopened and now - spent.at <= REOPEN_SECONDS


def streak_pause(streak: int) -> int:
    """Seconds the kiosk takes no code after so many refusals in a row: 30, doubling, up to 15 minutes."""
    if streak < STREAK_PAUSES_AT:
        return 0
    return min(STREAK_PAUSE_SECONDS * 2 ** min(streak - STREAK_PAUSES_AT, 10), LONGEST_STREAK_PAUSE)


def grant_pause(wrong: int) -> int:
    """Seconds a grant takes no code once its count of wrong ones has reached `wrong`."""
    return GRANT_PAUSE_SECONDS if wrong == GRANT_PAUSES_AT else 0


def needs_assistance(failures: Iterable[float], now: float) -> bool:
    """Whether an hour has seen so many refusals that typed codes now need staff; scanned ones, which nobody guesses,
    still work."""
    return sum(at > now - ASSIST_WINDOW_SECONDS for at in failures) >= ASSIST_AT


def read_placements(body: Iterable[Mapping[str, Any]]) -> tuple[Placement, ...]:
    """The wire's placements. Raises ValueError, KeyError or TypeError when one cannot be right."""
    placements = tuple(Placement(str(each["id"]), str(each["kind"]), each["door"]) for each in body)
    for placement in placements:
        good = placement.door is None if placement.kind == "counter" else type(placement.door) is int
        if not good or placement.kind not in ("compartment", "counter"):
            raise ValueError("a placement is a compartment with a door, or the counter")
    return placements
