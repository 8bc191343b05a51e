"""Many changes at once: those that send the same statement go out together, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from bopis.db import Base
from bopis.prepared import Prepared, Write


def send_all(session: Session, writes: Iterable[Write]) -> None:
    """Carry out changes, each kind of statement where it first comes; two of a kind stay in their order."""
    alike: dict[Prepared, list[Write]] = {}
    for write in writes:
        alike.setdefault(write.statement, []).append(write)
    for statement, several in alike.items():
        statement.run_all(session, [write.values for write in several])


def row(of: Base) -> Write:
    """An object that no session knows, and none will know, as a row to insert."""
    statement, empty = _insert_into(type(of).__table__)  # type: ignore[arg-type]
    said = of.__dict__
    return Write(statement, {name: said[name] if said.get(name) is not None else empty[name] for name in empty})


@lru_cache(maxsize=64)
def _insert_into(table: Table) -> tuple[Prepared, dict[str, Any]]:
    """The statement, and what each column holds where nothing was said."""
    columns: Any = table.columns
    return Prepared(insert(table)), {column.key: column.default and column.default.arg for column in columns}
