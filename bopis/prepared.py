"""Statements made ready once and handed to the driver as they are, for the few that every order needs.

SQLAlchemy's own execution costs twice what the driver does, and each statement is a round trip. Whoever sends one of
these still gets its errors and events: only compiling, caching and the mapper are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, CursorResult, Dialect, Executable, literal_column
from sqlalchemy.orm import Session

Values = Mapping[str, Any]
Into = TypeVar("Into")


class _Form(NamedTuple):
    """One statement for one kind of database: a value's name, how the driver takes it, and what it is if not given.

    `results`: how what the driver has becomes what our columns hold.
    """

    sql: str
    parameters: tuple[tuple[str, Callable[[Any], Any] | None, Any], ...]
    results: tuple[Callable[[Any], Any] | None, ...]

    @classmethod
    def of(cls, statement: Executable, columns: tuple[str, ...], dialect: Dialect) -> _Form:
        compiled: Any = statement.compile(dialect=dialect, column_keys=columns or None)  # type: ignore[attr-defined]
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        makers = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
        otherwise = {name: None if bind.required else bind.effective_value for name, bind in binds.items()}
        names = compiled.positiontup if compiled.positional else list(binds)
        parameters = tuple((name, makers[name], otherwise[name]) for name in names)
        told = getattr(statement, "exported_columns", ())
        results = tuple(column.type.dialect_impl(dialect).result_processor(dialect, None) for column in told)
        return cls(compiled.string, parameters, results)

    def named(self, values: Values, prefix: str = "") -> dict[str, Any]:
        return {prefix + name: value for (name, _, _), value in zip(self.parameters, self.listed(values), strict=True)}

    def listed(self, values: Values) -> tuple[Any, ...]:
        return tuple(
            make(values.get(name, otherwise)) if make else values.get(name, otherwise)
            for name, make, otherwise in self.parameters
        )


class Prepared:
    """A statement, or one for each kind of database by its name. What it selects comes as the driver has it.

    `columns` are those an INSERT is given each time, besides what it says itself.
    """

    def __init__(self, statement: Executable | Mapping[str, Executable], *columns: str) -> None:
        self._statement, self._columns = statement, columns
        self._forms: dict[str, _Form] = {}

    def run(self, session: Session, **values: Any) -> CursorResult[Any]:
        """Send it; a value that is not given is NULL."""
        connection = session.connection()
        form = self.form(connection.dialect)
        given = form.listed(values) if connection.dialect.positional else form.named(values)
        return connection.exec_driver_sql(form.sql, given)

    def read(self, session: Session, into: Callable[..., Into], **values: Any) -> list[Into]:
        """Send it and make each row it selects, as our columns hold it, `into` something."""
        rows = self.run(session, **values).all()
        makers = self.form(session.connection().dialect).results
        return [
            into(*[make(value) if make else value for make, value in zip(makers, row, strict=True)]) for row in rows
        ]

    def run_all(self, session: Session, several: Sequence[Values]) -> None:
        """Send it once for each of these, which takes PostgreSQL one round trip."""
        connection = session.connection()
        form = self.form(connection.dialect)
        given: Any = form.listed if connection.dialect.positional else form.named
        connection.exec_driver_sql(form.sql, [given(values) for values in several])

    def form(self, dialect: Dialect) -> _Form:
        """How this kind of database takes it."""
        if dialect.name not in self._forms:
            of = self._statement[dialect.name] if isinstance(self._statement, Mapping) else self._statement
            self._forms[dialect.name] = _Form.of(of, self._columns, dialect)
        return self._forms[dialect.name]


def word(text: str) -> ColumnElement[str]:
    """A constant as part of a statement's own text: a parameter costs more, and no partial index understands it."""
    return literal_column(f"'{text}'")


class Write(NamedTuple):
    """A change that is decided and waits to be sent."""

    statement: Prepared
    values: Values


def send(session: Session, *writes: Write) -> None:
    """Carry out changes of which none reads what another writes: PostgreSQL takes them all in one round trip."""
    connection = session.connection()
    if connection.dialect.name == "postgresql" and len(writes) > 1:
        _send_as_one(connection, writes)
    else:
        for statement, values in writes:
            statement.run(session, **values)


def _send_as_one(connection: Connection, writes: tuple[Write, ...]) -> None:
    key = tuple(statement for statement, _ in writes)
    if key not in _joined:
        parts = enumerate(statement.form(connection.dialect).sql for statement in key)
        *before, last = [sql.replace("%(", f"%(w{number}_") for number, sql in parts]
        _joined[key] = f"WITH {', '.join(f'w{number} AS ({sql})' for number, sql in enumerate(before))} {last}"
    given: dict[str, Any] = {}
    for number, (statement, values) in enumerate(writes):
        given |= statement.form(connection.dialect).named(values, f"w{number}_")
    connection.exec_driver_sql(_joined[key], given)


_joined: dict[tuple[Prepared, ...], str] = {}
