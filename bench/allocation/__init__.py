"""Which door: FreshFirst against perfect foresight and its rivals, the product's own allocator on a virtual clock."""

from __future__ import annotations

from collections.abc import Iterator

from bench.allocation import hindsight, kept
from bench.allocation.experiment import Found, carried_out, summary
from bench.allocation.kept import USUAL, Key
from bench.allocation.policies import FRESH_FIRST
from bench.measure import Claim, Plan, Result
from devtools import Trouble

LARGE = "doors-60"
_QUICK_SEEDS, _QUICK_SEEDS_ELSEWHERE = 5, 2


def run(plan: Plan) -> Iterator[Result]:
    """allocation-foresight, allocation-touches, allocation-gain, allocation-decision."""
    keys = kept.keys()
    if plan.quick:
        counts = {USUAL: _QUICK_SEEDS}
        first = kept.SEEDS.start
        keys = [
            key for key in keys if key.load == 1 and key.seed - first < counts.get(key.scenario, _QUICK_SEEDS_ELSEWHERE)
        ]
    elif hindsight.installed():
        _solve_again(keys[:: len(keys) // 12])
    yield from results(carried_out(keys))


def results(found: Found) -> Iterator[Result]:
    """The claims, from what was found."""
    name = FRESH_FIRST.name
    percent = found.mean(USUAL, 1.0, name, "of_optimum")
    yield Result(Claim("allocation-foresight", 95, at_least=True, unit="%"), percent.value, detail=summary(found))
    touches = found.mean(USUAL, 1.0, name, "touches")
    yield Result(Claim("allocation-touches", 25, unit="per 100"), touches.value, detail={"within": touches.within})
    gains = {
        scenario: found.gain(scenario, 1.0, name) for scenario in dict.fromkeys(key.scenario for key in found.runs)
    }
    least = min(gains.values(), key=lambda gain: gain.value)
    yield Result(Claim("allocation-gain", 5, at_least=True, unit="points"), least.value, detail={"by_store": gains})
    slowest = sorted(run.p99_seconds for run in found.of(LARGE, 1.0, name))
    yield Result(Claim("allocation-decision", 2, unit="ms"), slowest[len(slowest) // 2] * 1e3)


def _solve_again(keys: list[Key]) -> None:
    """Whether the kept optima are what the solver says; `python -m bench.allocation.kept` finds all of them anew."""
    known = kept.read()
    for key in keys:
        if abs(kept.worked_out(key).optimum - known[key].optimum) > 1e-3:
            raise Trouble(f"The optimum of {key} is not the one that was kept.")
