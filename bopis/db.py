"""The database: base class, column types, engine, and the only committer.

PostgreSQL in production, SQLite in WAL as the embedded default; every statement above this file runs on both.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import JSON, DateTime, Engine, MetaData, String, TypeDecorator, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from bopis.bell import Bell, Ring
from bopis.errors import Unavailable


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware instant, stored in UTC on both databases. A naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time was given to the database")
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
_PATIENCE = 10.0


class Database:
    """One database and the bell that is rung after each commit."""

    def __init__(self, url: str, bell: Bell) -> None:
        self.engine = _engine(url)
        self.bell = bell
        self._reading = self.engine.execution_options(reading=True)

    @contextmanager
    def transaction(self, *, patience: float = _PATIENCE) -> Iterator[Session]:
        """Open a transaction, commit it at the end, then ring what was asked for with `ring_after_commit`.

        The only committer. Raises Unavailable when the database cannot be reached or is locked beyond `patience`.
        """
        with _translating(), Session(self.engine, expire_on_commit=False) as session:
            session.connection(execution_options={"patience": patience})
            session.info["rings"] = set()
            yield session
            session.commit()
        for ring in session.info["rings"]:
            self.bell.ring(ring)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session for reading; nothing done in it is kept. Raises Unavailable."""
        with _translating(), Session(self._reading, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


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


def _engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        engine = create_engine(url, pool_size=20, max_overflow=20, pool_timeout=2)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(url, pool_size=10, max_overflow=30, pool_timeout=2, connect_args={"connect_timeout": 2})
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _ping_after_rest(engine))
    return engine


_REST = 2.0
"""Seconds after which a pooled connection is asked whether it still lives. Asking each time costs two round trips."""


def _note_use(connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _ping_after_rest(engine: Engine) -> Callable[[Any, Any, Any], None]:
    def ping_after_rest(connection: Any, record: Any, fairy: Any) -> None:
        if time.monotonic() - record.info.get("used", 0.0) < _REST:
            return
        try:
            alive = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as problem:
            raise DisconnectionError from problem
        if not alive:
            raise DisconnectionError

    return ping_after_rest


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # or the driver would begin transactions on its own, and too late
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    options = connection.get_execution_options()
    patience = options.get("patience", _PATIENCE)
    connection.exec_driver_sql(f"PRAGMA busy_timeout={int(patience * 1000)}")
    # Writers take the lock at once: a reader that becomes a writer later would fail instead of waiting.
    connection.exec_driver_sql("BEGIN" if options.get("reading") else "BEGIN IMMEDIATE")
