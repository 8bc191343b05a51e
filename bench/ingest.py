"""Webhooks taken in: our whole route against a handler that verifies, inserts and commits, on the same server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median

import psycopg

from bench import filled, floors, machine
from bench.load import Answers, send
from bench.measure import FLOOR, TWIN, Claim, Plan, Result, percentile, ratio, restless, rotated
from bopis.bell import SilentBell
from bopis.db import Database
from tests import services

OURS = "ours"
STEADY = 350.0
PATH = f"/webhooks/{filled.VENDOR}/{filled.CONNECTION}"
CPU = 1.35
MOST_REFUSED = 0.001
"""Share of deliveries that a full server may ask to come again: on SQLite a writer waits 0.8 s at most, then says 503.
What is refused counts for no rate."""


@dataclass(frozen=True)
class _Turn:
    """One subject's turn: what came back and the processor time each answer took."""

    answers: Answers
    cpu: float


def run(plan: Plan) -> Iterator[Result]:
    """ingest-pg, ingest-pg-cpu, ingest-steady; ingest-sqlite."""
    with machine.postgresql() as url, _servers(url, "bench.floors:postgresql()") as (ours, floor):
        yield from _compared("ingest-pg", ours, floor, plan)
        yield _steady(ours, floor, plan)
    with machine.sqlite() as url, _servers(url, "bench.floors:sqlite()") as (ours, floor):
        yield next(_compared("ingest-sqlite", ours, floor, plan))


@contextmanager
def _servers(url: str, floor: str) -> Iterator[tuple[machine.Process, machine.Process]]:
    """Both on one database, two workers of eight threads each."""
    database = Database(url, SilentBell())
    filled.merchant(database)
    _make_table(url, database)
    database.close()
    with ExitStack() as stack:
        told = machine.environment(url, stack.enter_context(services.valkey()))
        yield (
            stack.enter_context(machine.gunicorn("bopis.app:web()", told)),
            stack.enter_context(machine.gunicorn(floor, told)),
        )


def _make_table(url: str, database: Database) -> None:
    if url.startswith("sqlite"):
        with database.transaction() as session:
            session.connection().exec_driver_sql(floors.TABLE.format(binary="BLOB"))
        return
    with psycopg.connect(machine.plain(url), autocommit=True) as connection:
        connection.execute(floors.TABLE.format(binary="BYTEA"))


def _compared(name: str, ours: machine.Process, floor: machine.Process, plan: Plan) -> Iterator[Result]:
    turns = rotated(
        {
            OURS: lambda seconds: _turn(ours, PATH, seconds),
            FLOOR: lambda seconds: _turn(floor, "/floor", seconds),
            TWIN: lambda seconds: _turn(floor, "/floor", seconds),
        },
        plan,
    )
    rates = {subject: [turn.answers.rate for turn in taken] for subject, taken in turns.items()}
    cpu = {subject: [turn.cpu for turn in taken] for subject, taken in turns.items()}
    void = _unanswered(turns[OURS]) or restless(rates[FLOOR], rates[TWIN])
    detail = {
        "requests_a_second": {subject: round(median(taken), 1) for subject, taken in rates.items()},
        "refused": sum(turn.answers.refused for turn in turns[OURS]),
        "cpu_us": {subject: round(median(taken) * 1e6) for subject, taken in cpu.items()},
        "p99_ms": {subject: _p99_ms(taken) for subject, taken in turns.items()},
    }
    yield Result(Claim(name, 0.75, at_least=True), ratio(rates[OURS], rates[FLOOR], rates[TWIN]), void, detail)
    void = _unanswered(turns[OURS]) or restless(cpu[FLOOR], cpu[TWIN])
    yield Result(Claim(f"{name}-cpu", CPU), ratio(cpu[OURS], cpu[FLOOR], cpu[TWIN]), void, detail)


def _steady(ours: machine.Process, floor: machine.Process, plan: Plan) -> Result:
    rate = STEADY if not plan.quick else 40.0
    turns = rotated(
        {
            OURS: lambda seconds: _turn(ours, PATH, seconds, rate),
            FLOOR: lambda seconds: _turn(floor, "/floor", seconds, rate),
            TWIN: lambda seconds: _turn(floor, "/floor", seconds, rate),
        },
        plan,
    )
    p99 = {subject: [percentile(turn.answers.times, 0.99) for turn in taken] for subject, taken in turns.items()}
    detail = {"p99_ms": {subject: round(median(taken) * 1e3, 1) for subject, taken in p99.items()}, "rate": rate}
    void = _unanswered(turns[OURS]) or restless(p99[FLOOR], p99[TWIN])
    return Result(Claim("ingest-steady", 1.5), ratio(p99[OURS], p99[FLOOR], p99[TWIN]), void, detail)


def _turn(server: machine.Process, path: str, seconds: float, rate: float = 0.0) -> _Turn:
    before = server.cpu()
    answers = send(server.port, path, seconds, rate=rate)
    return _Turn(answers, (server.cpu() - before) / max(1, len(answers.times)))


def _unanswered(turns: Sequence[_Turn]) -> str:
    refused = sum(turn.answers.refused for turn in turns)
    taken = sum(len(turn.answers.times) for turn in turns)
    return f"{refused} deliveries were refused" if refused > MOST_REFUSED * taken else ""


def _p99_ms(turns: Sequence[_Turn]) -> float:
    return round(median(percentile(turn.answers.times, 0.99) for turn in turns) * 1e3, 1)
