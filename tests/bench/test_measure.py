"""Figures count only as ratios, and only from a quiet machine."""

from __future__ import annotations

import pytest

from bench.measure import Claim, Plan, Result, order_of, percentile, ratio, restless, rotated

AT_LEAST = Claim("ingest", 0.75, at_least=True)
AT_MOST = Claim("wake", 100, unit="ms")


@pytest.mark.parametrize(
    ("claim", "figure", "verdict"),
    [(AT_LEAST, 0.75, "holds"), (AT_LEAST, 0.74, "short"), (AT_MOST, 100, "holds"), (AT_MOST, 101, "short")],
)
def test_a_claim_holds_at_its_bound_and_is_short_beyond(claim: Claim, figure: float, verdict: str) -> None:
    assert Result(claim, figure).verdict == verdict


def test_a_restless_run_is_void_whatever_its_figure() -> None:
    result = Result(AT_LEAST, 2.0, restless([100, 100, 100], [120, 125, 118]))

    assert result.verdict == "void"
    assert "1.20 × itself" in result.line


@pytest.mark.parametrize("twin", [91, 100, 109])
def test_a_floor_within_a_tenth_of_itself_is_quiet(twin: float) -> None:
    assert restless([100, 100, 100], [twin, twin, twin]) == ""


def test_ours_is_divided_by_both_floors_of_its_own_round() -> None:
    # The second round ran on a machine half as fast: that is not our doing.
    assert ratio([80, 40, 80], [90, 45, 90], [110, 55, 110]) == pytest.approx(0.8)


def test_one_disturbed_round_does_not_change_the_figure() -> None:
    assert ratio([80, 8, 80], [100, 100, 100], [100, 100, 100]) == pytest.approx(0.8)


def test_each_subject_runs_once_a_round_and_nobody_is_always_first() -> None:
    orders = [order_of(["ours", "floor", "twin"], number) for number in range(6)]

    assert all(sorted(order) == ["floor", "ours", "twin"] for order in orders)
    assert {order[0] for order in orders} == {"ours", "floor", "twin"}


def test_rounds_are_kept_apart_by_name_and_the_first_is_not_counted() -> None:
    seen: list[str] = []

    def turn(name: str) -> object:
        return lambda seconds: seen.append(name) or (name, seconds)

    found = rotated({"ours": turn("ours"), "floor": turn("floor")}, Plan(rounds=3, seconds=0.5))

    assert found == {"ours": [("ours", 0.5)] * 3, "floor": [("floor", 0.5)] * 3}
    assert seen[:2] == ["ours", "floor"]
    assert len(seen) == 2 + 6


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([5.0, 1.0, 9.0], 0.5) == 5.0
    assert percentile([1.0, 2.0], 0.99) == 2.0
