"""Thousands of bridges with their syncs held open: how soon one hears its news, and what each costs in memory."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Iterator
from statistics import median

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench import filled, machine
from bench.filled import made
from bench.measure import Claim, Plan, Result, percentile
from bench.syncing import Crowd
from bopis import clock
from bopis.bell import RedisBell
from bopis.bridges.actions import command_end_presence
from bopis.db import Database
from devtools import Trouble
from tests import services

HELD = 2_000
WAKES = 400
SETTLE_SECONDS = 90.0


def run(plan: Plan) -> Iterator[Result]:
    """bridges-wake, bridges-memory."""
    held, wakes = plan.count(HELD), plan.count(WAKES, 10)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < held + 500:
        raise Trouble(f"This machine allows {hard} open files; {held} connections need more: ulimit -n")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 3 * held + 500)), hard))
    key = Ed25519PrivateKey.generate()
    with machine.postgresql() as url, services.valkey() as redis_url:
        database = Database(url, RedisBell(redis_url))
        _fill(database, url, held, key)
        told = machine.environment(url, redis_url)
        with machine.from_procfile("bridges", told) as server:
            yield from _measured(database, server, Crowd(server.port, held, key), wakes)
        database.close()


def _fill(database: Database, url: str, held: int, key: Ed25519PrivateKey) -> None:
    filled.merchant(database)
    with filled.filling(url) as connection:
        filled.stores(connection, 1, held)
        connection.execute("UPDATE bridges SET public_key = %s", (key.public_key().public_bytes_raw(),))


def _measured(database: Database, server: machine.Process, crowd: Crowd, wakes: int) -> Iterator[Result]:
    warm = max(crowd.size // 20, min(10, crowd.size))
    crowd.connect(warm)  # everything is imported, and both workers have their connections to the database
    empty = _held_by(server)
    crowd.connect(crowd.size)
    crowd.settle(SETTLE_SECONDS)
    each = (_held_by(server) - empty) / max(1, crowd.size - warm) * 1024
    cpu, own, started = server.cpu(), time.process_time(), time.monotonic()
    times = [_wake(database, crowd, number) for number in random.choices(range(1, crowd.size + 1), k=wakes)]
    seconds = time.monotonic() - started
    busy, own = (server.cpu() - cpu) / seconds, (time.process_time() - own) / seconds
    void = f"syncs were refused: {dict(crowd.refused)}" if crowd.refused else ""
    detail = {
        "held": crowd.size,
        "wakes": len(times),
        "p50_ms": round(median(times) * 1e3, 1),
        "p99_ms": round(percentile(times, 0.99) * 1e3, 1),
        "cores_busy": round(busy, 2),
        "cores_of_the_crowd": round(own, 2),
    }
    crowd.close()
    yield Result(Claim("bridges-wake", 100, unit="ms"), percentile(times, 0.99) * 1e3, void, detail)
    yield Result(Claim("bridges-memory", 50, unit="KB"), each, void, detail)


def _wake(database: Database, crowd: Crowd, number: int) -> float:
    """Ask one bridge something as a page does; the seconds from the commit until its sync is answered."""
    crowd.until_held(number)
    with database.transaction() as session:
        command_end_presence(session, made("banks", number), "nobody", "staff", clock.now())
        started = time.monotonic()
    return crowd.answered(number) - started


def _held_by(server: machine.Process) -> float:
    """Megabytes of the server and its workers, what they share counted once."""
    return sum(machine.memory(pid, "Pss") for pid in server.pids())
