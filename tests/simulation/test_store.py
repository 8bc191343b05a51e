"""The real service against a model, on whatever Hypothesis thinks of."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.machine import FreshDatabase, StoreMachine


def live(fresh: FreshDatabase, lives: int, steps: int, *, same_every_time: bool) -> None:
    """So many lives of a store, each of so many steps."""
    run_state_machine_as_test(
        lambda: StoreMachine(fresh),
        settings=settings(
            max_examples=lives,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=same_every_time,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(900)
def test_nothing_that_happens_in_a_store_breaks_a_promise(fresh_database: FreshDatabase) -> None:
    live(fresh_database, lives=10, steps=25, same_every_time=True)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_nothing_that_happens_in_a_long_life_breaks_a_promise(fresh_database: FreshDatabase) -> None:
    live(fresh_database, lives=400, steps=60, same_every_time=False)
