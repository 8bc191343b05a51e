"""Stores go on for 72 hours without the internet, and afterwards everybody knows what happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.machine import FreshDatabase
from tests.simulation.outage import FULL, SMALL, Figures, Size, outage


def lived(fresh: FreshDatabase, folder: Path, size: Size, seed: int) -> Figures:
    with fresh() as url:
        figures = outage(url, folder, size, seed)
    print(figures.written())  # noqa: T201
    assert figures.wrong == []
    assert figures.due == size.pickups
    assert figures.served >= 0.999 * figures.due
    assert figures.drop_served == figures.drop_pickups > 0
    assert figures.in_order == figures.events > 4 * size.pickups
    assert figures.minutes <= 15
    return figures


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(1))
def test_a_store_without_the_internet_serves_everybody_and_tells_it_all_later(
    fresh_sqlite: FreshDatabase, tmp_path: Path, seed: int
) -> None:
    lived(fresh_sqlite, tmp_path, SMALL, seed)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_three_days_5000_pickups_500_doors(fresh_sqlite: FreshDatabase, tmp_path: Path) -> None:
    lived(fresh_sqlite, tmp_path, FULL, seed=72)
