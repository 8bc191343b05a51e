"""Connections: is each alive, what was it told last, what was missed and repaired, and when does its access end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock, tasks
from bopis.db import Database
from bopis.errors import NotFound
from bopis.merchants.models import Connection
from bopis.merchants.typed_in import TypedIn
from bopis.pickups.reconcile import ask_now
from bopis.sealing import NotSealedHere
from bopis.web.ops.common import actor, done, me

_WHY = {
    "uninstalled": "The app was removed there",
    "refused": "It refuses our access",
    "closed": "The shop was closed",
}


@dataclass(frozen=True)
class ConnectionView:
    """One connection. `look` is good, warn or bad; `access_until` when its access ends if nobody renews it."""

    connection: Connection
    look: str
    words: str
    access_until: dt.datetime | None
    consent_until: dt.datetime | None
    by_browser: bool
    """Its owner can connect it again with a browser."""
    is_sealed: bool
    """The secrets kept of it cannot be opened."""
    reason: str
    """What a person is asked to do about it, in the task's own words; "" for nothing."""

    def at(self, what: str) -> dt.datetime | None:
        """When it was last `reconciled`, had its `subscriptions` looked after, or sent us its `last_delivery`."""
        found = getattr(self.connection, what) or {}
        return dt.datetime.fromisoformat(found["at"]) if "at" in found else None


def add(routes: Blueprint, database: Database, installers: frozenset[str], typed_in: Mapping[str, TypedIn]) -> None:
    """`GET /ops/connections`, `POST /ops/connections/<id>/ask-again` (back=page: to its own page).

    `installers` are the vendors that a browser connects, `typed_in` those whose secrets are typed in.
    """

    @routes.get("/connections")
    def connections() -> str:
        with database.reading() as session:
            found = session.scalars(
                select(Connection).where(Connection.merchant_id == me().merchant_id).order_by(Connection.created_at)
            )
            views = [view_of(session, connection, installers) for connection in found]
            return render_template(
                "ops/connections.html",
                views=views,
                vendors=sorted(installers),
                typed=sorted(typed_in, key=lambda vendor: title_of(vendor, typed_in).casefold()),
                words=lambda vendor: title_of(vendor, typed_in),
            )

    @routes.post("/connections/<connection_id>/ask-again")
    def ask_again(connection_id: str) -> BaseResponse:
        with database.transaction() as session:
            found = session.scalars(
                select(Connection).where(Connection.id == connection_id, Connection.merchant_id == me().merchant_id)
            ).first()
            if found is None:
                raise NotFound("unknown_connection", "There is no such connection.")
            ask_now(session, found, clock.now(), actor=actor())
        if request.form.get("back") == "page":
            return done("ops.connection", connection_id=connection_id, _anchor="health")
        return done("ops.connections")


def title_of(vendor: str, typed_in: Mapping[str, TypedIn]) -> str:
    """How people write a vendor's name."""
    known = typed_in.get(vendor)
    return (known and known.title) or vendor.capitalize()


def view_of(session: Session, connection: Connection, installers: frozenset[str]) -> ConnectionView:
    """A connection as pages show it."""
    look, words, reason = _health(session, connection)
    is_sealed = False
    try:
        secrets = connection.account().secrets
    except NotSealedHere:
        secrets, is_sealed = {}, True
        look, words = "bad", "Its secrets cannot be opened with the keys we have"
    access, consent = (_moment(secrets.get(name)) for name in ("access_expires_at", "refresh_expires_at"))
    return ConnectionView(connection, look, words, access, consent, connection.vendor in installers, is_sealed, reason)


def _health(session: Session, connection: Connection) -> tuple[str, str, str]:
    """Its look, its words, and what a person is asked to do about it."""
    reconnect = tasks.reason_of(session, "reconnect", connection.id)
    if connection.paused_at is not None:
        return "bad", _WHY.get(connection.paused_because, "Not connected"), reconnect
    if reconnect:
        return "bad", "It refuses our access", reconnect
    if reason := tasks.reason_of(session, "connection_failed", connection.id):
        return "warn", "It does not answer as it should", reason
    return "good", "Alive", ""


def _moment(written: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(written) if written else None
