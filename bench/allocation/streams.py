"""Orders as a store might see them: when placed, when picked, when fetched, how large. From a seed alone.

Only `random()` is drawn, whose sequence Python keeps for a seed; the checksum of each stream is in `streams.json`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import tomllib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from statistics import NormalDist
from typing import Any, NamedTuple

from bopis.lockers.fit import SIZES

HERE = Path(__file__).parent
MONDAY = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
DAYS = 21
_HOUR = 60
_DAY = 24 * _HOUR
_NORMAL = NormalDist()


class Placed(NamedTuple):
    """One order; times in minutes from MONDAY. `fetched` is None for those who never come."""

    number: int
    ordered: int
    ready: int
    fetched: int | None
    size: str
    guess: str
    """The size that was thought at order time: right four times in five."""


@dataclass(frozen=True)
class Scenario:
    """A store and its shoppers; `scenarios.toml` says what each value means."""

    name: str
    title: str
    doors: Mapping[str, int]
    demand: Sequence[float]
    dwell: Sequence[Sequence[float]]
    orders_a_day: float
    weekday: Sequence[float]
    ordering: Sequence[float]
    visits: Sequence[float]
    visits_at_weekends: Sequence[float]
    restless_days: float = 0.0


def scenarios() -> dict[str, Scenario]:
    """All of `scenarios.toml`, each completed by `base`."""
    written: dict[str, dict[str, Any]] = tomllib.loads((HERE / "scenarios.toml").read_text())
    return {name: Scenario(name=name, **(written["base"] | values)) for name, values in written.items()}


def stream(scenario: Scenario, load: float, seed: int) -> list[Placed]:
    """Three weeks of orders, in the order in which they become ready."""
    chance = Random(f"{scenario.name} {load:g} {seed}")  # a text is hashed, so near seeds are as far apart as others
    visits = _Visits(scenario)
    orders = []
    for ordered in _order_times(scenario, load, chance):
        ready = _ready(ordered, chance)
        size = _drawn(scenario.demand, chance.random())
        guess = size if chance.random() < 0.8 else _beside(size, chance.random())
        fetched = visits.after(ready, _patience(scenario, chance))
        orders.append((ready, ordered, fetched, size, guess))
    return [
        Placed(number, ordered, ready, fetched, SIZES[size], SIZES[guess])
        for number, (ready, ordered, fetched, size, guess) in enumerate(sorted(orders, key=lambda order: order[:2]))
    ]


def checksum(orders: Sequence[Placed]) -> str:
    """The SHA-256 of a stream, by which anyone can tell that theirs is the same."""
    return hashlib.sha256("\n".join(map(repr, map(tuple, orders))).encode()).hexdigest()


def _order_times(scenario: Scenario, load: float, chance: Random) -> list[int]:
    """A Poisson process whose rate changes with the hour and the weekday."""
    hours = []
    for day in range(DAYS):
        mood = _lognormal(scenario.restless_days, chance)
        rate = scenario.orders_a_day * load * mood * scenario.weekday[day % 7] / (sum(scenario.weekday) / 7)
        hours += [rate * share / sum(scenario.ordering) for share in scenario.ordering]
    reached, times, passed = list(accumulate(hours)), [], 0.0
    while True:
        passed -= math.log(1 - chance.random())
        if passed >= reached[-1]:
            return times
        hour = bisect_left(reached, passed)
        within = 1 - (reached[hour] - passed) / hours[hour]
        times.append(int((hour + within) * _HOUR))


def _lognormal(variation: float, chance: Random) -> float:
    """Around 1 with this coefficient of variation."""
    if not variation:
        return 1.0
    spread = math.sqrt(math.log(1 + variation**2))
    return math.exp(spread * _NORMAL.inv_cdf(_open(chance)) - spread**2 / 2)


_OPENS, _CLOSES = 8 * _HOUR, 21 * _HOUR
_MEDIAN_LEAD, _LEAD_SPREAD = 0.9 * _HOUR, 0.8


def _ready(ordered: int, chance: Random) -> int:
    """When staff have picked it: their hours are 8 to 21, what is left at night waits for the morning."""
    left = _MEDIAN_LEAD * math.exp(_LEAD_SPREAD * _NORMAL.inv_cdf(_open(chance)))
    day, minute = divmod(ordered, _DAY)
    minute = max(minute, _OPENS)
    while minute + left > _CLOSES:
        left -= max(0, _CLOSES - minute)
        day, minute = day + 1, _OPENS
    return int(day * _DAY + minute + left)


def _patience(scenario: Scenario, chance: Random) -> float | None:
    """How much of a day's visiting goes by before this shopper comes; None: never."""
    drawn = chance.random()
    late = -math.log(1 - chance.random())
    for share, mean in scenario.dwell:
        drawn -= share
        if drawn < 0:
            return mean * late
    return None


class _Visits:
    """A clock that runs as fast as shoppers come by: one round each day, faster at noon and after work."""

    def __init__(self, scenario: Scenario) -> None:
        week = [scenario.visits] * 5 + [scenario.visits_at_weekends] * 2
        hours = [share / sum(day) for day in week for share in day]
        self._reached = [0.0, *accumulate(hours)]

    def after(self, ready: int, patience: float | None) -> int | None:
        if patience is None:
            return None
        week, minute = divmod(ready, 7 * _DAY)
        hour, rest = divmod(minute, _HOUR)
        now = self._reached[hour] + (self._reached[hour + 1] - self._reached[hour]) * rest / _HOUR
        weeks, there = divmod(now + patience, 7.0)
        slot = max(0, bisect_left(self._reached, there) - 1)
        speed = self._reached[slot + 1] - self._reached[slot]
        within = (there - self._reached[slot]) / speed if speed else 0.0
        return max(ready + 1, int((week + weeks) * 7 * _DAY + (slot + within) * _HOUR))


def _drawn(shares: Sequence[float], drawn: float) -> int:
    return min(bisect_left(list(accumulate(shares)), drawn), len(shares) - 1)


def _beside(size: int, drawn: float) -> int:
    wrong = size + (1 if drawn < 0.5 else -1)
    return wrong if 0 <= wrong < len(SIZES) else 2 * size - wrong


def _open(chance: Random) -> float:
    return min(max(chance.random(), 1e-12), 1 - 1e-12)
