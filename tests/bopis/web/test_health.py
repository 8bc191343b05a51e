"""What monitors ask: alive, ready, and how it goes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text, update

from bopis import clock, tasks
from bopis.app import create_app, create_bridges_app
from bopis.bell import BankListener, SilentBell
from bopis.config import Settings
from bopis.db import Database
from bopis.lockers.models import Compartment
from bopis.outbox import OutboxEntry
from bopis.wiring import build
from tests.bopis.web.lockers import Lockers
from tests.world import SECRET_KEY, World

TOKEN = "a-token-that-is-long-enough"
SETTINGS = Settings(
    "sqlite:////nowhere/at/all.db",
    "redis://127.0.0.1:1",
    (SECRET_KEY,),
    "http://localhost",
    "http://localhost",
    metrics_token=TOKEN,
)


@pytest.fixture(scope="module")
def unreachable() -> Flask:
    """The service without its database."""
    return create_app(build(SETTINGS, SilentBell()), BankListener(SETTINGS.redis_url))


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Flask]:
    """The service before a database nobody migrated."""
    service = build(SETTINGS, SilentBell())
    database = Database(empty_database_url, SilentBell())
    object.__setattr__(service, "database", database)
    yield create_bridges_app(service, BankListener(SETTINGS.redis_url))
    database.close()


def figures(web: Flask) -> dict[str, float]:
    """What a scraper on this machine reads."""
    answer = web.test_client().get("/metrics")
    assert answer.status_code == 200, answer.text
    lines = (line.rpartition(" ") for line in answer.text.splitlines() if line[0] != "#")
    return {name: float(value) for name, _, value in lines}


def test_it_is_alive_and_ready(web: Flask) -> None:
    assert web.test_client().get("/livez").status_code == 200
    assert web.test_client().get("/readyz").status_code == 200


def test_without_its_database_it_is_alive_and_not_ready(unreachable: Flask) -> None:
    assert unreachable.test_client().get("/livez").status_code == 200
    answer = unreachable.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "database_unavailable")


def test_a_database_nobody_migrated_is_not_ready(empty: Flask) -> None:
    answer = empty.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "not_migrated")


def test_a_database_of_another_release_is_not_ready(web: Flask, world: World) -> None:
    with world.database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert web.test_client().get("/readyz").get_json()["code"] == "not_migrated"


def test_the_state_of_the_service_is_read(web: Flask, world: World, lockers: Lockers) -> None:
    world.ready()
    with world.database.transaction() as session:
        session.execute(update(OutboxEntry).where(OutboxEntry.kind == "MarkReady").values(state="dead"))
        session.execute(
            update(OutboxEntry)
            .where(OutboxEntry.kind == "TellShopper")
            .values(next_at=clock.now() - dt.timedelta(minutes=10))
        )
        session.execute(update(Compartment).where(Compartment.number == 2).values(in_service=False))
        tasks.ask(session, "no_phone", "1", merchant_id="1", store_id=None, reason="", now=clock.now())
    read = figures(web)
    assert read['bopis_box_due{box="outbox"}'] == 2
    assert 590 < read['bopis_box_oldest_due_seconds{box="outbox"}'] < 700
    assert read['bopis_box_due{box="inbox"}'] == read['bopis_box_oldest_due_seconds{box="inbox"}'] == 0
    assert read['bopis_dead_letters{box="outbox"}'] == 1
    assert read['bopis_effects_last_day{kind="MarkReady",state="dead"}'] == 1
    assert read['bopis_bridges{state="online"}'] == 1
    assert read['bopis_bridges{state="offline"}'] == 1  # the outsider's, never heard of
    assert read["bopis_doors_out_of_service"] == 1
    assert read['bopis_tasks_open{kind="no_phone"}'] == 1
    assert read['bopis_grants_live{state="active"}'] == 1


def test_requests_are_counted_by_route_and_never_by_address(web: Flask, world: World) -> None:
    key = 'bopis_requests_total{method="GET",route="/p/<token>",status="404"}'
    before = figures(web).get(key, 0)
    web.test_client().get("/p/a-link-that-nobody-has")
    read = figures(web)
    assert read[key] == before + 1
    assert read['bopis_request_seconds_count{route="/p/<token>"}'] >= 1
    assert not any(re.search("a-link-that", name) for name in read)


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 503),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 403),
        ({}, "192.0.2.7", 403),
        ({"Authorization": "Bearer wrong"}, "192.0.2.7", 403),
        ({"Authorization": "Bearer "}, "192.0.2.7", 403),
        ({"Authorization": f"Bearer {TOKEN}"}, "192.0.2.7", 503),
    ],
)
def test_metrics_are_for_this_machine_or_whoever_has_the_token(
    unreachable: Flask, headers: dict[str, str], address: str, status: int
) -> None:
    """503 is what one gets who may ask, here where there is no database."""
    answer = unreachable.test_client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
