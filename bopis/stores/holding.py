"""How long goods are held for their shopper, and when the shopper is reminded. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bopis.errors import Invalid
from bopis.stores import hours as opening
from bopis.stores.hours import Hours

AFTER_4_HOURS, AFTER_A_DAY, LAST_CHANCE = REMINDERS = ("reminder_4h", "reminder_24h", "last_chance")
"""Templates of reminders, in the order in which they are sent."""
LAST_CHANCE_BEFORE = dt.timedelta(hours=12)
APART = dt.timedelta(hours=2)
"""Two reminders, or one and the end of the hold, lie at least so far apart."""
TIME_TO_COME = dt.timedelta(hours=4)
"""A last chance that may be said so shortly before the end, or less, is said on the evening before."""
_LONGEST = {"hold_hours": 24 * 60, "extend_hours": 24 * 30, "extend_times": 20, "load_within_hours": 24 * 30}
_LEAST = {"hold_hours": 1, "extend_hours": 1, "extend_times": 0, "load_within_hours": 1}


@dataclass(frozen=True)
class Rules:
    """A merchant's rules. Hours are counted as `end` says; quiet hours are local times, `HH:MM`."""

    hold_hours: int = 72
    extend_hours: int = 24
    """What a shopper's tap adds."""
    extend_times: int = 1
    """How often; 0 for not at all."""
    load_within_hours: int = 48
    """How long a door is kept for an order that nobody loads."""
    quiet_from: str = "21:00"
    quiet_until: str = "08:00"
    """No reminder goes out between these; alike for no quiet hours."""
    restock: bool = True
    """Whether the shop's stock is put right when something nobody collected is back with the store."""
    tell_over: bool = True
    """Whether a shopper is told when the hold has ended."""

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Rules:
        """The rules as a merchant keeps them; what is not said is the usual."""
        names = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in (kept or {}).items() if name in names})

    @classmethod
    def checked(cls, **given: Any) -> Rules:
        """The same of what somebody typed. Raises Invalid."""
        rules = cls(**given)
        for name, longest in _LONGEST.items():
            value = getattr(rules, name)
            if not _LEAST[name] <= value <= longest:
                raise Invalid("bad_hold", f"Give whole numbers from {_LEAST[name]} to {longest}.")
        for text in (rules.quiet_from, rules.quiet_until):
            _minutes(text)
        return rules

    def kept(self) -> dict[str, Any]:
        """As a merchant keeps them."""
        return asdict(self)


class Place(NamedTuple):
    """What the rules must know of where goods lie: the store's zone, and its hours if they can be reached only then."""

    zone: ZoneInfo
    hours: Hours | None


class Reminder(NamedTuple):
    """One reminder and when it is due."""

    template: str
    at: dt.datetime


def end(start: dt.datetime, length_hours: int, place: Place) -> dt.datetime:
    """When a hold of so many hours is over: opening hours where the goods can be reached only then.

    A store whose hours never open again holds by the clock.
    """
    length = dt.timedelta(hours=length_hours)
    counted = opening.after(place.hours, place.zone, start, length) if place.hours is not None else None
    return counted or start + length


def plan(start: dt.datetime, until: dt.datetime, rules: Rules, zone: ZoneInfo) -> list[Reminder]:
    """The reminders of a hold, outside the quiet hours, well apart, the last one while there is time to come."""
    last = until - min(LAST_CHANCE_BEFORE, (until - start) / 4)
    wanted = [
        Reminder(AFTER_4_HOURS, _later(start + dt.timedelta(hours=4), rules, zone)),
        Reminder(AFTER_A_DAY, _later(start + dt.timedelta(hours=24), rules, zone)),
        Reminder(LAST_CHANCE, _in_time(last, start, until, rules, zone)),
    ]
    found: list[Reminder] = []
    for reminder in reversed(wanted):
        following = found[0].at if found else until
        if start < reminder.at and reminder.at + (APART if found else dt.timedelta(hours=1)) <= following:
            found.insert(0, reminder)
    return found


def is_quiet(at: dt.datetime, rules: Rules, zone: ZoneInfo) -> bool:
    """Whether nobody is reminded at this instant."""
    return _later(at, rules, zone) != at


def quiet_until(at: dt.datetime, rules: Rules, zone: ZoneInfo) -> dt.datetime:
    """This instant, or the end of the quiet hours it lies in."""
    return _later(at, rules, zone)


def next_time(after: dt.datetime, local: str, zone: ZoneInfo) -> dt.datetime:
    """The first instant after `after` at which the store's clock shows `local` (`HH:MM`)."""
    day = after.astimezone(zone).date() - dt.timedelta(days=1)
    for number in range(4):
        found = opening.instant(day + dt.timedelta(days=number), _minutes(local), zone)
        if found > after:
            return found
    raise AssertionError("every clock shows every time within three days")


def _later(at: dt.datetime, rules: Rules, zone: ZoneInfo) -> dt.datetime:
    span = _quiet_around(at, rules, zone)
    return span[1] if span else at


def _in_time(at: dt.datetime, start: dt.datetime, until: dt.datetime, rules: Rules, zone: ZoneInfo) -> dt.datetime:
    """The last chance: after the quiet hours where that leaves time to come, else before they begin."""
    span = _quiet_around(at, rules, zone)
    if span is None:
        return at
    before = span[0] - dt.timedelta(hours=1)
    return span[1] if span[1] + TIME_TO_COME <= until or before <= start else before


def _quiet_around(at: dt.datetime, rules: Rules, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime] | None:
    begin, close = _minutes(rules.quiet_from), _minutes(rules.quiet_until)
    if begin == close:
        return None
    quiet = Hours(((((begin, close if close > begin else close + 24 * 60)),),) * 7)
    span = next(opening.openings(quiet, zone, at), None)
    return span if span is not None and span[0] <= at else None


def _minutes(text: str) -> int:
    try:
        at = dt.time.fromisoformat(text)
    except (ValueError, TypeError):
        raise Invalid("bad_hold", "Write quiet hours as times, such as 21:00.") from None
    return at.hour * 60 + at.minute
