from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.world import World, build


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """Fernhill in a fresh database; the test runs once on each kind."""
    built = build(database_url)
    yield built
    built.database.close()
