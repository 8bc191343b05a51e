"""Single INSERTs handed to the database driver as they are: one round trip, and committed when it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Engine, Table
from sqlalchemy.exc import OperationalError

_MARKS = {"qmark": "?", "pyformat": "%s"}


@dataclass(frozen=True)
class _Statement:
    """A table's INSERT, and for each of its columns how a value is made what the driver takes."""

    sql: str
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]

    @classmethod
    def of(cls, table: Table, dialect: Dialect) -> _Statement:
        names = [column.name for column in table.columns]
        marks = [_MARKS[dialect.paramstyle]] * len(names)
        makers = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns]
        # No target is named, so whichever unique index knows the row, it is known.
        into = f"INSERT INTO {table.name} ({', '.join(names)})"
        sql = f"{into} VALUES ({', '.join(marks)}) ON CONFLICT DO NOTHING"
        return cls(sql, tuple(zip(names, makers, strict=True)))

    def values(self, row: Mapping[str, Any]) -> list[Any]:
        return [make(row.get(name)) if make else row.get(name) for name, make in self.columns]


class SingleInserts:
    """`engine` must commit every statement."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._statements: dict[str, _Statement] = {}

    def insert(self, table: Table, row: Mapping[str, Any]) -> bool:
        """Insert a row; a column that is not named is NULL. False when a unique index knows the row already.

        Raises SQLAlchemy's OperationalError and TimeoutError, as a session would, and the driver's other errors.
        """
        dialect = self._engine.dialect
        driver_says_down = dialect.loaded_dbapi.OperationalError
        try:
            with closing(self._engine.raw_connection()) as pooled:
                connection: Any = pooled.driver_connection
                statement = self._statement(table)
                try:
                    return bool(connection.execute(statement.sql, statement.values(row)).rowcount)
                except driver_says_down as problem:
                    if dialect.is_disconnect(problem, connection, None):
                        self._engine.dispose()  # the others of the pool went the same way
                    raise
        except driver_says_down as problem:
            raise OperationalError(None, None, problem) from problem

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    def _statement(self, table: Table) -> _Statement:
        # Not before the first connection: a dialect learns from it how values are written.
        if table.name not in self._statements:
            self._statements[table.name] = _Statement.of(table, self._engine.dialect)
        return self._statements[table.name]
