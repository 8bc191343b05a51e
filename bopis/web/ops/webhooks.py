"""Webhooks: where a merchant's own systems hear from us, how they answer, and what waits or was given up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.db import Database
from bopis.errors import BopisError, Invalid, NotFound
from bopis.hooks import actions
from bopis.hooks.catalogue import EVENTS, TEST, event_of
from bopis.hooks.health import CarefulSender
from bopis.hooks.models import HookEndpoint
from bopis.hooks.queries import its, latest, of_merchant
from bopis.outbox import OutboxEntry
from bopis.timeline import TimelineEntry
from bopis.web.associate.guard import wants_page
from bopis.web.ops.common import actor, done, me

_LAST = 10
Deed = Callable[[Session, HookEndpoint, dt.datetime], Any]


@dataclass(frozen=True)
class EndpointView:
    """One endpoint. `look` is good, warn or bad; `latest` its newest messages, each with the event it tells of."""

    endpoint: HookEndpoint
    look: str
    words: str
    given_up: int
    latest: list[tuple[OutboxEntry, str]]


def add(routes: Blueprint, database: Database, sender: CarefulSender | None) -> None:
    """`GET`, `POST /ops/webhooks` (url, events), `POST /ops/webhooks/<id>/events|test|secret|on|off|again|remove`."""

    @routes.get("/webhooks")
    def webhooks() -> Response:
        return _show(database)

    @routes.post("/webhooks")
    def add_webhook() -> BaseResponse:
        try:
            url = _checked(sender, request.form.get("url", ""))
            with database.transaction() as session:
                made, secret = actions.add(session, me().merchant_id, url, request.form.getlist("events"), clock.now())
        except BopisError as problem:
            if not wants_page():
                raise
            return _show(database, problem, typed=request.form.get("url", ""))
        return _show(database, secret=secret, secret_of=made.id)

    @routes.post("/webhooks/<endpoint_id>/secret")
    def renew_webhook_secret(endpoint_id: str) -> Response:
        with database.transaction() as session:
            secret = _mine(session, endpoint_id).new_secret(clock.now())
        return _show(database, secret=secret, secret_of=endpoint_id)

    for name, deed in _DEEDS.items():
        view = _doing(database, deed)
        routes.add_url_rule(f"/webhooks/<endpoint_id>/{name}", f"webhook_{name}", view, methods=["POST"])


def _doing(database: Database, deed: Deed) -> Callable[[str], BaseResponse]:
    def view(endpoint_id: str) -> BaseResponse:
        with database.transaction() as session:
            deed(session, _mine(session, endpoint_id), clock.now())
        return done("ops.webhooks")

    return view


_DEEDS: Mapping[str, Deed] = {
    "events": lambda session, endpoint, now: actions.listen_to(endpoint, request.form.getlist("events")),
    "test": actions.send_test,
    "on": lambda session, endpoint, now: actions.turn_on(session, endpoint, now, actor=actor()),
    "off": lambda session, endpoint, now: actions.turn_off(session, endpoint, "person", now),
    "again": actions.send_again,
    "remove": lambda session, endpoint, now: actions.remove(session, endpoint, now, actor=actor()),
}


def _checked(sender: CarefulSender | None, url: str) -> str:
    if sender is None:
        raise Invalid("no_webhooks", "Webhooks cannot be sent from here.")
    try:
        return sender.check(url)
    except ValueError as problem:
        words = str(problem)
        raise Invalid("bad_address", f"{words[:1].upper()}{words[1:]}.") from None


def _mine(session: Session, endpoint_id: str) -> HookEndpoint:
    found = session.get(HookEndpoint, endpoint_id, with_for_update=True)
    if found is None or found.merchant_id != me().merchant_id:
        raise NotFound("unknown_endpoint", "There is no such address, or it was removed.")
    return found


def _show(
    database: Database, problem: BopisError | None = None, *, secret: str = "", secret_of: str = "", typed: str = ""
) -> Response:
    with database.reading() as session:
        views = [_view(session, endpoint) for endpoint in of_merchant(session, me().merchant_id)]
        shown = {"views": views, "events": EVENTS, "secret": secret, "secret_of": secret_of, "typed": typed}
        page = render_template("ops/webhooks.html", problem=problem, **shown)
    return make_response(page, problem.status if problem else 200)


def _view(session: Session, endpoint: HookEndpoint) -> EndpointView:
    given_up = select(func.count()).select_from(OutboxEntry).where(*its(endpoint, "dead"))
    told = [(entry, _event(session, entry)) for entry in latest(session, endpoint, _LAST)]
    return EndpointView(endpoint, *_health(endpoint), session.scalar(given_up) or 0, told)


def _event(session: Session, entry: OutboxEntry) -> str:
    if "number" not in entry.fields:
        return TEST
    found = session.get(TimelineEntry, (entry.fields["pickup_id"], entry.fields["number"]))
    return (event_of(found.what) if found else None) or "nothing any more"


def _health(endpoint: HookEndpoint) -> tuple[str, str]:
    if endpoint.off_at is not None:
        words = {"failing": "Off: it failed for days", "gone": "Off: it is gone"}
        return ("bad", words[endpoint.off_because]) if endpoint.off_because in words else ("warn", "Turned off")
    if endpoint.failing_since is not None:
        return "warn", "It does not answer as it should"
    return ("good", "Alive") if endpoint.answered_at else ("info", "Nothing sent yet")
