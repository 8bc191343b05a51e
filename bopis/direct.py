"""Connections on which one row is inserted without the driver's cursor: PostgreSQL's by its own library."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from psycopg import DatabaseError, OperationalError, errors, pq
from sqlalchemy import Column, Dialect, PoolProxiedConnection, Table

_Make = Callable[[Any], Any]
_WRITTEN: dict[type, tuple[pq.Format, _Make | None]] = {
    str: (pq.Format.BINARY, str.encode),  # as text it would end at its first NUL, unnoticed
    bytes: (pq.Format.BINARY, None),
    int: (pq.Format.TEXT, lambda number: b"%d" % number),
    bool: (pq.Format.TEXT, lambda yes: b"t" if yes else b"f"),
    object: (pq.Format.TEXT, lambda value: json.dumps(value).encode()),  # JSON
    dt.datetime: (pq.Format.TEXT, lambda at: at.isoformat().encode()),
}
"""How PostgreSQL's library takes what a column holds, by its type in Python."""
_DONE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY)


class Line(Protocol):
    """One connection, for one thread at a time."""

    def insert(self, table: Table, row: Mapping[str, Any]) -> bool:
        """Insert and commit; False when a unique index knows the row. Raises the driver's errors."""

    def is_open(self) -> bool:
        """Whether it may be used again."""

    def answers(self) -> bool:
        """Whether the database is still there."""

    def close(self) -> None:
        """Give it back."""


class SqliteLine:
    """A connection of `sqlite3`, whose own statement cache does the rest."""

    def __init__(self, pooled: PoolProxiedConnection, dialect: Dialect) -> None:
        self._pooled, self._dialect = pooled, dialect
        self._connection: Any = pooled.driver_connection

    def insert(self, table: Table, row: Mapping[str, Any]) -> bool:
        statement = _statement(table, self._dialect)
        return bool(self._connection.execute(statement.sql, statement.values(row)).rowcount)

    def is_open(self) -> bool:
        return True

    def answers(self) -> bool:
        return True

    def close(self) -> None:
        self._pooled.close()


class PostgresqlLine:
    """A connection of psycopg, of which its libpq connection alone is used."""

    def __init__(self, pooled: PoolProxiedConnection, dialect: Dialect) -> None:
        self._pooled, self._dialect = pooled, dialect
        connection: Any = pooled.driver_connection
        self._libpq: pq.abc.PGconn = connection.pgconn
        self._prepared: set[bytes] = set()
        self._lost = False

    def insert(self, table: Table, row: Mapping[str, Any]) -> bool:
        statement = _statement(table, self._dialect)
        if statement.name not in self._prepared:
            self._done(self._libpq.prepare(statement.name, statement.sql.encode()))
            self._prepared.add(statement.name)
        values = statement.values(row)
        return bool(self._done(self._libpq.exec_prepared(statement.name, values, statement.formats)).command_tuples)

    def is_open(self) -> bool:
        return not self._lost and self._libpq.status == pq.ConnStatus.OK

    def answers(self) -> bool:
        self._lost = self._libpq.exec_(b"").status not in _DONE
        return not self._lost

    def close(self) -> None:
        if self.is_open():
            self._pooled.close()
        else:
            self._pooled.invalidate()  # there is nothing left to roll back on

    def _done(self, result: pq.abc.PGresult) -> pq.abc.PGresult:
        if result.status in _DONE:
            return result
        message = result.get_error_message()
        state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
        if not state or not self.is_open():  # no server said it: the library noticed that there is none
            self._lost = True
            raise OperationalError(message)
        try:
            raise errors.lookup(state)(message)
        except KeyError:
            raise DatabaseError(message) from None


class _Statement(NamedTuple):
    """A table's INSERT, and for each of its columns how a value is made what the driver takes."""

    name: bytes
    sql: str
    columns: tuple[tuple[str, _Make | None], ...]
    formats: tuple[int, ...]

    def values(self, row: Mapping[str, Any]) -> list[Any]:
        found = []
        for name, make in self.columns:
            value = row.get(name)
            found.append(value if make is None or value is None else make(value))
        return found


@lru_cache
def _statement(table: Table, dialect: Dialect) -> _Statement:
    names = [column.name for column in table.columns]
    is_libpq = dialect.name == "postgresql"
    marks = [f"${number}" if is_libpq else "?" for number, _ in enumerate(names, 1)]
    written = [_WRITTEN[_kind(column)] if is_libpq else (pq.Format.TEXT, None) for column in table.columns]
    makers = [_made(column, dialect, last) for column, (_, last) in zip(table.columns, written, strict=True)]
    into = f"INSERT INTO {table.name} ({', '.join(names)})"
    return _Statement(
        name=f"insert_{table.name}".encode(),
        # No target is named, so whichever unique index knows the row, it is known.
        sql=f"{into} VALUES ({', '.join(marks)}) ON CONFLICT DO NOTHING",
        columns=tuple(zip(names, makers, strict=True)),
        formats=tuple(form for form, _ in written),
    )


def _kind(column: Column[Any]) -> type:
    return getattr(column.type, "impl_instance", column.type).python_type


def _made(column: Column[Any], dialect: Dialect, last: _Make | None) -> _Make | None:
    """What SQLAlchemy makes of a value, and of that what the library takes; None where it may stay as it is."""
    first = column.type.dialect_impl(dialect).bind_processor(dialect)
    if dialect.name == "postgresql" and _kind(column) in (bytes, object):
        first = None  # it would wrap them for the cursor
    if first is None or last is None:
        return first or last
    return lambda value: last(first(value))
