"""72 hours without the internet: 5,000 pickups, 500 doors, the real bridges and service on a virtual clock."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import machine
from bench.measure import Claim, Plan, Result
from tests.simulation.outage import FULL, SMALL, Figures, outage

SEED = 72


def run(plan: Plan) -> Iterator[Result]:
    """outage-served, outage-minutes, outage-in-order, outage-drops, outage-wrong."""
    with machine.sqlite() as url, tempfile.TemporaryDirectory(prefix="bench-outage-") as folder:
        figures = outage(url, Path(folder), SMALL if plan.quick else FULL, SEED)
    yield from results(figures)


def results(figures: Figures) -> Iterator[Result]:
    """The claims, from what was counted."""
    detail = figures.written()
    served = 100 * figures.served / max(1, figures.due)
    yield Result(Claim("outage-served", 99.9, at_least=True, unit="%"), served, detail=detail)
    yield Result(Claim("outage-minutes", 15, unit="min"), figures.minutes)
    in_order = 100 * figures.in_order / max(1, figures.events)
    yield Result(Claim("outage-in-order", 100, at_least=True, unit="%"), in_order)
    dropped = 100 * figures.drop_served / max(1, figures.drop_pickups)
    yield Result(Claim("outage-drops", 100, at_least=True, unit="%"), dropped)
    yield Result(Claim("outage-wrong", 0, unit="cases"), len(figures.wrong))
