"""The pages staff live in, on a full database: fifty thousand open pickups in five hundred stores, and a past."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median

import psycopg
from flask.testing import FlaskClient

from bench import filled, machine
from bench.filled import DOORS, made
from bench.measure import Claim, Plan, Result, percentile
from bopis.app import create_app
from bopis.bell import BankListener, SilentBell
from bopis.config import Settings
from bopis.db import Database
from bopis.staff.actions import hash_pin
from bopis.staff.models import StaffMember
from bopis.wiring import build
from tests import services

STORES, PICKUPS, PAST = 500, 50_000, 200_000
BADGE, PIN = "B1001", "246810"
VISITS = 60
_PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


def run(plan: Plan) -> Iterator[Result]:
    """lists: the slowest of home, search and a pickup's page."""
    stores, pickups = plan.count(STORES, 10), plan.count(PICKUPS, 1000)
    with machine.postgresql() as url, services.valkey() as redis_url:
        service = build(Settings.from_env(machine.environment(url, redis_url)), SilentBell())
        filled.merchant(service.database)
        with filled.filling(url) as connection:
            _fill(connection, stores, pickups, plan.count(PAST))
        _hire(service.database)
        client = create_app(service, BankListener(redis_url)).test_client()
        times = {name: _times(visit, plan.count(VISITS, 3)) for name, visit in _visits(client, stores).items()}
        service.database.close()
    p95 = {name: percentile(taken, 0.95) * 1e3 for name, taken in times.items()}
    slowest = max(p95, key=lambda name: p95[name])
    detail = {
        "p50_ms": {name: round(median(taken) * 1e3, 1) for name, taken in times.items()},
        "p95_ms": {name: round(value, 1) for name, value in p95.items()},
        "slowest": slowest,
        "pickups": pickups,
        "stores": stores,
    }
    yield Result(Claim("lists", 100, unit="ms"), p95[slowest], detail=detail)


def _visits(client: FlaskClient, stores: int) -> dict[str, Callable[[], bool]]:
    """What an associate of store 1 does, each until the page is written."""
    signed_in = client.post("/associate/sign-in", data={"badge": BADGE, "pin": PIN}, headers=_PAGE)
    assert signed_in.status_code == 303, signed_in.status_code
    first, last = stores, stores * 3

    def find(text: str, status: int) -> bool:
        return client.post("/associate/find", data={"q": text}, headers=_PAGE).status_code == status

    def look(path: str) -> bool:
        return client.get(f"/associate/{path}", headers=_PAGE).status_code == 200

    return {
        "home": lambda: look(""),
        "search": lambda: find(f"#{first}", 303),
        "search in vain": lambda: find("#none", 404),
        "pickup": lambda: look(f"pickups/{made('pickups', last)}"),
    }


def _times(visit: Callable[[], bool], count: int) -> list[float]:
    found = []
    for number in range(count + 2):
        started = time.perf_counter()
        if not visit():
            raise RuntimeError("a page does not answer as it should")
        if number >= 2:  # templates and plans are warm
            found.append(time.perf_counter() - started)
    return found


def _fill(connection: psycopg.Connection, stores: int, pickups: int, past: int) -> None:
    """Every store has as many in each state; the first sixty have doors, the rest lie at the counter."""
    filled.stores(connection, 1, stores)
    filled.waiting(connection, 1, pickups, f"n % {stores} + 1")
    place = f"(n - 1) / {stores}"
    filled.rows(
        connection,
        "placements",
        1,
        pickups,
        pickup_id="made('pickups', n)",
        state="'loaded'",
        compartment_id=f"CASE WHEN {place} < {DOORS} THEN made('compartments', (n % {stores}) * {DOORS} + "
        f"{place} + 1) END",
    )
    connection.execute("UPDATE placements SET state = 'held' WHERE right(pickup_id, 6)::int / %s %% 4 = 0", (stores,))
    for state, part in (("reserved", 0), ("ready", 1), ("expired", 2)):
        change = "UPDATE pickups SET state = %s WHERE right(id, 6)::int / %s %% 4 = %s"
        connection.execute(change, (state, stores, part))
    filled.rows(
        connection,
        "grants",
        1,
        pickups,
        pickup_id="made('pickups', n)",
        state="'held'",
        version="1",
        bank_id=f"made('banks', n % {stores} + 1)",
        selector=f"lpad(({place})::text, 3, '0')",
        qr_sha256="md5(n::text)",
        lease_until="now() + interval '3 days'",
    )
    filled.rows(
        connection,
        "timeline",
        3,
        3 * pickups + 2,
        pickup_id="made('pickups', n / 3)",
        number="n % 3 + 1",
        what="'reserved'",
        actor="'system'",
    )
    filled.history(connection, pickups + 1, pickups + past, stores, past // 100)


def _hire(database: Database) -> None:
    with database.transaction() as session:
        session.add(
            StaffMember(
                id=made("staff", 1),
                merchant_id=filled.MERCHANT,
                store_id=made("stores", 1),
                name="Ada",
                badge=BADGE,
                pin_hash=hash_pin(PIN),
                role="associate",
                active=True,
                failures=0,
            )
        )
