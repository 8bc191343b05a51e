from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.running import running_sandbox
from tests.simulation.outside import Clock
from tests.till import Till
from tests.world import World


@pytest.fixture
def virtual(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that we turn, for everybody."""
    clock = Clock()
    monkeypatch.setattr("bopis.clock.now", clock.now)
    return clock


@pytest.fixture
def till(virtual: Clock, world: World) -> Iterator[Till]:
    """Fernhill with an account at the card processor; the test runs once on each kind of database."""
    with running_sandbox(now=virtual.now) as running:
        yield Till(world, running, virtual)
