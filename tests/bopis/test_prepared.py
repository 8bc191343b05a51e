from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import bindparam, event, insert, literal_column, select, text
from sqlalchemy.exc import IntegrityError

from bopis.bell import SilentBell
from bopis.db import Database
from bopis.errors import Unavailable
from bopis.prepared import Prepared, Write, send
from bopis.stores.models import LocationMapping, Store
from tests.world import World

NAMED = Prepared(
    select(Store.name, Store.id)
    .where(Store.name == bindparam("name"), literal_column("'5 %' LIKE '%'"))
    .order_by(Store.id)
)


def test_rows_come_as_the_columns_that_were_asked_for(world: World) -> None:
    with world.database.reading() as session:
        name = session.scalars(select(Store.name)).first()
        assert [row[0] for row in NAMED.run(session, name=name)] == [name]
        assert NAMED.run(session, name="no such store") == []


def test_a_value_that_is_not_given_is_null(world: World) -> None:
    with world.database.reading() as session:
        assert NAMED.run(session) == []


def test_who_listens_to_the_engine_hears_of_it_and_the_answer_is_the_same(world: World) -> None:
    heard: list[str] = []
    with world.database.reading() as session:
        name = session.scalars(select(Store.name)).first()
        unheard = NAMED.run(session, name=name)

    def listen(*call: object) -> None:
        heard.append(str(call[2]))

    event.listen(world.database.engine, "before_cursor_execute", listen)
    with world.database.reading() as session:
        assert NAMED.run(session, name=name) == unheard
    event.remove(world.database.engine, "before_cursor_execute", listen)
    assert any("FROM stores" in statement for statement in heard)


def test_a_refused_change_raises_what_sqlalchemy_raises(world: World) -> None:
    mapped = Prepared(insert(LocationMapping.__table__), *LocationMapping.__table__.columns.keys())
    row = {"connection_id": "no such connection", "location_id": "1", "store_id": "no such store"}
    with world.database.reading() as session, pytest.raises(IntegrityError):
        send(session, Write(mapped, row), Write(mapped, row | {"location_id": "2"}))


@pytest.fixture
def postgresql(request: pytest.FixtureRequest) -> Iterator[Database]:
    url = request.getfixturevalue("postgresql_url")
    database = Database(url, SilentBell())
    yield database
    database.close()


def test_a_connection_that_was_cut_is_a_database_away_and_the_next_one_works(postgresql: Database) -> None:
    one = Prepared(select(literal_column("1").label("one")))

    def cut_and_ask() -> None:
        with postgresql.transaction() as session:
            pid = session.connection().execute(text("SELECT pg_backend_pid()")).scalar_one()
            with postgresql.transaction() as other:
                other.connection().execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            one.run(session)

    with pytest.raises(Unavailable):
        cut_and_ask()
    with postgresql.transaction() as session:
        assert one.run(session) == [(1,)]
