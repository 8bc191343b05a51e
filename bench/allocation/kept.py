"""What is known of each stream: its checksum and its optimum. `python -m bench.allocation.kept` works them out anew."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from bench.allocation import hindsight
from bench.allocation.streams import HERE, Placed, checksum, scenarios, stream
from devtools import Trouble

FILE = HERE / "streams.tsv"
USUAL = "base"
LOADS = (0.7, 0.85, 1.0, 1.15, 1.3)
SEEDS = range(5000, 5060)
FEWER_SEEDS = range(5000, 5030)
"""For the stores beside the usual one, at load 1."""


class Key(NamedTuple):
    """Which stream."""

    scenario: str
    load: float
    seed: int


class Kept(NamedTuple):
    """Its SHA-256, how many orders it has, and how many of them perfect foresight serves."""

    sha256: str
    orders: int
    optimum: float


def keys() -> list[Key]:
    """All streams of a whole run."""
    usual = [Key(USUAL, load, seed) for load in LOADS for seed in SEEDS]
    return usual + [Key(name, 1.0, seed) for name in scenarios() if name != USUAL for seed in FEWER_SEEDS]


def read() -> Mapping[Key, Kept]:
    """The file in the repository."""
    rows = [line.split("\t") for line in FILE.read_text().splitlines()[1:]]
    return {
        Key(name, float(load), int(seed)): Kept(sha256, int(orders), float(optimum))
        for name, load, seed, sha256, orders, optimum in rows
    }


def stream_of(key: Key, known: Mapping[Key, Kept]) -> list[Placed]:
    """The stream, the same as everyone's. Raises Trouble when it is another."""
    orders = stream(scenarios()[key.scenario], key.load, key.seed)
    if checksum(orders) != known[key].sha256:
        raise Trouble(f"The stream {key} is not the one that was kept: was a scenario or streams.py changed?")
    return orders


def worked_out(key: Key) -> Kept:
    """Checksum and optimum, found now. Needs the solver."""
    scenario = scenarios()[key.scenario]
    orders = stream(scenario, key.load, key.seed)
    return Kept(checksum(orders), len(orders), hindsight.solved(hindsight.programme(scenario, orders)))


def write(wanted: Iterable[Key]) -> None:
    """Work out and keep these streams."""
    wanted = list(wanted)
    lines = ["scenario\tload\tseed\tsha256\torders\toptimum"]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for key, kept in zip(wanted, pool.map(worked_out, wanted, chunksize=4), strict=True):
            lines.append(f"{key.scenario}\t{key.load:g}\t{key.seed}\t{kept.sha256}\t{kept.orders}\t{kept.optimum:.4f}")
    FILE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    write(keys())
