"""What storage costs, as a table: hours that count, days that begin, caps, and clocks that are put back."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from bopis.errors import Invalid
from bopis.payments.rules_fee import Terms, begins, next_rise, owed
from bopis.stores import hours
from bopis.stores.holding import Place, end

FRIDAY = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
UNTIL = FRIDAY + 7 * DAY
BERLIN = ZoneInfo("Europe/Berlin")
OUTDOORS = Place(BERLIN, None)
INDOORS = Place(BERLIN, hours.read("Mon-Sat 09:00-19:00"))


def terms(**changes: object) -> Terms:
    return Terms(
        **{"amount": 200, "currency": "EUR", "per": "day", "free_hours": 24, "cap": 500, "account": "a"} | changes
    )


def reachable(place: Place):  # type: ignore[no-untyped-def]
    return lambda start, length: end(start, length, place)


@pytest.mark.parametrize(
    ("after", "amount"),
    [(23 * HOUR, 0), (DAY, 200), (2 * DAY - HOUR, 200), (2 * DAY, 400), (3 * DAY, 500), (100 * DAY, 500), (-DAY, 0)],
)
def test_each_day_begun_counts_up_to_the_cap(after: dt.timedelta, amount: int) -> None:
    assert owed(terms(), FRIDAY, UNTIL, FRIDAY + after, reachable(OUTDOORS)) == amount


def test_after_the_end_of_the_hold_nothing_is_added() -> None:
    assert owed(terms(cap=0), FRIDAY, FRIDAY + 2 * DAY + HOUR, FRIDAY + 50 * DAY, reachable(OUTDOORS)) == 400


def test_indoors_only_opening_hours_are_free_and_no_day_begins_behind_a_shut_door() -> None:
    count = reachable(INDOORS)
    # 13:00 on Friday: six hours then, ten on Saturday, none on Sunday, eight on Monday.
    assert begins(terms(), FRIDAY, count) == dt.datetime(2026, 11, 23, 16, 0, tzinfo=dt.UTC)
    saturday_evening = terms(free_hours=16)
    assert begins(saturday_evening, FRIDAY, count) == dt.datetime(2026, 11, 21, 18, 0, tzinfo=dt.UTC)
    sunday = dt.datetime(2026, 11, 22, 20, 0, tzinfo=dt.UTC)
    assert owed(saturday_evening, FRIDAY, UNTIL, sunday, count) == 200
    assert next_rise(saturday_evening, FRIDAY, UNTIL, sunday, count) == dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)


def test_when_it_rises_next_is_known_and_when_it_never_will() -> None:
    count = reachable(OUTDOORS)

    assert next_rise(terms(), FRIDAY, UNTIL, FRIDAY, count) == FRIDAY + DAY
    assert next_rise(terms(), FRIDAY, UNTIL, FRIDAY + DAY, count) == FRIDAY + 2 * DAY
    assert next_rise(terms(), FRIDAY, UNTIL, FRIDAY + 3 * DAY, count) is None
    assert next_rise(terms(per="once"), FRIDAY, UNTIL, FRIDAY + DAY, count) is None
    assert next_rise(terms(), FRIDAY, FRIDAY + HOUR, FRIDAY, count) is None


@pytest.mark.parametrize(
    "wrong",
    [{"amount": 0}, {"per": "week"}, {"free_hours": 0}, {"cap": 100}, {"currency": "euro"}, {"free_hours": 9999}],
)
def test_terms_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        Terms.checked(**vars(terms(**wrong)))
