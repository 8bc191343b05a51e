"""A door given to a waiting pickup: our whole action against five bare statements, however much lies behind."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import partial
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import event

from bench import filled, machine
from bench.measure import FLOOR, TWIN, Claim, Plan, Result, percentile, ratio, restless, rotated
from bench.reserving import BareReservation, Reservation, clients
from bopis.bell import SilentBell
from bopis.db import Database

OURS, WITH_READING = "ours", "ours, the pickup read first"
FEW, MANY = 1_000, 10_000
HISTORY = 1_000_000
BUSY = 10_000
"""Of those, in the store that is measured: a year's worth."""
CLIENTS = 32
_MEASURED = 20


def run(plan: Plan) -> Iterator[Result]:
    """reserve-pg, reserve-hot, reserve-flat."""
    few = plan.count(FEW, 40)
    with machine.postgresql() as url:
        database = Database(url, SilentBell())
        filled.merchant(database)
        with filled.filling(url) as connection:
            filled.stores(connection, 1, few)
            filled.waiting(connection, 1, few, "n")
        yield _against_floor(database, url, plan)
        yield from _hot(url, plan)
        yield _flat(database, url, plan)
        database.close()


def _flat(database: Database, url: str, plan: Plan) -> Result:
    """Against an empty past, as promised; and in `detail` against a hundredth of the past, whose trees are as deep."""
    few, many, past = plan.count(FEW, 40), plan.count(MANY, 60), plan.count(HISTORY)
    pages = {"empty": _buffers(database)}
    with filled.filling(url) as connection:
        filled.history(connection, few + 1, few + past // 100, few, plan.count(BUSY) // 100)
    pages["a hundredth"] = _buffers(database)
    with filled.filling(url) as connection:
        filled.stores(connection, few + 1, many)
        filled.history(connection, few + past // 100 + 1, few + past, many, plan.count(BUSY))
    pages["whole"] = _buffers(database)
    whole = {name: sum(counts.values()) for name, counts in pages.items()}
    detail = {
        "pages": whole,
        "whole_to_a_hundredth": round(whole["whole"] / whole["a hundredth"], 3),
        "pages_by_statement": pages,
        "stores": [few, many],
        "finished_pickups": past,
    }
    return Result(Claim("reserve-flat", 1.05), whole["whole"] / whole["empty"], detail=detail)


def _against_floor(database: Database, url: str, plan: Plan) -> Result:
    with psycopg.connect(machine.plain(url)) as connection:
        bare, ours, reading = BareReservation(connection), Reservation(database), Reservation(database, reading=True)
        ours.know(range(1, _MEASURED + 1))
        steps = {OURS: ours, FLOOR: bare, TWIN: bare, WITH_READING: reading}
        turns = {name: partial(_median_time, step) for name, step in steps.items()}
        taken = rotated(turns, plan)
    detail = {"p50_ms": {name: round(median(times) * 1e3, 2) for name, times in taken.items()}}
    figure = ratio(taken[OURS], taken[FLOOR], taken[TWIN])
    return Result(Claim("reserve-pg", 1.7), figure, restless(taken[FLOOR], taken[TWIN]), detail)


def _median_time(reservation: Reservation | BareReservation, seconds: float) -> float:
    times, end = [], time.perf_counter() + seconds
    store = 0
    while time.perf_counter() < end or len(times) < _MEASURED:
        store = store % _MEASURED + 1
        started = time.perf_counter()
        reservation.take(store)
        times.append(time.perf_counter() - started)
        reservation.undo(store)
    return percentile(times, 0.5)


def _hot(url: str, plan: Plan) -> Iterator[Result]:
    """Thirty-two at once, all in one store or each in its own; every one gives its door back and comes again."""
    before = _deadlocks(url)
    with psycopg.connect(machine.plain(url), autocommit=True) as connection:
        filled.waiting(connection, 10_000_001, 10_000_000 + CLIENTS, "1")
    hot = [10_000_000 + n for n in range(1, CLIENTS + 1)]
    spread = list(range(2, CLIENTS + 2))
    taken = rotated(
        {
            "hot": lambda seconds: clients(url, hot, seconds),
            FLOOR: lambda seconds: clients(url, spread, seconds),
            TWIN: lambda seconds: clients(url, spread, seconds),
        },
        plan,
    )
    rates = {name: [count / plan.seconds for count, _ in rounds] for name, rounds in taken.items()}
    refused = sum(problems for rounds in taken.values() for _, problems in rounds)
    detail = {"pairs_a_second": {name: round(median(of), 1) for name, of in rates.items()}, "clients": CLIENTS}
    void = restless(rates[FLOOR], rates[TWIN])
    yield Result(Claim("reserve-hot", 0.8, at_least=True), ratio(rates["hot"], rates[FLOOR], rates[TWIN]), void, detail)
    yield Result(Claim("reserve-hot-conflicts", 0, unit=""), float(refused + _deadlocks(url) - before))


def _deadlocks(url: str) -> int:
    with psycopg.connect(machine.plain(url)) as connection:
        connection.execute("SELECT pg_stat_clear_snapshot()")
        query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        found = connection.execute(query).fetchone()
    return int(found[0]) if found else 0


def _buffers(database: Database) -> dict[str, int]:
    """The pages each statement of one reservation touches, by what it begins with; the median of several."""
    reservation, counts = Reservation(database), []
    for _ in range(5):
        reservation.take(1)  # plans and catalogues are warm
        reservation.undo(1)
        with _explaining(database) as found:
            reservation.take(1)
        reservation.undo(1)
        counts.append(dict(found))
    return {statement: int(median(count.get(statement, 0) for count in counts)) for statement in counts[-1]}


class _explaining:  # noqa: N801
    """Every statement is explained, run and rolled back before it is run for good."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine
        self.found: dict[str, int] = {}

    def __enter__(self) -> dict[str, int]:
        event.listen(self._engine, "before_cursor_execute", self._explain)
        return self.found

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._explain)

    def _explain(self, connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            return
        with cursor.connection.cursor() as side:
            side.execute("SAVEPOINT explained")
            side.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement, parameters)
            plan = side.fetchone()[0][0]["Plan"]
            side.execute("ROLLBACK TO SAVEPOINT explained")
        name = f"{len(self.found) + 1:02d} {' '.join(statement.split())[:48]}"
        self.found[name] = sum(_pages(part) for part in (plan, *_apart(plan)))


def _apart(plan: Mapping[str, Any]) -> list[Any]:
    """Changes within a WITH, which are carried out beside the plan and not counted in it."""
    return [part for part in plan.get("Plans", ()) if part.get("Subplan Name", "").startswith("CTE w")]


def _pages(plan: Mapping[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
