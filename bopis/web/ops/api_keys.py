"""Keys of a merchant's own programs: made and shown once, recognised by how they begin, taken back."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.access.actions import NewKey, create, revoke
from bopis.access.queries import keys_of, one
from bopis.access.scopes import SCOPES
from bopis.db import Database
from bopis.errors import Invalid, NotFound
from bopis.staff.queries import names
from bopis.web.associate.guard import wants_page
from bopis.web.ops.common import actor, done, me, stores


def add(routes: Blueprint, database: Database) -> None:
    """`GET /ops/api-keys`, `POST /ops/api-keys` (name, scope, store), `POST /ops/api-keys/<id>/revoke`."""

    @routes.get("/api-keys")
    def api_keys() -> Response:
        return _show(database)

    @routes.post("/api-keys")
    def make_api_key() -> Response:
        try:
            with database.transaction() as session:
                made = create(
                    session,
                    me().merchant_id,
                    request.form.get("name", ""),
                    request.form.getlist("scope"),
                    clock.now(),
                    actor=actor(),
                    store_id=_store(session),
                )
        except Invalid as problem:
            if not wants_page():
                raise
            return _show(database, problem=problem)
        return _show(database, made) if wants_page() else jsonify(id=made.key.id, key=made.text)

    @routes.post("/api-keys/<key_id>/revoke")
    def revoke_api_key(key_id: str) -> BaseResponse:
        with database.transaction() as session:
            revoke(session, one(session, me().merchant_id, key_id), clock.now(), actor=actor())
        return done("ops.api_keys")


def _store(session: Session) -> str | None:
    chosen = request.form.get("store", "")
    if not chosen:
        return None
    if chosen not in {store.id for store in stores(session)}:
        raise NotFound("unknown_store", "There is no such store.")
    return chosen


def _show(database: Database, made: NewKey | None = None, problem: Invalid | None = None) -> Response:
    with database.reading() as session:
        keys, known = keys_of(session, me().merchant_id), stores(session)
        people = {by.removeprefix("staff:") for key in keys for by in (key.created_by, key.revoked_by) if by}
        page = render_template(
            "ops/api_keys.html",
            keys=keys,
            made=made,
            problem=problem,
            scopes=SCOPES,
            stores=known,
            store_names={store.id: store.name for store in known},
            people={f"staff:{person}": name for person, name in names(session, me().merchant_id, people).items()},
            asked=request.form,
        )
    return make_response(page, problem.status if problem else 200)
