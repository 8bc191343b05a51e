"""Many changes at once: on PostgreSQL one statement, however many rows of however many tables.

The rows of a kind travel as one JSON text, which the database takes apart again. Elsewhere (SQLite has no round trips)
each is sent by itself.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import JSON, ColumnElement, String, Table, bindparam, cast, column, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bopis.prepared import Prepared, Values, Write, send


class Insert(Prepared):
    """Rows of a table, given these columns each time (all of them, if none is named) and `always` what it says."""

    def __init__(self, table: Table, *columns: str, or_nothing: bool = False, **always: ColumnElement[Any]) -> None:
        columns = columns or tuple(table.columns.keys())
        given = _given(table, {name: name for name in columns})
        rows = select(*(given.c[name] for name in columns), *always.values())
        many = postgresql.insert(table).from_select([*columns, *always], rows, include_defaults=False)
        one: Any = insert(table).values(always)
        if or_nothing:
            one = {
                name: dialect.insert(table).values(always).on_conflict_do_nothing()
                for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
            }
            many = many.on_conflict_do_nothing()
        super().__init__(one, *columns)
        self.many = Prepared(many)


class Update(Prepared):
    """These columns of the rows whose id is given as `of`."""

    def __init__(self, table: Table, *columns: str) -> None:
        given = _given(table, {"of": "id"} | {name: name for name in columns})
        change = update(table)
        one = change.where(table.c.id == bindparam("of")).values({name: bindparam(name) for name in columns})
        super().__init__(one)
        self.many = Prepared(change.where(table.c.id == given.c.of).values({name: given.c[name] for name in columns}))


def send_all(session: Session, writes: Iterable[Write]) -> None:
    """Carry out changes of which none reads what another writes, each kind of statement where it first comes."""
    alike: dict[Insert | Update, list[Values]] = {}
    for statement, values in writes:
        assert isinstance(statement, Insert | Update)
        alike.setdefault(statement, []).append(values)
    if session.connection().dialect.name == "postgresql":
        send(session, *(Write(statement.many, {"rows": _written(rows)}) for statement, rows in alike.items()))
    else:
        for statement, rows in alike.items():
            statement.run_all(session, rows)


def _given(table: Table, columns: dict[str, str]) -> Any:
    """The rows given as one text: what each of their columns is called, and of which of the table's it has the type."""
    rows = func.json_to_recordset(cast(bindparam("rows", type_=String()), JSON()))
    typed = (column(name, table.c[like].type) for name, like in columns.items())
    return rows.table_valued(*typed, name="given").render_derived(with_types=True)


def _written(rows: Sequence[Values]) -> str:
    return _ENCODER.encode(rows)


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.isoformat()
    raise ValueError(f"no column takes {type(value).__name__} without a zone or a form")


_ENCODER = json.JSONEncoder(separators=(",", ":"), default=_plain)
