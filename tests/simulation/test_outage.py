"""Stores go on for 72 hours without the internet, and afterwards everybody knows what happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.machine import FreshDatabase
from tests.simulation.mishaps import SHOPPER_DIES_AT, STAFF_DIE_AT, SYNC_DIES_AT
from tests.simulation.outage import DROP_SECONDS, FULL, SMALL, Figures, Size, outage


def lived(fresh: FreshDatabase, folder: Path, size: Size, seed: int) -> Figures:
    with fresh() as url:
        figures = outage(url, folder, size, seed)
    print(figures.written())  # noqa: T201
    assert figures.wrong == []
    assert figures.due == size.pickups
    assert figures.drop_served == figures.drop_pickups > 0
    assert figures.in_order == figures.events > 4 * size.pickups
    assert figures.minutes <= 15
    contains_every_mishap(figures)
    return figures


def contains_every_mishap(figures: Figures) -> None:
    """A life in which nothing went wrong would prove nothing."""
    happened = figures.happened
    for kind in ("cut_before_sensor", "cut", "stuck", "jam", "wrong_code", "killed", *SYNC_DIES_AT):
        assert happened.get(kind, 0) > 0, f"{kind} never happened"
    assert sum(happened.get(f"shopper_{point}", 0) for point in SHOPPER_DIES_AT) >= 2
    assert sum(happened.get(f"staff_{point}", 0) for point in STAFF_DIE_AT) >= 3
    assert figures.drops > 0
    assert DROP_SECONDS == (1, 20)
    assert figures.lost["request"] > 0
    assert figures.lost["answer"] > 0


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(1))
def test_a_store_without_the_internet_serves_everybody_and_tells_it_all_later(
    fresh_sqlite: FreshDatabase, tmp_path: Path, seed: int
) -> None:
    figures = lived(fresh_sqlite, tmp_path, SMALL, seed)
    assert figures.due - figures.served == figures.happened["stuck"], (
        "only a door that is stuck for good hands out nothing"
    )


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_three_days_5000_pickups_500_doors(fresh_sqlite: FreshDatabase, tmp_path: Path) -> None:
    figures = lived(fresh_sqlite, tmp_path, FULL, seed=72)
    assert figures.served >= 0.999 * figures.due
