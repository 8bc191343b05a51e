"""Orders worked off: from a stored delivery to a place, a grant and every message sent, until both boxes are empty.

The platform answers at once and in process. The code's verifier is left out of the rate, since its Argon2id costs
everybody the same 30 ms of one core; `detail` has the rate with it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from unittest import mock

import psycopg

from bench import filled, machine
from bench.measure import FLOOR, TWIN, Claim, Plan, Result, ratio, restless, rotated
from bench.orders import body
from bench.pipelined import work_off
from bench.ringing import by_rq
from bopis import clock, drain, inbox
from bopis.bell import SilentBell
from bopis.config import Settings
from bopis.ports import Account, Delivery, Line, Location, OrderSnapshot, Unit
from bopis.wiring import Service, build
from firmware_bridge.protocol import codes
from integrations.shopify import ShopifyPlatform
from tests import services

OURS, BY_RQ = "ours", "a job each"
STORES = 200
A_SECOND = {OURS: 500, BY_RQ: 40, FLOOR: 600, TWIN: 600}
"""Orders laid out for each second of a turn; a turn lasts until they are worked off."""
_EMPTIED = "inbox, outbox, timeline, grants, placements, pickups, orders"


class InstantPlatform(ShopifyPlatform):
    """Knows every order and takes every word of ours, without a call; all that needs no call is the real thing."""

    def fetch_order(self, account: Account, order_id: str) -> OrderSnapshot:
        line = Line("1", "Stoneware mug", 1, "MUG", 480)
        place = Location(str(int(order_id) % STORES + 1), "High Street")
        unit = Unit(f"unit-{order_id}", "open", True, place, (line,))
        return OrderSnapshot(order_id, f"#{order_id}", clock.now(), True, None, (unit,), phone="+12015550123")

    def mark_ready(self, account: Account, unit_id: str) -> None:
        """Taken."""

    def mark_collected(self, account: Account, unit_id: str) -> None:
        """Taken."""


def run(plan: Plan) -> Iterator[Result]:
    """drain, drain-rq."""
    with machine.postgresql() as url, services.valkey() as redis_url:
        service = _service(url, redis_url)
        filled.merchant(service.database)
        with filled.filling(url) as connection:
            filled.stores(connection, 1, STORES)
        with psycopg.connect(machine.plain(url)) as connection, _quick_verifier():
            steps: dict[str, Callable[[], object]] = {
                OURS: lambda: drain.drain(service),
                BY_RQ: lambda: by_rq(service, redis_url),
                FLOOR: lambda: work_off(connection, STORES),
                TWIN: lambda: work_off(connection, STORES),
            }
            rates = rotated({name: _turn(service, name, step) for name, step in steps.items()}, plan)
        with_hash = _turn(service, OURS, lambda: drain.drain(service))(min(plan.seconds, 1.0))
        service.database.close()
    yield from _results(rates, with_hash)


def _results(rates: Mapping[str, list[float]], with_hash: float) -> Iterator[Result]:
    void = restless(rates[FLOOR], rates[TWIN])
    detail = {
        "orders_a_second": {name: round(median(of), 1) for name, of in rates.items()},
        "with_argon2": round(with_hash, 1),
    }
    figure = ratio(rates[OURS], rates[FLOOR], rates[TWIN])
    yield Result(Claim("drain", 0.5, at_least=True), figure, void, detail)
    yield Result(Claim("drain-rq", 5, at_least=True), ratio(rates[OURS], rates[BY_RQ], rates[BY_RQ]), void, detail)


def _service(url: str, redis_url: str) -> Service:
    told = machine.environment(url, redis_url)
    service = build(Settings.from_env(told), SilentBell())
    service.gateways.platforms[filled.VENDOR] = InstantPlatform()  # type: ignore[index]
    return service


@contextmanager
def _quick_verifier() -> Iterator[None]:
    with mock.patch.object(codes, "verifier", return_value=b"v" * 32):
        yield


def _turn(service: Service, name: str, step: Callable[[], object]) -> Callable[[float], float]:
    """Lay orders out, work them off, say how many a second that were."""

    def turn(seconds: float) -> float:
        count = max(5, round(A_SECOND[name] * seconds))
        _lay_out(service, count)
        started = time.perf_counter()
        step()
        taken = time.perf_counter() - started
        _check(service, count)
        return count / taken

    return turn


def _lay_out(service: Service, count: int) -> None:
    account = Account(filled.CONNECTION, filled.VENDOR, "", {}, {})
    with service.database.transaction() as session:
        session.connection().exec_driver_sql(f"TRUNCATE {_EMPTIED} CASCADE")
        for number in range(1, count + 1):
            content = body(f"{number:016d}")
            order_id = str(json.loads(content)["id"])
            inbox.store(session, account, Delivery(str(number), "orders/create", order_id), content, clock.now())


def _check(service: Service, count: int) -> None:
    """Every order has its place, and nothing is left to do."""
    with service.database.reading() as session:
        run = session.connection().exec_driver_sql
        reserved = run("SELECT count(*) FROM pickups WHERE state = 'reserved'").scalar_one()
        left = run("SELECT count(*) FROM inbox WHERE state <> 'done'").scalar_one()
        left += run("SELECT count(*) FROM outbox WHERE state <> 'done'").scalar_one()
    if (reserved, left) != (count, 0):
        raise RuntimeError(f"of {count} orders {reserved} were reserved, and {left} entries are not done")
