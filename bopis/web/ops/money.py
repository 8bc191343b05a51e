"""Money: what is held, taken, due and given back, and why; with the deeds that settle it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.db import Database
from bopis.errors import BopisError, NotFound
from bopis.payments import deeds, evidence, queries
from bopis.payments.models import Authorisation
from bopis.payments.rules import Policy
from bopis.payments.rules_amounts import read, written
from bopis.payments.words import MOMENTS as MOMENT_WORDS
from bopis.payments.words import STATES, WHY
from bopis.pickups.models import Pickup
from bopis.web.associate.guard import wants_page
from bopis.web.ops import money_settings
from bopis.web.ops.common import ROWS, Page, actor, after, chosen, done, me, page_of
from bopis.web.ops.settling import open_tasks

SUMS_OVER = dt.timedelta(days=30)
_FILTERS = {"all": "All", **STATES}
_BADGES = {"authorised": "badge--info", "captured": "badge--good", "released": "", "expired": "badge--warn"}
Deed = Callable[[Session, Authorisation], None]


@dataclass(frozen=True)
class Look:
    """One payment as a list shows it; amounts are written."""

    payment: Authorisation
    badge: str
    state: str
    why: str
    held: str
    due: str
    taken: str
    back: str


def add(routes: Blueprint, database: Database, holders: frozenset[str]) -> None:
    """`GET /ops/money` (state, after), `/ops/money/<id>`, `.../evidence.json`, `.../evidence.pdf`,
    `POST .../capture` (amount), `.../release`, `.../refund` (amount), `.../settled`; what is chosen there stands in
    `money_settings`. `holders`: vendors who hold money."""
    _add_pages(routes, database, holders)
    _add_deeds(routes, database)
    money_settings.add(routes, database, holders)


def _add_pages(routes: Blueprint, database: Database, holders: frozenset[str]) -> None:
    @routes.get("/money")
    def money() -> str:
        state, merchant_id = chosen("state", list(_FILTERS), "all"), me().merchant_id
        with database.reading() as session:
            page = page_of(queries.listed(session, merchant_id, state, after(), ROWS + 1))
            sums = queries.sums(session, merchant_id, clock.now() - SUMS_OVER)
            accounts = queries.connections(session, merchant_id, sorted(holders))
            return render_template(
                "ops/money.html",
                page=Page([_look(each) for each in page.rows], page.after),
                sums=sums,
                accounts=[(each, Policy.of(each.settings)) for each in accounts],
                moments=MOMENT_WORDS,
                choices=money_settings.choices(session, merchant_id, accounts),
                filters=_FILTERS,
                state=state,
                written=written,
            )

    @routes.get("/money/<payment_id>")
    def payment(payment_id: str) -> Response:
        return _show(database, payment_id)

    @routes.get("/money/<payment_id>/evidence.<kind>", endpoint="evidence")
    def evidence_pack(payment_id: str, kind: str) -> Response:
        with database.reading() as session:
            pack = evidence.pack(session, _one(session, payment_id), clock.now())
        if kind == "json":
            answer = jsonify(pack)
        elif kind == "pdf":
            answer = Response(evidence.as_pdf(pack), mimetype="application/pdf")
        else:
            raise NotFound("unknown_kind", "Evidence comes as JSON or as PDF.")
        answer.headers["Content-Disposition"] = f'attachment; filename="evidence-{payment_id}.{kind}"'
        return answer


def _add_deeds(routes: Blueprint, database: Database) -> None:
    @routes.post("/money/<payment_id>/capture")
    def capture_payment(payment_id: str) -> BaseResponse:
        return _do(
            database,
            payment_id,
            lambda session, of: deeds.capture(session, of, _amount(of), clock.now(), actor=actor()),
        )

    @routes.post("/money/<payment_id>/release")
    def release_payment(payment_id: str) -> BaseResponse:
        return _do(database, payment_id, lambda session, of: deeds.release(session, of, clock.now(), actor=actor()))

    @routes.post("/money/<payment_id>/refund")
    def refund_payment(payment_id: str) -> BaseResponse:
        return _do(
            database,
            payment_id,
            lambda session, of: deeds.refund(session, of, _amount(of), clock.now(), actor=actor()),
        )

    @routes.post("/money/<payment_id>/settled")
    def payment_settled(payment_id: str) -> BaseResponse:
        return _do(database, payment_id, lambda session, of: deeds.settled(session, of, clock.now(), actor=actor()))


def _do(database: Database, payment_id: str, deed: Deed) -> BaseResponse:
    try:
        with database.transaction() as session:
            deed(session, _one(session, payment_id))
    except BopisError as problem:
        if not wants_page() or problem.status == 404:
            raise
        return _show(database, payment_id, problem)
    return done("ops.payment", payment_id=payment_id)


def _show(database: Database, payment_id: str, problem: BopisError | None = None) -> Response:
    with database.reading() as session:
        found = _one(session, payment_id)
        pickups = (
            session.scalars(select(Pickup).where(Pickup.order_id == found.order_id)).all() if found.order_id else []
        )
        page = render_template(
            "ops/payment.html",
            look=_look(found),
            payment=found,
            pickups=pickups,
            tasks=open_tasks(session, me().merchant_id, found.id),
            why=WHY,
            left=found.captured - found.given_back(),
            written=written,
            problem=problem,
        )
    return make_response(page, problem.status if problem else 200)


def _one(session: Session, payment_id: str) -> Authorisation:
    found = queries.one(session, me().merchant_id, payment_id)
    if found is None:
        raise NotFound("unknown_payment", "There is no such payment.")
    return found


def _amount(of: Authorisation) -> int:
    return read(request.form.get("amount", ""), of.currency)


def _look(of: Authorisation) -> Look:
    def text(amount: int) -> str:
        return written(amount, of.currency) if amount else ""

    held = of.authorised if of.state == "authorised" else 0
    return Look(
        of,
        _BADGES[of.state],
        STATES[of.state],
        "The provider was asked and has not answered yet" if of.is_busy() else WHY.get(of.why, ""),
        text(held),
        text(_due(of)),
        text(of.captured),
        text(of.given_back()),
    )


def _due(of: Authorisation) -> int:
    """What is still to be taken of it, as far as anybody knows."""
    if of.state != "authorised":
        return 0
    if of.checkout:
        return min(of.checkout.amount, of.authorised)
    total = of.order.total if of.order and of.order.currency == of.currency else None
    said = of.due if of.due is not None else total
    return of.authorised if said is None else min(said, of.authorised)
