"""Lives drawn from a seed, every rule as likely as it is weighed here: deeper into a store's day than a search that
likes small examples. A seed that fails is run again by its number."""

from __future__ import annotations

import random

import pytest

from tests.simulation.machine import CHOICES, FreshDatabase, StoreMachine

WEIGHTS = {
    "order": 1.5,
    "associate_asks_for_a_door": 4,
    "bridge_obeys": 4,
    "someone_at_an_open_door": 4,
    "an_order_is_loaded_without_trouble": 2,
    "shopper_shows_the_code": 2,
    "bridge_syncs": 2,
    "news_arrives_in_any_order": 2,
    "door_sticks": 0.3,
    "time_passes": 0.5,
}


def live(fresh_database: FreshDatabase, seed: int, steps: int) -> None:
    """One life of a store."""
    drawn = random.Random(seed)
    marked = (getattr(StoreMachine, name) for name in sorted(dir(StoreMachine)))
    rules = [each.hypothesis_stateful_rule for each in marked if hasattr(each, "hypothesis_stateful_rule")]
    store, told = StoreMachine(fresh_database), []
    try:
        store.a_day_begins(drawn.choice(CHOICES["sizes"]))
        for _ in range(steps):
            possible = [rule for rule in rules if all(allows(store) for allows in rule.preconditions)]
            weights = [WEIGHTS.get(rule.function.__name__, 1) for rule in possible]
            (rule,) = drawn.choices(possible, weights)
            with_what = {name: drawn.choice(CHOICES[name]) for name in rule.arguments}
            told.append(f"{rule.function.__name__} {with_what}")
            rule.function(store, **with_what)
            store.check()
    except AssertionError as problem:
        raise AssertionError("\n".join([*told, str(problem)])) from problem
    finally:
        store.teardown()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(3))
def test_a_life_breaks_no_promise(fresh_database: FreshDatabase, seed: int) -> None:
    live(fresh_database, seed, 50)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(1000, 1400))
def test_no_life_breaks_a_promise(fresh_database: FreshDatabase, seed: int) -> None:
    live(fresh_database, seed, 100)
