"""What the processes hold after some work: a web worker, the RQ worker, a bridge."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench import filled, machine
from bench.ingest import PATH
from bench.load import send
from bench.measure import Claim, Plan, Result
from bench.opening import Store
from bopis.bell import RedisBell, SilentBell, WorkToDo
from bopis.db import Database
from devtools.embedded import worker_listens
from tests import services


def run(plan: Plan) -> Iterator[Result]:
    """memory-web, memory-worker, memory-bridge."""
    with machine.postgresql() as url, services.valkey() as redis_url:
        database = Database(url, SilentBell())
        filled.merchant(database)
        database.close()
        told = machine.environment(url, redis_url)
        yield Result(Claim("memory-web", 120, unit="MB"), _web(told, plan))
        yield Result(Claim("memory-worker", 100, unit="MB"), _worker(told, redis_url))
    yield Result(Claim("memory-bridge", 80, unit="MB"), _bridge(plan))


def _web(told: dict[str, str], plan: Plan) -> float:
    """The larger of two workers that have taken deliveries in."""
    with machine.gunicorn("bopis.app:web()", told) as server:
        send(server.port, PATH, plan.seconds)
        return max(machine.memory(pid) for pid in machine.children(server.pid))


def _worker(told: dict[str, str], redis_url: str) -> float:
    """The worker after it was rung and worked a box off."""
    with machine.running([sys.executable, "-m", "bopis.jobs"], told) as process:
        machine.wait_for(lambda: worker_listens(Path(redis_url.removeprefix("unix://"))), process)
        bell = RedisBell(redis_url)
        bell.ring(WorkToDo())
        machine.wait_for(lambda: bell.queue.count == 0 and bell.queue.started_job_registry.count == 0, process)
        return machine.memory(process.pid)


def _bridge(plan: Plan) -> float:
    """The bridge after some doors."""
    with ExitStack() as stack:
        store = Store(stack)
        store.give(3)
        for number in range(3):
            store.open(number)
        return machine.memory(store.process.pid)
