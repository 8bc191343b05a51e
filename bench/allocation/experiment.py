"""Every policy over every stream, compared stream by stream."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any, NamedTuple

from bench.allocation import kept
from bench.allocation.kept import USUAL, Key
from bench.allocation.policies import FEW, LOADED, POLICIES, SMALLEST
from bench.allocation.simulation import Policy, Simulation
from bench.allocation.streams import scenarios
from bench.measure import percentile


class Run(NamedTuple):
    """One policy over one stream, in shares of its orders; `of_optimum` is served by what perfect foresight serves."""

    served: float
    of_optimum: float
    moved_down: float
    displaced: float
    refilled: float
    expired: float
    p99_seconds: float

    @property
    def touches(self) -> float:
        """How often goods were carried that plain loading would have left alone."""
        return self.moved_down + self.displaced + self.refilled


class Mean(NamedTuple):
    """A mean over streams and half the width of its 95 % confidence interval."""

    value: float
    within: float


@dataclass(frozen=True)
class Found:
    """All runs by stream and by the policy's name."""

    runs: Mapping[Key, Mapping[str, Run]]
    optima: Mapping[Key, float]
    """Shares of the orders."""

    def of(self, scenario: str, load: float, policy: str) -> list[Run]:
        """The runs of one policy in one store under one load, by seed."""
        return [runs[policy] for key, runs in self.runs.items() if key[:2] == (scenario, load) and policy in runs]

    def mean(self, scenario: str, load: float, policy: str, what: str) -> Mean:
        """The mean of one figure, in percent."""
        return interval([100 * getattr(run, what) for run in self.of(scenario, load, policy)])

    def gain(self, scenario: str, load: float, policy: str, over: str = SMALLEST.name) -> Mean:
        """How many points more are served than by another policy, stream by stream."""
        pairs = zip(self.of(scenario, load, policy), self.of(scenario, load, over), strict=True)
        return interval([100 * (mine.served - other.served) for mine, other in pairs])

    def optimum(self, scenario: str, load: float) -> Mean:
        """What perfect foresight serves, in percent."""
        return interval([100 * share for key, share in self.optima.items() if key[:2] == (scenario, load)])


def interval(values: Sequence[float]) -> Mean:
    """Mean and half width of its 95 % confidence interval."""
    spread = stdev(values) if len(values) > 1 else 0.0
    return Mean(mean(values), 1.96 * spread / math.sqrt(len(values)))


def policies_for(key: Key) -> Sequence[Policy]:
    """All at load 1 in the usual store, fewer where that says enough."""
    if key.scenario != USUAL:
        return FEW
    return POLICIES if key.load == 1 else LOADED


def measure(key: Key) -> tuple[Key, dict[str, Run], float]:
    """Run the policies over one stream. Raises Trouble when the stream is not the one that was kept."""
    known = kept.read()
    scenario, orders = scenarios()[key.scenario], kept.stream_of(key, known)
    best = known[key].optimum
    runs = {}
    for policy in policies_for(key):
        outcome = Simulation(scenario, policy, key.seed).run(orders)
        counts = (outcome.moved_down, outcome.displaced, outcome.refilled, outcome.expired)
        shares = [count / outcome.orders for count in counts]
        slowest = percentile(outcome.times, 0.99)
        runs[policy.name] = Run(outcome.served / outcome.orders, outcome.served / best, *shares, slowest)
    return key, runs, best / len(orders)


def carried_out(keys: Iterable[Key]) -> Found:
    """The whole experiment, on every core."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(measure, keys, chunksize=2))
    return Found({key: runs for key, runs, _ in results}, {key: optimum for key, _, optimum in results})


def summary(found: Found) -> dict[str, Any]:
    """Means for the page, by store, load and policy."""
    rows = []
    for scenario, load in dict.fromkeys(key[:2] for key in found.runs):
        optimum = found.optimum(scenario, load)
        here: dict[str, Any] = {"scenario": scenario, "load": load, "optimum": optimum, "policies": {}}
        streams = [runs for key, runs in found.runs.items() if key[:2] == (scenario, load)]
        here["streams"] = len(streams)
        for name in streams[0]:
            figures = {what: found.mean(scenario, load, name, what) for what in ("served", "of_optimum", "touches")}
            carried = {what: found.mean(scenario, load, name, what).value for what in Run._fields[2:6]}
            here["policies"][name] = {**figures, **carried, "gain": found.gain(scenario, load, name)}
        rows.append(here)
    return {"rows": rows}
