"""Single INSERTs handed to the database's own library as they are: one round trip, and committed when it returns.

For a webhook's receipt. A driver's cursor costs more than the statement it sends, a pool asks for locks, and either
hands the interpreter to other threads half a dozen times on the way. So a connection is taken from a stack without a
lock, and PostgreSQL's library is called itself, once.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine, Table
from sqlalchemy.exc import OperationalError

from bopis.direct import Line, PostgresqlLine, SqliteLine

_REST = 2.0
"""Seconds after which a connection is asked whether it still lives."""


class SingleInserts:
    """`engine` opens connections that commit every statement; it need not keep them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kind = PostgresqlLine if engine.dialect.name == "postgresql" else SqliteLine
        # The one used last comes first: its statements are prepared, its pages are read. As many as threads want one.
        self._idle: deque[tuple[float, Line]] = deque()

    def insert(self, table: Table, row: Mapping[str, Any]) -> bool:
        """Insert a row; a column that is not named is NULL. False when a unique index knows the row already.

        Raises SQLAlchemy's OperationalError, as a session would, and the driver's other errors.
        """
        dialect = self._engine.dialect
        try:
            line = self._living()
            try:
                return line.insert(table, row)
            finally:
                if line.is_open():
                    self._idle.append((time.monotonic(), line))
                else:
                    line.close()
                    self.close()  # the others went the same way
        except dialect.loaded_dbapi.OperationalError as problem:
            raise OperationalError(None, None, problem) from problem

    def close(self) -> None:
        """Give every connection back."""
        with suppress(IndexError):
            while True:
                self._idle.pop()[1].close()

    def _living(self) -> Line:
        with suppress(IndexError):
            while True:
                used, line = self._idle.pop()
                if time.monotonic() - used < _REST or line.answers():
                    return line
                line.close()
        return self._kind(self._engine.raw_connection(), self._engine.dialect)
