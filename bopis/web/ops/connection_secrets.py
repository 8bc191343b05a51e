"""Secrets and settings typed in: of a new account, or in place of older ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.db import Database
from bopis.errors import BopisError, Invalid, NotFound
from bopis.merchants.actions import type_in
from bopis.merchants.models import Merchant
from bopis.merchants.typed_in import TypedIn, label
from bopis.pickups.reconcile import revive
from bopis.web.associate.guard import wants_page
from bopis.web.ops.common import done, me
from bopis.web.ops.connection_common import LONGEST_NAME, mine, note
from bopis.web.ops.connections import title_of


def add(
    routes: Blueprint,
    database: Database,
    platforms: Collection[str],
    typed_in: Mapping[str, TypedIn],
    show: Callable[[str, BopisError], Response],
) -> None:
    """`POST /ops/connections/<id>/secrets`; `GET`, `POST /ops/connections/new/<vendor>` (account, a field for each)."""

    @routes.post("/connections/<connection_id>/secrets")
    def set_secrets(connection_id: str) -> BaseResponse:
        try:
            with database.transaction() as session:
                found = mine(session, connection_id)
                _type_in(session, found.vendor, found.account_name, typed_in, is_new=False, platforms=platforms)
        except Invalid as problem:
            if not wants_page():
                raise
            return show(connection_id, problem)
        return done("ops.connection", connection_id=connection_id)

    @routes.get("/connections/new/<vendor>")
    def new_connection(vendor: str) -> Response:
        return _form(vendor, typed_in)

    @routes.post("/connections/new/<vendor>")
    def make_connection(vendor: str) -> BaseResponse:
        try:
            fields = typed_in.get(vendor, TypedIn(()))
            name = fields.name_of(request.form.get("account", ""))
            if not name or len(name) > LONGEST_NAME or not name.isprintable():
                raise Invalid("bad_account", "Say which account it is.")
            with database.transaction() as session:
                made = _type_in(session, vendor, name, typed_in, is_new=True, platforms=platforms)
        except BopisError as problem:
            if not wants_page() or isinstance(problem, NotFound):
                raise
            return _form(vendor, typed_in, problem)
        return done("ops.connection", connection_id=made)


def _type_in(
    session: Session,
    vendor: str,
    name: str,
    typed_in: Mapping[str, TypedIn],
    *,
    is_new: bool,
    platforms: Collection[str],
) -> str:
    """Keep what was typed; the connection's id. Raises Invalid, Conflict, NotFound."""
    fields, now = typed_in.get(vendor), clock.now()
    if fields is None:
        raise NotFound("unknown_vendor", "Accounts of this vendor cannot be connected here.")
    secrets, settings = fields.read(request.form, is_new=is_new)
    merchant, needed = session.get_one(Merchant, me().merchant_id), fields.secrets
    kept = type_in(
        session, merchant, vendor, name, secrets, settings, now, is_platform=vendor in platforms, needed=needed
    )
    revive(session, kept.id, now)
    note(session, kept, "secrets", None, ", ".join(sorted([*secrets, *settings])))
    return kept.id


def _form(vendor: str, typed_in: Mapping[str, TypedIn], problem: BopisError | None = None) -> Response:
    fields = typed_in.get(vendor)
    if fields is None:
        raise NotFound("unknown_vendor", "Accounts of this vendor cannot be connected here.")
    page = render_template(
        "ops/connect.html", vendor=vendor, title=title_of(vendor, typed_in), fields=fields, label=label, problem=problem
    )
    return make_response(page, problem.status if problem else 200)
