"""`column IN (these)` as a statement that stays the same however many there are: built once, planned once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, Boolean, ColumnElement, String, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _Texts(TypeDecorator[list[str]]):
    """Texts as one value: an array, or JSON where there are none."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(ARRAY(String) if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: Iterable[str] | None, dialect: Any) -> Any:
        texts = sorted(value or ())
        return texts if dialect.name == "postgresql" else json.dumps(texts)


class _Among(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()
    # A condition as it stands: `= 1` after it, as SQLite's truth values get, would keep every index out.
    _is_implicitly_boolean = True


def among(column: Any, name: str) -> ColumnElement[bool]:
    """Whether a column of texts holds one of those given under this name."""
    return _Among(column, bindparam(name, type_=_Texts()))


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: Any, **how: Any) -> str:
    column, these = (compiler.process(each, **how) for each in element.clauses)
    return f"{column} = ANY({these})"


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: Any, **how: Any) -> str:
    column, these = (compiler.process(each, **how) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({these}))"  # noqa: S608
