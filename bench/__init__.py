"""Measured claims: every figure in the documents comes from here. `python3 dev.py bench [NAME ...]`."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator
from pathlib import Path

from bench import report
from bench.allocation import page as allocation_page
from bench.measure import QUICK, Plan, Result
from devtools import ROOT, Trouble

BENCHES = {
    "ingest": "bench.ingest",
    "reserve": "bench.reserve",
    "drain": "bench.drain",
    "open": "bench.opening",
    "outage": "bench.outage",
    "bridges": "bench.bridges",
    "lists": "bench.lists",
    "memory": "bench.memory",
    "allocation": "bench.allocation",
}
"""Each module has a `run(plan)` that yields results as they are found."""
BY_NAME = {"ingest-peer": "bench.peer"}
"""The same, but only run when named: it installs what it measures against."""


def main(arguments: list[str]) -> int:
    """Measure what is named, or everything; 0 when every claim holds, 1 when one is short or void."""
    options = _read(arguments)
    if options.write_docs and not options.names:
        return _write_docs(options.out)
    plan = QUICK if options.quick else Plan(rounds=options.rounds, seconds=options.seconds)
    results = []
    for name in options.names or BENCHES:
        found = list(_measured(name, plan))
        report.keep(options.out, name, plan, found)
        results += found
    if options.write_docs:
        _write_docs(options.out)
    return int(any(result.verdict != "holds" for result in results))


def _write_docs(folder: Path) -> int:
    doors = folder / "allocation.json"
    if doors.exists():
        allocation_page.write(doors)
    return report.write_docs(folder)


def _measured(name: str, plan: Plan) -> Iterator[Result]:
    for result in importlib.import_module((BENCHES | BY_NAME)[name]).run(plan):
        print(result.line, flush=True)
        yield result


def _read(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py bench", description="Measure what the documents claim.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or several of: {', '.join(BENCHES | BY_NAME)}")
    parser.add_argument("--quick", action="store_true", help="short rounds and little data: does it work at all")
    parser.add_argument("--rounds", type=int, default=Plan.rounds, help=f"rounds of each comparison ({Plan.rounds})")
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help=f"a subject's turn ({Plan.seconds:g})")
    parser.add_argument("--out", type=Path, help="folder for the JSON (var/bench, quick runs in var/bench/quick)")
    parser.add_argument(
        "--write-docs",
        action="store_true",
        help="put the last results into docs/performance.md and docs/allocation.md; without names, only that",
    )
    options = parser.parse_args(arguments)
    options.out = options.out or ROOT / "var" / "bench" / ("quick" if options.quick else "")
    for name in options.names:
        if name not in BENCHES | BY_NAME:
            raise Trouble(f"There is no bench {name!r}; there are {', '.join(BENCHES | BY_NAME)}.")
    if options.rounds < 1 or options.seconds <= 0:
        raise Trouble("--rounds must be at least 1 and --seconds more than 0.")
    return options
