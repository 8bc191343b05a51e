"""How long goods are held and when a shopper is reminded, over zones, clock changes and quiet hours."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bopis.errors import Invalid
from bopis.stores.holding import REMINDERS, Place, Rules, end, is_quiet, next_time, plan
from bopis.stores.hours import read
from bopis.stores.times import in_words

NEW_YORK = ZoneInfo("America/New_York")
ZONES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Kiritimati", "UTC"]
# A year that holds every change of the clocks.
INSTANTS = st.integers(0, 364 * 24 * 60).map(
    lambda minutes: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
)
RULES = Rules()


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(dt.UTC)


def local(reminders: list) -> list[tuple[str, str]]:
    return [(each.template, f"{each.at.astimezone(NEW_YORK):%a %H:%M}") for each in reminders]


def test_a_hold_outdoors_is_as_long_by_the_clock_on_any_day() -> None:
    start = at("2026-03-06 10:00")  # the clocks jump on the eighth
    assert end(start, 72, Place(NEW_YORK, None)) == start + dt.timedelta(hours=72)


def test_a_hold_indoors_counts_the_hours_in_which_somebody_could_come() -> None:
    place = Place(NEW_YORK, read("Mon-Sat 10:00-20:00"))
    assert end(at("2026-11-23 15:00"), 24, place) == at("2026-11-25 19:00")


def test_a_store_without_any_opening_holds_by_the_clock() -> None:
    start = at("2026-11-23 15:00")
    assert end(start, 24, Place(NEW_YORK, read(""))) == start + dt.timedelta(hours=24)


def test_a_shopper_is_reminded_after_four_hours_after_a_day_and_before_the_end() -> None:
    start = at("2026-11-23 10:00")
    found = plan(start, start + dt.timedelta(hours=72), RULES, NEW_YORK)
    assert local(found) == [("reminder_4h", "Mon 14:00"), ("reminder_24h", "Tue 10:00"), ("last_chance", "Wed 20:00")]


def test_nobody_is_woken() -> None:
    start = at("2026-11-23 19:00")
    found = plan(start, start + dt.timedelta(hours=72), RULES, NEW_YORK)
    assert local(found) == [("reminder_4h", "Tue 08:00"), ("reminder_24h", "Tue 19:00"), ("last_chance", "Thu 08:00")]


def test_a_short_hold_says_less() -> None:
    start = at("2026-11-23 10:00")
    found = plan(start, start + dt.timedelta(hours=6), RULES, NEW_YORK)
    assert local(found) == [("last_chance", "Mon 14:30")]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(start=INSTANTS, zone=st.sampled_from(ZONES), length=st.integers(1, 400), quiet=st.booleans())
def test_reminders_are_in_order_apart_in_time_and_never_in_quiet_hours(
    start: dt.datetime, zone: str, length: int, quiet: bool
) -> None:
    rules = RULES if quiet else Rules(quiet_from="00:00", quiet_until="00:00")
    until = start + dt.timedelta(hours=length)
    found = plan(start, until, rules, ZoneInfo(zone))
    templates = [reminder.template for reminder in found]
    assert templates == [each for each in REMINDERS if each in templates]
    for one, other in pairwise(found):
        assert other.at - one.at >= dt.timedelta(hours=2)
    for reminder in found:
        assert start < reminder.at <= until - dt.timedelta(hours=1)
        assert not is_quiet(reminder.at, rules, ZoneInfo(zone))
    if length >= 24:
        assert "last_chance" in templates


@settings(max_examples=200, deadline=None, derandomize=True)
@given(start=INSTANTS, zone=st.sampled_from(ZONES), hour=st.integers(0, 23))
def test_the_next_time_on_the_stores_clock_is_less_than_26_hours_away(start: dt.datetime, zone: str, hour: int) -> None:
    found = next_time(start, f"{hour:02}:00", ZoneInfo(zone))
    assert dt.timedelta() < found - start <= dt.timedelta(hours=26)


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("2026-11-23 18:00", "today 18:00"),
        ("2026-11-24 09:30", "tomorrow 09:30"),
        ("2026-11-25 18:00", "Wed 25 Nov 18:00"),
        ("2026-11-22 18:00", "Sun 22 Nov 18:00"),
    ],
)
def test_an_end_is_named_as_people_in_the_store_would(until: str, words: str) -> None:
    assert (
        in_words(at(until), at("2026-11-23 23:30" if words != "today 18:00" else "2026-11-23 08:00"), str(NEW_YORK))
        == words
    )


@pytest.mark.parametrize(
    "given",
    [{"hold_hours": 0}, {"hold_hours": 5000}, {"extend_times": -1}, {"quiet_from": "25:00"}, {"quiet_until": ""}],
)
def test_rules_nobody_could_follow_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        Rules.checked(**given)


def test_what_a_merchant_does_not_say_is_the_usual_and_what_is_no_rule_is_passed_over() -> None:
    assert Rules.of({"hold_hours": 24, "retired": 1}) == Rules(hold_hours=24)
    assert Rules.of(None) == Rules.of({}) == Rules()
