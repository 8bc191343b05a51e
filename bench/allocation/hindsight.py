"""What perfect foresight could serve: a linear programme over whole streams, solved by HiGHS where it is installed.

Each order that comes in time may lie in one size of door from ready to fetched, loaded once and never moved. At each
moment when nobody has left since somebody came (a maximal clique of the intervals) no more lie in a size than it has
doors. Intervals that overlap no more than there are doors can always be given doors of their own, so nothing but the
rounding of fractions is lost: the optimum of the programme is an upper bound, and in nearly every stream a whole one.
`python -m pip install -r bench/allocation/requirements.txt` installs the solver.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from bench.allocation.simulation import HOLD_HOURS
from bench.allocation.streams import Placed, Scenario
from bopis.lockers.fit import SIZES


class Programme(NamedTuple):
    """Maximise the sum of the columns, each between 0 and 1, under rows `sum of these columns <= bound`."""

    columns: int
    rows: list[tuple[list[int], int]]


def installed() -> bool:
    """Whether the solver is there."""
    try:
        import highspy  # noqa: F401 - an optional package
    except ImportError:
        return False
    return True


def programme(scenario: Scenario, orders: Sequence[Placed]) -> Programme:
    """The programme of one stream."""
    servable = [order for order in orders if order.fetched and order.fetched <= order.ready + HOLD_HOURS * 60]
    column: dict[tuple[int, str], int] = {}
    rows: list[tuple[list[int], int]] = []
    for order in servable:
        mine = []
        for size in SIZES[SIZES.index(order.size) :]:
            column[order.number, size] = len(column)
            mine.append(column[order.number, size])
        if len(mine) > 1:
            rows.append((mine, 1))
    for clique in _cliques(servable):
        for size in SIZES:
            there = [column[number, size] for number in clique if (number, size) in column]
            if len(there) > scenario.doors.get(size, 0):
                rows.append((there, scenario.doors.get(size, 0)))
    return Programme(len(column), rows)


def _cliques(orders: Sequence[Placed]) -> Iterator[list[int]]:
    """Who is there together whenever somebody leaves for the first time since somebody came. Leaving goes first."""
    events = sorted(
        [(order.ready, 1, order.number) for order in orders]
        + [(order.fetched or 0, 0, order.number) for order in orders]
    )
    there: set[int] = set()
    grew = False
    for _, comes, number in events:
        if comes:
            there.add(number)
        else:
            if grew:
                yield sorted(there)
            there.remove(number)
        grew = bool(comes)


def solved(problem: Programme) -> float:
    """The optimum: how many orders are served."""
    import highspy

    solver: Any = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    for _ in range(problem.columns):
        solver.addVar(0.0, 1.0)
    solver.changeColsCost(problem.columns, list(range(problem.columns)), [-1.0] * problem.columns)
    starts, columns = [], list[int]()
    for there, _ in problem.rows:
        starts.append(len(columns))
        columns += there
    bounds = [float(bound) for _, bound in problem.rows]
    solver.addRows(
        len(bounds), [-highspy.kHighsInf] * len(bounds), bounds, len(columns), starts, columns, [1.0] * len(columns)
    )
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return -float(solver.getInfo().objective_function_value)
