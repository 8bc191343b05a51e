"""How the database is reached: each connection set up once, and dead ones told from living ones.

One pool carries transactions. Single statements that are a transaction each have connections of their own, which commit
every statement and never have to be switched back and forth.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, event
from sqlalchemy.exc import DisconnectionError

from bopis.pipeline import PipelinedConnection

PATIENCE = 10.0
"""Seconds a transaction waits for SQLite's write lock unless told otherwise."""
_REST = 2.0
"""Seconds after which a pooled connection is asked whether it still lives. Asking each time costs two round trips."""


def for_transactions(url: str) -> Engine:
    """Connections on which each use is a transaction; `reading` and `patience` are execution options of theirs."""
    # The connection used last is used first: its statements are prepared, its pages are read.
    options: dict[str, Any] = {"pool_timeout": 2, "pool_use_lifo": True}
    if url.startswith("sqlite"):
        engine = create_engine(url, pool_size=20, max_overflow=20, **options)
        event.listen(engine, "connect", _prepare_sqlite(PATIENCE))
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(url, pool_size=10, max_overflow=30, connect_args={"connect_timeout": 2}, **options)
    event.listen(engine, "do_connect", _connect_pipelined)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _ping_after_rest(engine))
    return engine


def for_single_statements(url: str, patience: float) -> Engine:
    """Connections that commit every statement and wait at most `patience` seconds for SQLite's write lock.

    They are kept by whoever asks for them (`bopis.single`).
    """
    options: dict[str, Any] = {"poolclass": NullPool, "isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"check_same_thread": False}, **options)
        event.listen(engine, "connect", _prepare_sqlite(patience))
        return engine
    return create_engine(url, connect_args={"connect_timeout": 2, "client_encoding": "utf8"}, **options)


def _connect_pipelined(dialect: Any, record: Any, positional: Any, named: Any) -> PipelinedConnection:
    return PipelinedConnection.connect(*positional, **named)


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


def _prepare_sqlite(patience: float) -> Callable[[Any, Any], None]:
    def prepare_sqlite(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # or the driver would begin transactions on its own, and too late
        record.info["patience"] = patience
        milliseconds = int(patience * 1000)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={milliseconds}"):
            connection.execute(f"PRAGMA {pragma}")

    return prepare_sqlite


def _begin_sqlite(connection: Any) -> None:
    options = connection.get_execution_options()
    patience = options.get("patience", PATIENCE)
    if connection.info["patience"] != patience:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={int(patience * 1000)}")
        connection.info["patience"] = patience
    # Writers take the lock at once: a reader that becomes a writer later would fail instead of waiting.
    connection.exec_driver_sql("BEGIN" if options.get("reading") else "BEGIN IMMEDIATE")
