"""The bench of the doors: its streams are everyone's, its bank keeps the rules, its bound is one, FreshFirst gains."""

from __future__ import annotations

import random
from itertools import product

import pytest

from bench.allocation import hindsight, kept, streams
from bench.allocation.kept import Kept, Key
from bench.allocation.policies import FRESH_FIRST, POLICIES, SMALLEST
from bench.allocation.simulation import Policy, Simulation
from bench.allocation.streams import Placed, Scenario, checksum, scenarios, stream
from bopis.lockers.knobs import Knobs
from devtools import Trouble

BASE = scenarios()["base"]


@pytest.fixture(scope="module")
def five() -> list[list[Placed]]:
    return [stream(BASE, 1.0, seed) for seed in range(5000, 5005)]


def small(**doors: int) -> Scenario:
    return Scenario(**{**BASE.__dict__, "doors": doors})


def order(number: int, ready: int, fetched: int | None, size: str = "S") -> Placed:
    return Placed(number, 0, ready, fetched, size, size)


def served(policy: Policy, orders: list[list[Placed]]) -> float:
    return sum(Simulation(BASE, policy).run(one).served / len(one) for one in orders) / len(orders)


def test_fresh_first_serves_at_least_eight_points_more_than_smallest_fit(five: list[list[Placed]]) -> None:
    assert served(FRESH_FIRST, five) - served(SMALLEST, five) >= 0.08


def test_fresh_first_comes_near_perfect_foresight_with_few_touches(five: list[list[Placed]]) -> None:
    known = kept.read()
    outcomes = [Simulation(BASE, FRESH_FIRST).run(orders) for orders in five]
    optima = [known[Key("base", 1.0, seed)].optimum for seed in range(5000, 5005)]

    assert sum(outcome.served for outcome in outcomes) / sum(optima) >= 0.93
    assert sum(outcome.touches for outcome in outcomes) / sum(outcome.orders for outcome in outcomes) <= 0.25


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_no_rival_breaks_the_rules_of_the_bank(policy: Policy, five: list[list[Placed]]) -> None:
    # Simulation asserts: one order a door, none too small, nobody displaced too early, no more carried than allowed.
    simulation = Simulation(BASE, policy, seed=1)
    outcome = simulation.run(five[0])

    assert 0 < outcome.served <= sum(order.fetched is not None for order in five[0])
    assert simulation.bank.where == {} and simulation.bank.waiting == {}


def test_with_doors_for_all_everyone_who_comes_in_time_is_served(five: list[list[Placed]]) -> None:
    plenty = small(S=0, M=0, L=0, XL=900)
    in_time = [order for order in five[0] if order.fetched and order.fetched <= order.ready + 72 * 60]

    assert Simulation(plenty, SMALLEST).run(five[0]).served == len(in_time)


def test_a_stream_is_the_one_whose_checksum_is_kept() -> None:
    known = kept.read()

    assert set(known) == set(kept.keys())
    for key in random.Random(1).sample(sorted(known), 4):
        assert kept.stream_of(key, known)


def test_another_stream_under_a_kept_name_is_refused() -> None:
    key = Key("base", 1.0, 5000)

    with pytest.raises(Trouble, match="not the one"):
        kept.stream_of(key, {key: Kept("0" * 64, 1, 1.0)})


def test_streams_look_like_what_is_known_of_shoppers() -> None:
    orders = [order for seed in range(3) for order in stream(BASE, 1.0, seed)]
    waits = [(order.fetched - order.ready) / 60 for order in orders if order.fetched]

    assert len(orders) / (3 * streams.DAYS) == pytest.approx(66, rel=0.06)
    for hours, share in ((1, 0.16), (4, 0.46), (24, 0.82), (48, 0.91), (72, 0.94)):
        assert sum(wait <= hours for wait in waits) / len(orders) == pytest.approx(share, abs=0.03)
    assert all(8 * 60 <= order.ready % 1440 <= 21 * 60 for order in orders)
    assert all(order.ordered <= order.ready for order in orders)
    assert {seed: checksum(stream(BASE, 1.0, seed)) for seed in (1, 2)}[1] != checksum(stream(BASE, 1.0, 2))


def test_a_stale_order_makes_room_and_its_shopper_finds_it_at_the_counter() -> None:
    day = 24 * 60
    orders = [order(0, 600, 600 + 2 * day), order(1, 700 + day, 800 + day)]

    assert Simulation(small(S=1), SMALLEST).run(orders).served == 1
    outcome = Simulation(small(S=1), Policy("", Knobs())).run(orders)
    assert (outcome.served, outcome.displaced) == (1, 1)
    assert Simulation(small(S=1), Policy("", Knobs(reloads=1))).run(orders).refilled == 0


def test_the_programme_bounds_what_any_giving_of_doors_serves() -> None:
    pytest.importorskip("highspy")
    chance = random.Random(4)
    for _ in range(20):
        orders = [
            order(number, start := chance.randint(1, 30), start + chance.randint(1, 20), chance.choice(["S", "M"]))
            for number in range(7)
        ]
        bank = small(S=1, M=1)
        assert hindsight.solved(hindsight.programme(bank, orders)) >= _best(orders) - 1e-6


def test_the_programme_lets_no_more_lie_in_a_size_than_it_has_doors() -> None:
    orders = [order(0, 1, 10), order(1, 2, 12), order(2, 3, 9), order(3, 10, 14)]

    problem = hindsight.programme(small(S=1, M=1), orders)

    together = [there for there, bound in problem.rows if bound == 1 and len(there) == 3]
    assert together, "the three that are there together stand in one row for each size"


def _best(orders: list[Placed]) -> int:
    """The most that any assignment serves, by trying every one."""
    choices = [["", *"SM"] if order.size == "S" else ["", "M"] for order in orders]
    return max(
        sum(bool(size) for size in chosen)
        for chosen in product(*choices)
        if all(
            a.fetched <= b.ready or b.fetched <= a.ready
            for i, a in enumerate(orders)
            for j, b in enumerate(orders[:i])
            if chosen[i] and chosen[i] == chosen[j]
        )
    )
