"""What every test would work out again to the same end, kept for all tests of a process: half of a short test's time.

An application is made for each test, with engines, routes and templates of its own, as it should be. But how a
statement is written in SQL, how a route is matched and built, what a template compiles to and what the API's document
says depends on their own text alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from bopis import migrations
from bopis.web import api_v1

_STATEMENTS: LRUCache[Any, Any] = LRUCache(3000)


def remember() -> None:
    """From now on what depends on its text alone is worked out once in this process."""
    migrations.newest = functools.cache(migrations.newest)
    api_v1.document = _documents(api_v1.document)
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Templates()}
    Flask.url_rule_class = _Route
    for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
        # The caches of statements, an engine's and a mapper's, ask whether it is the same dialect.
        dialect.__eq__ = _same_kind  # type: ignore[method-assign,assignment]
        dialect.__hash__ = _kind  # type: ignore[method-assign]
    Engine.__init__ = _with_statements(Engine.__init__)  # type: ignore[method-assign]


def _kind(dialect: object) -> int:
    return hash(type(dialect))


def _same_kind(dialect: object, other: object) -> bool:
    return type(dialect) is type(other)


def _with_statements(make: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(make)
    def made(engine: Engine, *parts: Any, **options: Any) -> None:
        make(engine, *parts, **options)
        engine._compiled_cache = _STATEMENTS

    return made


def _documents(write: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    written: dict[Any, dict[str, Any]] = {}

    @functools.wraps(write)
    def document(operations: Iterable[Any], public_url: str) -> dict[str, Any]:
        described = tuple(operations)
        key = (public_url, *((each.method, each.path) for each in described))
        if key not in written:
            written[key] = write(described, public_url)
        return written[key]

    return document


class _Templates(BytecodeCache):
    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


class _Route(Rule):
    _compiled: dict[Any, dict[str, Any]] = {}  # noqa: RUF012 - one for all routes, on purpose

    def compile(self) -> None:
        assert self.map is not None
        if self.defaults or self.map.host_matching or self.map.converters != self.map.default_converters:
            super().compile()
            return
        key = (self.rule, self.subdomain, self.merge_slashes)
        if key not in self._compiled:
            super().compile()
            found = {name: vars(self)[name] for name in ("_parts", "_trace", "_converters")}
            builders = {name: vars(self)[name].__func__ for name in ("_build", "_build_unknown")}
            self._compiled[key] = found | builders
        for name, value in self._compiled[key].items():
            setattr(self, name, value.__get__(self) if name.startswith("_build") else value)
