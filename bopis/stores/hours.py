"""When a store is open: by week, with exceptions, in its own time zone. Pure.

Written as people write it, a line each; a date of its own takes the place of its weekday:

    Mon-Fri 09:00-18:00
    Sat 10:00-13:00 14:00-02:00
    2026-12-25 closed

An end that is not after its start lies on the next day. A time that the clocks skip in spring counts from the moment
they skip; of a time that comes twice in autumn an opening means the first and a closing the second.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from zoneinfo import ZoneInfo

from bopis.errors import Invalid

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FARTHEST = dt.timedelta(days=800)
"""So far into the future openings are looked for."""
MOST_LINES = 200
_A_DAY = 24 * 60
_LONG = dt.timedelta(days=7)
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

Span = tuple[int, int]
"""Minutes after midnight, local; the end may lie beyond 24 hours."""


@dataclass(frozen=True)
class Hours:
    """The spans of each weekday, Monday first, and of dates that differ."""

    week: tuple[tuple[Span, ...], ...]
    dates: dict[dt.date, tuple[Span, ...]] = field(default_factory=dict)

    def on(self, day: dt.date) -> tuple[Span, ...]:
        """The spans that begin on this day."""
        return self.dates.get(day, self.week[day.weekday()])


def read(text: str) -> Hours:
    """Opening hours from their lines. Raises Invalid that names the line."""
    week: list[tuple[Span, ...]] = [()] * 7
    dates: dict[dt.date, tuple[Span, ...]] = {}
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > MOST_LINES:
        raise Invalid("bad_hours", f"Opening hours have at most {MOST_LINES} lines.")
    for number, (when, *said) in lines:
        spans = _spans(number, said)
        if _DATE.fullmatch(when):
            dates[_date(number, when)] = spans
        else:
            for day in _weekdays(number, when):
                week[day] = spans
    return Hours(tuple(week), dates)


def is_open(hours: Hours, zone: ZoneInfo, at: dt.datetime) -> bool:
    """Whether the store is open at this instant."""
    first = next(openings(hours, zone, at), None)
    return first is not None and first[0] <= at


def openings(hours: Hours, zone: ZoneInfo, since: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """From when to when it is open, in UTC and in order, beginning with what is not over at `since`.

    Openings that touch are one; only what stays open for weeks comes in parts.
    """
    pending: tuple[dt.datetime, dt.datetime] | None = None
    for begin, end in _every_span(hours, zone, since):
        if end <= since:
            continue
        if pending is None:
            pending = (begin, end)
        elif begin <= pending[1] and pending[1] - pending[0] < _LONG:
            pending = (pending[0], max(pending[1], end))
        else:
            yield pending
            pending = (max(begin, pending[1]), end)
    if pending is not None:
        yield pending


def after(hours: Hours, zone: ZoneInfo, start: dt.datetime, length: dt.timedelta) -> dt.datetime | None:
    """The instant at which it has been open for `length` since `start`; None when it never will have been."""
    left = length
    for begin, end in openings(hours, zone, start):
        here = end - max(begin, start)
        if here >= left:
            return end - here + left
        left -= here
    return None


def between(hours: Hours, zone: ZoneInfo, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
    """For how long it is open between two instants."""
    total = dt.timedelta()
    for begin, close in openings(hours, zone, start):
        if begin >= end:
            break
        total += min(close, end) - max(begin, start)
    return total


def instant(day: dt.date, minutes: int, zone: ZoneInfo, *, fold: int = 0) -> dt.datetime:
    """The UTC instant of a local time; one that the clocks skip is the moment at which they skip."""
    days, minute = divmod(minutes, _A_DAY)
    naive = dt.datetime.combine(day, dt.time()) + dt.timedelta(days=days, minutes=minute)
    here = naive.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC)
    if here.astimezone(zone).replace(tzinfo=None) == naive:
        return here
    early, late = sorted(naive.replace(tzinfo=zone, fold=each).astimezone(dt.UTC) for each in (0, 1))
    before = early.astimezone(zone).utcoffset()
    while late - early > dt.timedelta(seconds=1):
        middle = early + (late - early) // 2
        early, late = (middle, late) if middle.astimezone(zone).utcoffset() == before else (early, middle)
    return late.replace(microsecond=0)


def _every_span(hours: Hours, zone: ZoneInfo, since: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    first = since.astimezone(zone).date() - dt.timedelta(days=2)  # what began the day before may last past midnight
    for number in range(FARTHEST.days):
        day = first + dt.timedelta(days=number)
        for begin, end in hours.on(day):
            span = instant(day, begin, zone), instant(day, end, zone, fold=1)
            if span[0] < span[1]:
                yield span


def _spans(number: int, said: list[str]) -> tuple[Span, ...]:
    if said == ["closed"]:
        return ()
    found = []
    for text in said:
        match = _SPAN.fullmatch(text)
        if match is None:
            break
        begin, end = (int(match[part]) * 60 + int(match[part + 1]) for part in (1, 3))
        if end > _A_DAY:
            break
        found.append((begin, end if end > begin else end + _A_DAY))
    else:
        if found and all(one[1] <= other[0] for one, other in pairwise(found)):
            return tuple(found)
    raise Invalid("bad_hours", f"Line {number}: write times such as 09:00-18:00 in order, or “closed”.")


def _weekdays(number: int, text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        ends = [_weekday(name) for name in part.split("-")]
        if len(ends) > 2 or None in ends:
            raise Invalid("bad_hours", f"Line {number}: begin with days such as Mon, Mon-Fri, Sat,Sun or a date.")
        first, last = ends[0] or 0, ends[-1] or 0
        found += [(first + each) % 7 for each in range((last - first) % 7 + 1)]
    return found


def _weekday(name: str) -> int | None:
    wanted = name[:3].capitalize()
    return DAYS.index(wanted) if wanted in DAYS else None


def _date(number: int, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Invalid("bad_hours", f"Line {number}: there is no day {text}.") from None
