from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from tests.conftest import new_database
from tests.simulation.machine import FreshDatabase


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
