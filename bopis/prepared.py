"""Statements made ready once and handed to the driver as they are, for the few that every order needs.

SQLAlchemy's own execution costs more than the driver's, and each statement is a round trip. To PostgreSQL these go past
it; whoever sends one still gets its errors, and while somebody listens to the engine's statements they take its way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import psycopg
from sqlalchemy import ColumnElement, Connection, Dialect, Executable, literal_column
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bopis.pipeline import PipelinedConnection

Values = Mapping[str, Any]
Rows = list[tuple[Any, ...]]
Into = TypeVar("Into")
_NAMED = re.compile(r"%\((\w+)\)s")


class _Text(NamedTuple):
    """What a statement says: with its values named (or `?`), as SQLAlchemy sends it, and numbered for PostgreSQL."""

    sql: str
    names: tuple[str, ...]
    numbered: str
    selects: bool

    @classmethod
    def of(cls, sql: str, names: tuple[str, ...], *, selects: bool) -> _Text:
        numbers = {name: number for number, name in enumerate(names, 1)}
        numbered = _NAMED.sub(lambda found: f"${numbers[found[1]]}", sql).replace("%%", "%")
        return cls(sql, names, numbered, selects)


class _Form(NamedTuple):
    """One statement for one kind of database: a value's name, how the driver takes it, and what it is if not given.

    `results`: how what the driver has becomes what our columns hold.
    """

    text: _Text
    parameters: tuple[tuple[str, Callable[[Any], Any] | None, Any], ...]
    results: tuple[Callable[[Any], Any] | None, ...]

    @classmethod
    def of(cls, statement: Executable, columns: tuple[str, ...], dialect: Dialect) -> _Form:
        compiled: Any = statement.compile(dialect=dialect, column_keys=columns or None)  # type: ignore[attr-defined]
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        makers = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
        otherwise = {name: None if bind.required else bind.effective_value for name, bind in binds.items()}
        names = tuple(compiled.positiontup if compiled.positional else binds)
        parameters = tuple((name, makers[name], otherwise[name]) for name in names)
        told = tuple(getattr(statement, "exported_columns", ()))
        results = tuple(column.type.dialect_impl(dialect).result_processor(dialect, None) for column in told)
        return cls(_Text.of(compiled.string, names, selects=bool(told)), parameters, results)

    def listed(self, values: Values) -> list[Any]:
        return [
            make(values.get(name, otherwise)) if make else values.get(name, otherwise)
            for name, make, otherwise in self.parameters
        ]


class Prepared:
    """A statement, or one for each kind of database by its name. What it selects comes as the driver has it.

    `columns` are those an INSERT is given each time, besides what it says itself.
    """

    def __init__(self, statement: Executable | Mapping[str, Executable], *columns: str) -> None:
        self._statement, self._columns = statement, columns
        self._forms: dict[str, _Form] = {}

    def run(self, session: Session, **values: Any) -> Rows:
        """Send it, and return what it selects; a value that is not given is NULL."""
        connection = _connection(session)
        form = self.form(connection.dialect)
        return _run(connection, form.text, form.listed(values))

    def put_off(self, session: Session, **values: Any) -> None:
        """Send it and go on without its answer: a refusal comes with what is sent next, or with the commit."""
        connection = _connection(session)
        form = self.form(connection.dialect)
        _put_off(connection, form.text, form.listed(values))

    def read(self, session: Session, into: Callable[..., Into], **values: Any) -> list[Into]:
        """Send it and make each row it selects, as our columns hold it, `into` something."""
        rows = self.run(session, **values)
        makers = self.form(_connection(session).dialect).results
        return [
            into(*[make(value) if make else value for make, value in zip(makers, row, strict=True)]) for row in rows
        ]

    def run_all(self, session: Session, several: Sequence[Values]) -> None:
        """Send it once for each of these, which takes PostgreSQL one round trip."""
        connection = _connection(session)
        form = self.form(connection.dialect)
        connection.exec_driver_sql(
            form.text.sql, [_given(connection, form.text, form.listed(values)) for values in several]
        )

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
    _write(session, writes, _run)


def send_later(session: Session, *writes: Write) -> None:
    """`send`, and go on meanwhile: a refusal comes with the next statement, or with the commit."""
    _write(session, writes, _put_off)


def _write(session: Session, writes: tuple[Write, ...], way: Callable[[Connection, _Text, list[Any]], Any]) -> None:
    connection = _connection(session)
    forms = [statement.form(connection.dialect) for statement, _ in writes]
    listed = [form.listed(values) for form, (_, values) in zip(forms, writes, strict=True)]
    if connection.dialect.name == "postgresql" and len(writes) > 1:
        joined = _as_one(tuple(statement for statement, _ in writes), forms)
        way(connection, joined, [value for values in listed for value in values])
    else:
        for form, values in zip(forms, listed, strict=True):
            way(connection, form.text, values)


def _as_one(key: tuple[Prepared, ...], forms: Sequence[_Form]) -> _Text:
    if key not in _joined:
        *before, last = [form.text.sql.replace("%(", f"%(w{number}_") for number, form in enumerate(forms)]
        sql = f"WITH {', '.join(f'w{number} AS ({part})' for number, part in enumerate(before))} {last}"
        names = tuple(f"w{number}_{name}" for number, form in enumerate(forms) for name in form.text.names)
        _joined[key] = _Text.of(sql, names, selects=False)
    return _joined[key]


_joined: dict[tuple[Prepared, ...], _Text] = {}


def _connection(session: Session) -> Connection:
    """The session's own: asking for it is dear, and needed only for a savepoint, which is not made before that."""
    known: Connection | None = session.info.get("connection")
    if known is None or known.closed or session.in_nested_transaction():
        return session.connection()
    return known


def _run(connection: Connection, text: _Text, values: list[Any]) -> Rows:
    direct = _past(connection)
    if direct is None:
        result = connection.exec_driver_sql(text.sql, _given(connection, text, values))
        return [tuple(row) for row in result] if text.selects else []
    try:
        return direct.ask(text.numbered, values)
    except psycopg.Error as problem:
        raise _as_sqlalchemy(connection, problem, text.numbered) from problem


def _put_off(connection: Connection, text: _Text, values: list[Any]) -> None:
    direct = _past(connection)
    if direct is not None:
        direct.put_off(text.numbered, values)
    else:
        _run(connection, text, values)


def _past(connection: Connection) -> PipelinedConnection | None:
    if connection.engine.dispatch.before_cursor_execute:
        return None
    direct = connection.connection.driver_connection
    return direct if isinstance(direct, PipelinedConnection) else None


def _given(connection: Connection, text: _Text, values: list[Any]) -> Any:
    return tuple(values) if connection.dialect.positional else dict(zip(text.names, values, strict=True))


def _as_sqlalchemy(connection: Connection, problem: psycopg.Error, sql: str) -> BaseException:
    lost = bool(connection.connection.closed)
    if lost:
        connection.invalidate(problem)
    return DBAPIError.instance(
        sql,
        None,  # values are nobody's business
        problem,
        psycopg.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=connection.dialect,
    )
