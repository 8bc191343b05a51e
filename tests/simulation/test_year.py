"""A year of a busy store: nothing is freed with goods inside, nobody is told twice, no money moves twice, and nothing
is forgotten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.sandbox.running import running_sandbox
from tests.simulation.machine import FreshDatabase
from tests.simulation.outside import BEGINS, Clock
from tests.simulation.year import Weather, Year

FRIDAY_BEFORE_SUMMER_TIME = dt.datetime(2027, 3, 12, 12, tzinfo=dt.UTC)
ROUGH = Weather(
    orders_a_day=14,
    by_card=0.5,
    line_breaks=0.05,
    line_is_back=0.25,
    clock_leaps=0.06,
    relay_sleeps=0.1,
    door_sticks=0.05,
    calls_off=0.06,
    holding=(("hold_hours", 20), ("extend_hours", 12), ("load_within_hours", 24)),
)
MISHAPS = {
    "called_off",
    "clock_ahead",
    "clock_back",
    "door_stuck",
    "extend",
    "late",
    "line_broke",
    "on-my-way",
    "regretted",
    "relay_slept",
    "shop_lost_after",
    "shop_lost_before",
    "text_lost_after",
    "text_lost_before",
    "told_over",
}
ENDS = {"collected", "returned", "cancelled", "money_captured", "money_released"}


@contextmanager
def year_of(database: FreshDatabase, begins: dt.datetime, seed: int, weather: Weather) -> Iterator[Year]:
    clock = Clock(begins)
    with running_sandbox(now=clock.now) as running:
        yield Year(database, running, clock, seed, weather)


@pytest.mark.timeout(900)
def test_some_rough_days_of_a_store_come_to_an_end(fresh_sqlite: FreshDatabase) -> None:
    with year_of(fresh_sqlite, FRIDAY_BEFORE_SUMMER_TIME, 7, ROUGH) as year:
        year.live(days=2)
        calls = year.running.sandbox.cards.calls
    assert not {what for what in MISHAPS | ENDS | {"clocks_changed"} if not year.happened[what]}, year.happened
    assert calls["lost_before"] and calls["lost_after"]


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_year_of_a_busy_store_comes_to_an_end(fresh_sqlite: FreshDatabase) -> None:
    with year_of(fresh_sqlite, BEGINS, 2026, Weather()) as year:
        year.live(days=365)
    wanted = MISHAPS | ENDS | {"money_refunded", "money_expired"}
    assert not {what for what in wanted if not year.happened[what]}, year.happened
    assert year.happened["clocks_changed"] == 2
