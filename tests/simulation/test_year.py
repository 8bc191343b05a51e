"""A year of a busy store: nothing is freed with goods inside, nobody is told twice, nothing is forgotten."""

from __future__ import annotations

import pytest

from tests.simulation.machine import FreshDatabase
from tests.simulation.year import Year


@pytest.mark.timeout(300)
def test_some_days_of_a_store_come_to_an_end(fresh_sqlite: FreshDatabase) -> None:
    year = Year(fresh_sqlite, seed=7)
    year.live(days=4)
    assert year.told["collected"] > 10


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_year_of_a_busy_store_comes_to_an_end(fresh_sqlite: FreshDatabase) -> None:
    year = Year(fresh_sqlite, seed=2026)
    year.live(days=365)
    ends = {name: year.told[name] for name in ("collected", "returned", "cancelled", "late", "extend", "on-my-way")}
    assert min(ends.values()) > 0, ends
