"""Statements that travel together on one PostgreSQL connection, next to the driver's own cursors."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest

from bopis import pipeline
from bopis.pipeline import PipelinedConnection

SECONDS = 60
KEEP = "INSERT INTO kept (number) VALUES ($1)"
COUNT = "SELECT count(*) FROM kept WHERE number < $1"
LOCK = "SELECT name FROM locks WHERE name = $1 FOR NO KEY UPDATE"
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE $1"


@pytest.fixture
def url(postgresql_url: str) -> Iterator[str]:
    plain = postgresql_url.replace("+psycopg", "")
    with psycopg.connect(plain) as connection:
        connection.execute("CREATE TABLE kept (number int PRIMARY KEY)")
        connection.execute("CREATE TABLE locks (name text PRIMARY KEY)")
        connection.execute("INSERT INTO locks VALUES ('store')")
    yield plain
    with psycopg.connect(plain) as connection:
        connection.execute("DROP TABLE kept, locks")


@pytest.fixture
def line(url: str) -> Iterator[PipelinedConnection]:
    with opened(url) as connection:
        yield connection


@contextmanager
def opened(url: str) -> Iterator[PipelinedConnection]:
    connection = PipelinedConnection.connect(url)
    try:
        yield connection
    finally:
        connection.close()


def kept(url: str) -> list[int]:
    with psycopg.connect(url) as other:
        return [row[0] for row in other.execute("SELECT number FROM kept ORDER BY number")]


def test_what_was_put_off_is_done_before_what_is_asked_next(line: PipelinedConnection) -> None:
    line.put_off(KEEP, [1])
    line.put_off(KEEP, [2])
    assert line.ask(COUNT, [9]) == [(2,)]


def test_what_was_put_off_is_done_before_what_a_cursor_sends(line: PipelinedConnection) -> None:
    line.put_off(KEEP, [1])
    assert line.execute("SELECT number FROM kept").fetchall() == [(1,)]


def test_what_was_put_off_is_kept_with_the_commit_and_not_before(line: PipelinedConnection, url: str) -> None:
    line.put_off(KEEP, [1])
    assert kept(url) == []
    line.commit()
    assert kept(url) == [1]


def test_what_was_put_off_and_rolled_back_is_undone(line: PipelinedConnection, url: str) -> None:
    line.put_off(KEEP, [1])
    line.rollback()
    line.put_off(KEEP, [2])
    line.commit()
    assert kept(url) == [2]


def test_a_refusal_of_what_was_put_off_comes_with_the_commit_and_nothing_is_kept(
    line: PipelinedConnection, url: str
) -> None:
    line.ask(KEEP, [1])
    line.put_off(KEEP, [1])
    with pytest.raises(psycopg.errors.UniqueViolation):
        line.commit()
    line.rollback()
    assert kept(url) == []
    line.ask(KEEP, [2])
    line.commit()
    assert kept(url) == [2]


def test_what_comes_after_a_refused_statement_is_not_carried_out(line: PipelinedConnection, url: str) -> None:
    line.put_off(KEEP, ["no number"])
    line.put_off(KEEP, [2])
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        line.ask(KEEP, [3])
    line.rollback()
    assert line.ask(COUNT, [9]) == [(0,)]


def test_what_no_database_takes_is_refused_before_it_is_sent(line: PipelinedConnection, url: str) -> None:
    line.put_off(KEEP, [1])
    with pytest.raises(psycopg.DataError):
        line.ask("SELECT $1", ["a text with a \0"])
    with pytest.raises(psycopg.DataError):
        line.put_off("SELECT $1", ["a text with a \0"])
    line.commit()
    assert kept(url) == [1]


def test_who_waited_for_a_lock_reads_what_its_holder_had_committed(url: str) -> None:
    with opened(url) as first, opened(url) as second, ThreadPoolExecutor(1) as pool:
        first.put_off(LOCK, ["store"])
        first.ask(KEEP, [1])
        second.put_off(LOCK, ["store"])
        reading = pool.submit(second.ask, COUNT, [9])  # sent in the same breath as its lock
        until_it_waits(url, second)
        first.commit()
        assert reading.result(SECONDS) == [(1,)]


def until_it_waits(url: str, line: PipelinedConnection) -> None:
    waits = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s"
    deadline = time.monotonic() + SECONDS
    with psycopg.connect(url, autocommit=True) as looking:
        while looking.execute(waits, [line.info.backend_pid]).fetchone() != (True,):
            assert time.monotonic() < deadline, "it never waited for the lock"
            time.sleep(0.01)


def test_plans_outlive_what_is_undone(line: PipelinedConnection) -> None:
    for _ in range(9):
        line.execute("SELECT number FROM kept WHERE number = %s", [1])  # the driver has a plan of its own too
    line.ask(COUNT, [9])
    line.execute("SAVEPOINT here")
    line.execute("ROLLBACK TO SAVEPOINT here")
    plans = line.ask(PREPARED, [True])
    line.rollback()
    assert line.ask(COUNT, [9]) == [(0,)]
    assert line.ask(PREPARED, [True]) == plans


def test_only_so_many_stay_prepared(line: PipelinedConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_KEPT", 3)
    for number in range(8):
        assert line.ask(f"SELECT {number} WHERE $1", [True]) == [(number,)]
    assert line.ask(PREPARED, [True]) == [(3,)]
    assert line.ask("SELECT 0 WHERE $1", [True]) == [(0,)]


def test_who_lost_its_plans_on_the_way_has_them_again_after_one_failure(line: PipelinedConnection) -> None:
    line.ask(COUNT, [9])
    line.commit()
    line.execute("DEALLOCATE ALL")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        line.ask(COUNT, [9])
    line.rollback()
    assert line.ask(COUNT, [9]) == [(0,)]


def test_a_text_larger_than_any_buffer_arrives_whole(line: PipelinedConnection) -> None:
    text = "x" * 20_000_000
    assert line.ask("SELECT length($1), length($2)", [text, text]) == [(len(text), len(text))]


def test_a_connection_that_is_interrupted_or_cut_is_closed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(BaseException):
        """As by a signal."""

    def interrupt(self: PipelinedConnection) -> None:
        raise Interrupted

    with opened(url) as cut, psycopg.connect(url) as other:
        other.execute("SELECT pg_terminate_backend(%s, 60000)", [cut.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            cut.ask(COUNT, [9])
        assert cut.closed
    with opened(url) as line, monkeypatch.context() as patched:
        patched.setattr(PipelinedConnection, "_flush", interrupt)
        with pytest.raises(Interrupted):
            line.ask(COUNT, [9])
        assert line.closed
