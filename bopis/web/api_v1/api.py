"""From a request to an answer: who asks, may they, how often, is it written as it must be; then the view, then JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, json, request, url_for
from sqlalchemy.orm import Session

from bopis import clock
from bopis.access import deeds
from bopis.access.models import ApiKey
from bopis.db import Database
from bopis.errors import BopisError, NotFound
from bopis.web.api_v1 import guard
from bopis.web.api_v1.fields import Asked, is_id
from bopis.web.api_v1.limits import Lid
from bopis.web.api_v1.operations import Call, Operation, Page
from bopis.web.api_v1.reading import body, cursor_of, query
from bopis.web.problems import Misplaced

View = Callable[[Session, Call], Any]
_LONGEST_KEY = 255


class Api:
    """The operations of one blueprint, in the order they are shown in."""

    def __init__(self, routes: Blueprint, database: Database, lid: Lid) -> None:
        self.operations: list[Operation] = []
        self._routes, self._database, self._lid = routes, database, lid
        routes.after_request(guard.say_what_is_left)

    def reads(self, operation: Operation) -> Callable[[View], View]:
        """Answer this with what the view reads: one thing, or a `Page` of them."""
        return self._add(operation, self._read)

    def does(self, operation: Operation) -> Callable[[View], View]:
        """Answer this with what came of the view's deed, done in one transaction, once for each idempotency key."""
        return self._add(operation, self._do)

    def _add(self, operation: Operation, answer: Callable[[Operation, View, Call], Response]) -> Callable[[View], View]:
        self.operations.append(operation)

        def install(view: View) -> View:
            def serve(**path: str) -> Response:
                key = guard.let_in(self._database, self._lid, operation.scope)
                return answer(operation, view, _call(operation, key, path))

            self._routes.add_url_rule(operation.path, operation.name, serve, methods=[operation.method])
            return view

        return install

    def _read(self, operation: Operation, view: View, call: Call) -> Response:
        with self._database.reading() as session:
            found = view(session, call)
            written = _written(operation, found)
        response = _json(written, operation.status)
        if isinstance(found, Page) and found.after:
            response.headers["Link"] = f'<{_next(found.after)}>; rel="next"'
        response.headers["Cache-Control"] = "private, no-cache"
        response.add_etag()
        return response.make_conditional(request)

    def _do(self, operation: Operation, view: View, call: Call) -> Response:
        named = request.headers.get("Idempotency-Key")
        if named is None:
            return _json(self._done(operation, view, call, None), operation.status)
        turn = self._begun(call.key, named)
        if isinstance(turn, deeds.Done):
            response = _json(turn.body, turn.status)
            response.headers["Idempotency-Replayed"] = "true"
            return response
        try:
            return _json(self._done(operation, view, call, turn), operation.status)
        except BopisError:
            with self._database.transaction() as session:
                deeds.give_up(session, turn)
            raise

    def _begun(self, key: ApiKey, named: str) -> deeds.Turn | deeds.Done:
        if not named or len(named) > _LONGEST_KEY or not named.isascii() or not named.isprintable():
            said = f"1 to {_LONGEST_KEY} letters, digits and signs."
            raise Misplaced("bad_idempotency_key", "This Idempotency-Key cannot be used.", {"Idempotency-Key": said})
        asked = f"{request.method} {request.path}\n".encode() + request.get_data()
        with self._database.transaction() as session:
            return deeds.begin(session, key.id, named, hashlib.sha256(asked).hexdigest(), clock.now())

    def _done(self, operation: Operation, view: View, call: Call, turn: deeds.Turn | None) -> bytes:
        with self._database.transaction() as session:
            written = _written(operation, view(session, call))
            if turn is not None:
                deeds.finish(session, turn, deeds.Done(operation.status, written))
        return written


def _call(operation: Operation, key: ApiKey, path: dict[str, str]) -> Call:
    asked = query(operation.query()) if operation.query else query(Asked())
    sent = body(operation.body()) if operation.body else {}
    if not all(is_id(value) for value in path.values()):
        raise NotFound("not_found", "There is no such thing.")
    return Call(key, path, asked, sent)


def _written(operation: Operation, found: Any) -> bytes:
    schema = operation.answer()
    if isinstance(found, Page):
        listed = [schema.dump(row) for row in found.rows]
        return json.dumps({"data": listed, "next_cursor": cursor_of(found.after) if found.after else None}).encode()
    return json.dumps(schema.dump(found)).encode()


def _json(written: bytes, status: int) -> Response:
    return Response(written, status, content_type="application/json")


def _next(after: str) -> str:
    asked = {**request.args.to_dict(), **(request.view_args or {}), "cursor": cursor_of(after)}
    return url_for(request.endpoint or "", _external=False, **asked)
