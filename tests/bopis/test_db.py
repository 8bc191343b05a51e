"""What commits: a transaction, and one insert that is a transaction of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bopis.bell import Ring, WorkToDo
from bopis.db import Base, Database
from bopis.errors import Unavailable
from bopis.merchants.models import Merchant

MERCHANTS = Base.metadata.tables["merchants"]
NOON = dt.datetime(2026, 11, 22, 13, 0, 0, 123456, tzinfo=dt.timezone(dt.timedelta(hours=1)))


class Bell:
    """Remembers what it was asked to ring."""

    def __init__(self) -> None:
        self.rung: list[Ring] = []

    def ring(self, ring: Ring) -> None:
        self.rung.append(ring)


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def database(database_url: str, bell: Bell) -> Iterator[Database]:
    it = Database(database_url, bell)
    yield it
    it.close()


def merchant(merchant_id: str, name: str = "Fernhill") -> dict[str, Any]:
    return {"id": merchant_id, "name": name, "created_at": NOON}


def test_a_row_inserted_alone_is_kept_as_a_transaction_would_have_kept_it(database: Database) -> None:
    assert database.insert_once(MERCHANTS, merchant("m1"), WorkToDo())
    with database.transaction() as session:
        session.add(Merchant(**merchant("m2")))
    with database.reading() as session:
        one, two = (session.get_one(Merchant, name) for name in ("m1", "m2"))
        assert (one.name, one.created_at) == (two.name, two.created_at) == ("Fernhill", NOON)


def test_what_a_unique_index_knows_is_neither_inserted_nor_rung_for(database: Database, bell: Bell) -> None:
    assert database.insert_once(MERCHANTS, merchant("m1"), WorkToDo())
    assert not database.insert_once(MERCHANTS, merchant("m1", "Thornhill"), WorkToDo())
    assert bell.rung == [WorkToDo()]
    with database.reading() as session:
        assert session.get_one(Merchant, "m1").name == "Fernhill"


def test_a_row_that_breaks_another_rule_is_an_error(database: Database, bell: Bell) -> None:
    with pytest.raises(Exception, match=r"(?i)null") as problem:
        database.insert_once(MERCHANTS, {**merchant("m1"), "name": None}, WorkToDo())
    assert not isinstance(problem.value, Unavailable | SQLAlchemyError)
    assert bell.rung == []
    assert database.insert_once(MERCHANTS, merchant("m1"), WorkToDo())


def test_a_lost_connection_is_said_once_and_then_replaced(postgresql_url: str, bell: Bell) -> None:
    it = Database(postgresql_url, bell)
    assert it.insert_once(MERCHANTS, merchant("m1"), WorkToDo())
    with it.reading() as session:
        ours = "datname = current_database() AND pid <> pg_backend_pid()"
        session.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}"))
    try:
        lost = not it.insert_once(MERCHANTS, merchant("m2"), WorkToDo())
    except Unavailable:
        lost = True  # unless it had rested, and was asked before
    assert it.insert_once(MERCHANTS, merchant("m3"), WorkToDo())
    with it.reading() as session:
        assert (session.get(Merchant, "m2") is None) == lost
    it.close()


def test_a_wait_for_the_lock_is_set_anew_whenever_another_is_asked_for(sqlite_url: str, bell: Bell) -> None:
    database = Database(sqlite_url, bell)
    for patience in (0.3, 0.3, 10.0, 0.3):
        with database.transaction(patience=patience) as session:
            assert session.execute(text("PRAGMA busy_timeout")).scalar() == int(patience * 1000)
    database.close()
