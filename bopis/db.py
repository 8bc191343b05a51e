"""The database: base class, column types, and the only committer.

PostgreSQL in production, SQLite in WAL as the embedded default; every statement above this file runs on both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import JSON, DateTime, MetaData, String, Table, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from bopis.bell import Bell, Ring
from bopis.engine import PATIENCE, for_single_statements, for_transactions
from bopis.errors import Unavailable
from bopis.single import SingleInserts


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware instant, stored in UTC on both databases. A naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time was given to the database")
        if value.tzinfo is not dt.UTC:
            value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


Id = String(36)
Json = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {dt.datetime: UtcDateTime(), dict[str, Any]: Json}


RECEIPT_PATIENCE = 0.8
"""Seconds a webhook receipt waits for SQLite's write lock before it answers 503 and lets the sender retry."""


class Database:
    """One database and the bell that is rung after each commit.

    Two of its methods commit, and nothing else in the service does: `transaction`, and `insert_once`, whose one
    statement is a transaction of its own.
    """

    def __init__(self, url: str, bell: Bell) -> None:
        self.engine = for_transactions(url)
        self.bell = bell
        self._reading = self.engine.execution_options(reading=True)
        self._single = SingleInserts(for_single_statements(url, RECEIPT_PATIENCE))

    @contextmanager
    def transaction(self, *, patience: float = PATIENCE) -> Iterator[Session]:
        """Open a transaction, commit it at the end, then ring what was asked for with `ring_after_commit`.

        Raises Unavailable when the database cannot be reached or is locked beyond `patience`.
        """
        with _translating(), Session(self.engine, expire_on_commit=False) as session:
            session.info["connection"] = session.connection(execution_options={"patience": patience})
            session.info["rings"] = set()
            yield session
            session.commit()
        for ring in session.info["rings"]:
            self.bell.ring(ring)

    def insert_once(self, table: Table, row: Mapping[str, Any], ring: Ring) -> bool:
        """Insert a row, commit, then ring; False, with nothing done, when a unique index knows it already.

        For the one path where a session costs more than the work. Raises Unavailable when the database cannot be
        reached or is locked beyond RECEIPT_PATIENCE.
        """
        with _translating():
            fresh = self._single.insert(table, row)
        if fresh:
            self.bell.ring(ring)
        return fresh

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session for reading; nothing done in it is kept. Raises Unavailable."""
        with _translating(), Session(self._reading, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()
        self._single.close()


def ring_after_commit(session: Session, ring: Ring) -> None:
    """Ask that `ring` is rung once this transaction is committed."""
    session.info["rings"].add(ring)


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except (OperationalError, PoolTimeout) as problem:
        raise Unavailable("database_unavailable", "The database cannot be reached. Please try again.") from problem
    except DBAPIError as problem:
        if problem.connection_invalidated:
            raise Unavailable("database_unavailable", "The database went away. Please try again.") from problem
        raise
