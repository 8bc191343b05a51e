"""Opening hours over zones and days on which clocks jump, against a minute by minute look at the wall clock."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bopis.errors import Invalid
from bopis.stores import hours
from bopis.stores.hours import Hours, after, between, is_open, openings, read

# Spring and autumn, a half-hour jump, a skipped midnight, a whole day left out, and a place that never changes.
ZONES = [
    ("America/New_York", "2026-03-06"),
    ("America/New_York", "2026-10-30"),
    ("Europe/Berlin", "2026-03-27"),
    ("Europe/Berlin", "2026-10-23"),
    ("Australia/Lord_Howe", "2026-04-03"),
    ("Australia/Lord_Howe", "2026-10-02"),
    ("Africa/Cairo", "2026-04-22"),
    ("Pacific/Apia", "2011-12-28"),
    ("Asia/Kathmandu", "2026-06-01"),
]
MINUTE = dt.timedelta(minutes=1)
NINE_TO_SIX = read("Mon-Fri 09:00-18:00\nSat 10:00-13:00 14:00-16:00\n2026-12-25 closed\n2026-12-24 09:00-12:00")
NEW_YORK = ZoneInfo("America/New_York")


def at(text: str, zone: ZoneInfo = NEW_YORK) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(dt.UTC)


@st.composite
def weeks(draw: st.DrawFn) -> Hours:
    """Two spans a day at most; a closing never in the hours that may come twice."""
    days = []
    for _ in range(7):
        spans = []
        if draw(st.booleans()):
            spans.append((draw(st.integers(0, 8 * 60)), draw(st.integers(9 * 60, 12 * 60))))
        if draw(st.booleans()):
            spans.append((draw(st.integers(13 * 60, 20 * 60)), draw(st.sampled_from([22 * 60, 24 * 60, 30 * 60]))))
        days.append(tuple(spans))
    return Hours(tuple(days))


def by_wall_clock(week: Hours, zone: ZoneInfo, instant: dt.datetime) -> bool:
    """Whether a person looking at the sign and at the clock on the wall would say that it is open."""
    local = instant.astimezone(zone)
    minute = local.hour * 60 + local.minute
    today, before = local.date(), local.date() - dt.timedelta(days=1)
    spans = [(begin, end, minute) for begin, end in week.on(today)]
    spans += [(begin, end, minute + 24 * 60) for begin, end in week.on(before)]
    return any(begin <= now < end for begin, end, now in spans)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(week=weeks(), where=st.sampled_from(ZONES), first=st.integers(0, 24 * 60), length=st.integers(1, 30))
def test_hours_are_those_that_the_clock_on_the_wall_shows(
    week: Hours, where: tuple[str, str], first: int, length: int
) -> None:
    zone = ZoneInfo(where[0])
    start = dt.datetime.fromisoformat(where[1]).replace(tzinfo=dt.UTC) + first * MINUTE
    minutes = [start + each * MINUTE for each in range(3 * 24 * 60)]
    # Openings begin at the first of two times alike and so does the look at the wall: only whole minutes differ.
    opened = [by_wall_clock(week, zone, minute) or _comes_again(week, zone, minute) for minute in minutes]
    found = between(week, zone, start, minutes[-1] + MINUTE)
    assert found == sum(opened) * MINUTE
    end = after(week, zone, start, dt.timedelta(hours=length))
    if sum(opened) >= length * 60:
        assert end is not None and between(week, zone, start, end) == dt.timedelta(hours=length)
        assert by_wall_clock(week, zone, end - MINUTE) or _comes_again(week, zone, end - MINUTE)


def _comes_again(week: Hours, zone: ZoneInfo, instant: dt.datetime) -> bool:
    """In autumn an opening at 01:30 means the first one: what follows is open, the hour that comes again with it."""
    local = instant.astimezone(zone)
    if local.fold == 0:
        return False
    spans = [(begin, end) for day in (local.date(),) for begin, end in week.on(day)]
    first_of_both = dt.datetime.combine(local.date(), dt.time(), zone)
    return any(
        (first_of_both + dt.timedelta(minutes=begin)).astimezone(dt.UTC)
        <= instant
        < (first_of_both + dt.timedelta(minutes=end)).replace(fold=1).astimezone(dt.UTC)
        for begin, end in spans
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(week=weeks(), where=st.sampled_from(ZONES), first=st.integers(0, 4 * 24 * 60))
def test_openings_come_in_order_and_never_overlap(week: Hours, where: tuple[str, str], first: int) -> None:
    zone, start = ZoneInfo(where[0]), dt.datetime.fromisoformat(where[1]).replace(tzinfo=dt.UTC) + first * MINUTE
    last = start
    for (begin, end), _ in zip(openings(week, zone, start), range(20), strict=False):
        assert begin < end and end > start
        assert begin > last or last == start
        assert is_open(week, zone, max(begin, start)) and is_open(week, zone, end - MINUTE)
        last = end


def test_seventy_two_opening_hours_of_a_shop_are_eight_days_and_more() -> None:
    end = after(NINE_TO_SIX, NEW_YORK, at("2026-11-23 10:00"), dt.timedelta(hours=72))  # a Monday
    assert end == at("2026-12-02 14:00")


def test_a_holiday_is_no_opening_and_a_half_one_counts_half() -> None:
    assert not is_open(NINE_TO_SIX, NEW_YORK, at("2026-12-25 10:00"))
    assert between(NINE_TO_SIX, NEW_YORK, at("2026-12-24 00:00"), at("2026-12-26 00:00")) == dt.timedelta(hours=3)


def test_a_night_bar_is_open_an_hour_less_in_spring_and_an_hour_longer_in_autumn() -> None:
    night = read("Sat 20:00-04:00")
    spring = between(night, NEW_YORK, at("2026-03-07 12:00"), at("2026-03-08 12:00"))
    autumn = between(night, NEW_YORK, at("2026-10-31 12:00"), at("2026-11-01 12:00"))
    assert (spring, autumn) == (dt.timedelta(hours=7), dt.timedelta(hours=9))


def test_a_time_that_the_clocks_skip_is_the_moment_at_which_they_skip() -> None:
    assert next(openings(read("Sun 02:30-10:00"), NEW_YORK, at("2026-03-08 00:00")))[0] == dt.datetime(
        2026, 3, 8, 7, tzinfo=dt.UTC
    )


def test_a_shop_that_never_closes_counts_every_hour() -> None:
    always = read("Mon-Sun 00:00-24:00")
    start = at("2026-03-06 10:00")
    assert after(always, NEW_YORK, start, dt.timedelta(days=40)) == start + dt.timedelta(days=40)


def test_a_shop_that_never_opens_holds_nothing_to_an_end() -> None:
    assert after(read(""), NEW_YORK, at("2026-03-06 10:00"), dt.timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Mon-Fri", 1),
        ("Mon 9-18", 1),
        ("Mon 09:00-18:00\nFoo 09:00-18:00", 2),
        ("Mon 14:00-16:00 09:00-12:00", 1),
        ("2026-02-30 closed", 1),
        ("Mon 09:00-24:30", 1),
        ("Mon closed 09:00-10:00", 1),
        ("Mon-Tue-Wed 09:00-10:00", 1),
    ],
)
def test_a_line_nobody_can_read_is_named(text: str, line: int) -> None:
    with pytest.raises(Invalid, match=f"Line {line}:"):
        read(text)


def test_days_may_be_listed_and_go_round_the_end_of_the_week() -> None:
    found = read("Sat-Mon,Wed 10:00-12:00")
    assert [bool(found.week[day]) for day in range(7)] == [True, False, True, False, False, True, True]
    assert hours.read("saturday 10:00-12:00").week[5] == ((600, 720),)
