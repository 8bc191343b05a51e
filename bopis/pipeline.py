"""A PostgreSQL connection on which statements travel together: several in one round trip, each planned once.

Besides the driver's cursors it has a way of its own, past them, straight to PostgreSQL's library. Whatever goes either
way goes out in the order in which it was asked for.
"""

from __future__ import annotations

import select
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from psycopg import Connection, Cursor, Error, OperationalError, errors, pq
from psycopg.adapt import PyFormat, Transformer

Rows = list[tuple[Any, ...]]
_KEPT = 200
"""Statements that stay prepared; the one that was not asked for the longest is forgotten first."""
_FINE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.PIPELINE_SYNC)
_IDLE = pq.TransactionStatus.IDLE
_Key = tuple[str, tuple[int, ...]]


class Asked(NamedTuple):
    """A statement with its values numbered `$1`, as they are sent; one without types is not worth a plan."""

    sql: str
    types: tuple[int, ...] | None = None
    values: Sequence[Any] = ()
    formats: Sequence[pq.Format] = ()


_BEGIN, _COMMIT, _ROLLBACK = Asked("BEGIN"), Asked("COMMIT"), Asked("ROLLBACK")


class _KeepsPlans(Cursor[Any]):
    """The driver forgets all plans with a savepoint, lest tables were made anew since, which nobody does here."""

    def execute(self, query: Any, *of: Any, **how: Any) -> Any:
        if not str(query).startswith("ROLLBACK"):
            return super().execute(query, *of, **how)
        usual, self.connection.prepare_threshold = self.connection.prepare_threshold, None
        try:
            return super().execute(query, *of, **how)
        finally:
            self.connection.prepare_threshold = usual


class PipelinedConnection(Connection[Any]):
    """For one thread at a time, and never in psycopg's own pipeline mode."""

    def __init__(self, *of: Any) -> None:
        super().__init__(*of)
        self.cursor_factory = _KeepsPlans
        self._under_way: list[_Key | None] = []  # for each command sent and not answered yet, what it prepares
        self._names: OrderedDict[_Key, bytes] = OrderedDict()
        self._named = 0
        self._adapts: Transformer | None = None
        self._readable, self._either = select.poll(), select.poll()
        self._readable.register(self.pgconn.socket, select.POLLIN)
        self._either.register(self.pgconn.socket, select.POLLIN | select.POLLOUT)

    def put_off(self, sql: str, values: Sequence[Any]) -> None:
        """Send this and go on: its answer is heard with the next, at the latest with the commit; so are its errors."""
        asked = self._asked(sql, values)
        try:
            self._say(asked)
            self.pgconn.flush()
        except BaseException:
            self.pgconn.finish()
            raise

    def ask(self, sql: str, values: Sequence[Any]) -> Rows:
        """Send this and return what it selects. Raises the driver's errors, also those of what was put off."""
        result = self._exchange(self._asked(sql, values))
        if result.status != pq.ExecStatus.TUPLES_OK:
            return []
        adapts = self._adapter()
        adapts.set_pgresult(result)
        return adapts.load_rows(0, result.ntuples, tuple)

    def cursor(self, *of: Any, **how: Any) -> Any:
        """The driver's cursor, once what was put off is answered."""
        if self._under_way:
            self._exchange()
        return super().cursor(*of, **how)

    def commit(self) -> None:
        """Commit, if everything that was put off went well."""
        if self._under_way or self.pgconn.transaction_status != _IDLE:
            self._exchange(_COMMIT)

    def rollback(self) -> None:
        """Undo everything. What is prepared stays so, as after a savepoint."""
        if self._under_way:
            with suppress(Error):
                self._exchange()
        if self.pgconn.transaction_status != _IDLE:
            self._exchange(_ROLLBACK)

    def _exchange(self, *last: Asked) -> pq.abc.PGresult:
        """Send these too and hear all answers, return the last; after a refusal nothing is carried out."""
        try:
            for asked in last:
                self._say(asked)
            self.pgconn.pipeline_sync()
            self._flush()
            preparing, self._under_way = self._under_way, []
            results = [self._answer() for _ in preparing]
            self._next()  # the end of them
            self.pgconn.exit_pipeline_mode()
        except BaseException:
            self.pgconn.finish()  # nobody knows what it is in the middle of
            raise
        self._check(results, preparing)
        return results[-1]

    def _say(self, asked: Asked) -> None:
        """Put a statement into the pipeline, which begins with a transaction where there is none."""
        if not self._under_way:
            idle = self.pgconn.transaction_status == _IDLE
            self.pgconn.enter_pipeline_mode()
            if idle and not self.autocommit:
                self._send(_BEGIN)
        self._send(asked)

    def _asked(self, sql: str, values: Sequence[Any]) -> Asked:
        adapts = self._adapter()
        written = adapts.dump_sequence(values, [PyFormat.AUTO] * len(values))
        return Asked(sql, tuple(adapts.types or ()), written, adapts.formats or ())

    def _send(self, asked: Asked) -> None:
        if asked.types is None:
            self.pgconn.send_query_params(asked.sql.encode(), None)
        else:
            self.pgconn.send_query_prepared(self._prepared_as((asked.sql, asked.types)), asked.values, asked.formats)
        self._under_way.append(None)

    def _prepared_as(self, key: _Key) -> bytes:
        if key in self._names:
            self._names.move_to_end(key)
            return self._names[key]
        if len(self._names) >= _KEPT:
            _, eldest = self._names.popitem(last=False)
            self.pgconn.send_query_params(b"DEALLOCATE " + eldest, None)
            self._under_way.append(None)
        self._named += 1
        name = self._names[key] = b"ours_%d" % self._named
        self.pgconn.send_prepare(name, key[0].encode(), key[1])
        self._under_way.append(key)
        return name

    def _flush(self) -> None:
        while self.pgconn.flush():
            if any(events & select.POLLIN for _, events in self._either.poll()):
                self.pgconn.consume_input()

    def _answer(self) -> pq.abc.PGresult:
        result = self._next()
        if result is None:
            raise OperationalError("the connection was lost")
        self._next()  # there is nothing more to this command
        return result

    def _next(self) -> pq.abc.PGresult | None:
        while self.pgconn.is_busy():
            self._readable.poll()
            self.pgconn.consume_input()
        return self.pgconn.get_result()

    def _check(self, results: Sequence[pq.abc.PGresult], preparing: Sequence[_Key | None]) -> None:
        """Raise the first error, and forget what could not be prepared."""
        problem: Exception | None = None
        for result, key in zip(results, preparing, strict=True):
            if result.status in _FINE:
                continue
            if key is not None:
                self._names.pop(key, None)
            problem = problem or errors.error_from_result(result)
        if isinstance(problem, errors.InvalidSqlStatementName):
            self._names.clear()  # someone between us and the database has forgotten them
        if problem is not None:
            raise problem

    def _adapter(self) -> Transformer:
        # Not before it is needed: whoever opens a connection says afterwards how values are to be adapted.
        if self._adapts is None:
            self._adapts = Transformer(self)
        return self._adapts
