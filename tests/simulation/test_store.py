"""The real service against a model, on whatever Hypothesis thinks of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import new_database
from tests.simulation.machine import FreshDatabase, StoreMachine


@pytest.fixture
def fresh_sqlite(sqlite_template: Path, tmp_path: Path) -> FreshDatabase:
    """Makes a migrated SQLite file for each life of the store."""
    numbers = count(1)

    @contextmanager
    def fresh() -> Iterator[str]:
        path = tmp_path / f"{next(numbers)}.db"
        yield f"sqlite:///{shutil.copyfile(sqlite_template, path)}"
        for left in tmp_path.glob(f"{path.name}*"):
            left.unlink()

    return fresh


@pytest.fixture
def fresh_postgresql(postgresql_template: str) -> FreshDatabase:
    """Makes a migrated PostgreSQL database for each life of the store."""
    return lambda: new_database(postgresql_template, "template")


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_database(request: pytest.FixtureRequest) -> FreshDatabase:
    """Fresh databases of either kind."""
    return request.getfixturevalue(f"fresh_{request.param}")


def live(fresh: FreshDatabase, lives: int, steps: int, *, same_every_time: bool) -> None:
    """So many lives of a store, each of so many steps."""
    run_state_machine_as_test(
        lambda: StoreMachine(fresh),
        settings=settings(max_examples=lives, stateful_step_count=steps, deadline=None, database=None,
                          derandomize=same_every_time, print_blob=True, suppress_health_check=list(HealthCheck)),
    )


@pytest.mark.timeout(300)
def test_nothing_that_happens_in_a_store_breaks_a_promise(fresh_database: FreshDatabase) -> None:
    live(fresh_database, lives=30, steps=30, same_every_time=True)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_nothing_that_happens_in_a_long_life_breaks_a_promise(fresh_database: FreshDatabase) -> None:
    live(fresh_database, lives=400, steps=60, same_every_time=False)
