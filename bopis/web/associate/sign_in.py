"""Badge and PIN in, cookie out."""

from __future__ import annotations

import re

from flask import Blueprint, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.bridges.actions import command_end_presence
from bopis.bridges.people import people_changed
from bopis.bridges.queries import bridge_of
from bopis.db import Database
from bopis.errors import BopisError, Forbidden, TooMany
from bopis.staff import actions
from bopis.staff.models import StaffMember
from bopis.web.associate.guard import Cookie, staff, wants_page
from bopis.web.associate.throttle import AddressThrottle, caller

_OUR_PAGES = re.compile(r"/(?:associate|ops)/[A-Za-z0-9/-]{0,80}")
REFUSED = Forbidden(
    "sign_in_refused",
    "That badge and PIN did not let you in. Check both and try again. After five wrong tries wait five minutes; "
    "after ten, a manager unlocks you.",
)


def add(routes: Blueprint, database: Database, *, secure: bool) -> None:
    """`GET` and `POST /associate/sign-in` (badge, pin, next), `POST /associate/sign-out`."""
    cookie, throttle = Cookie(secure), AddressThrottle()

    @routes.get("/sign-in")
    def sign_in_form() -> BaseResponse:
        if g.staff_session is not None:
            return redirect(url_for("associate.home"), 303)
        return _form(request.args.get("next", ""))

    @routes.post("/sign-in")
    def sign_in() -> BaseResponse:
        try:
            throttle.check(caller(), clock.now())
        except TooMany as problem:
            if not wants_page():
                raise
            return _form(request.form.get("next", ""), problem)
        with database.transaction() as session:  # committed before the PIN is looked at, so that the count survives
            attempt = actions.count_attempt(session, request.form.get("badge", ""), clock.now())
        if not actions.is_right(attempt, request.form.get("pin", "").strip()):
            throttle.wrong(caller(), clock.now())
            _tell_kiosks_of_a_lock(database, attempt.staff_id)
            if not wants_page():
                raise REFUSED
            return _form(request.form.get("next", ""), REFUSED)
        with database.transaction() as session:
            token = actions.sign_in(session, attempt, clock.now())
        response = make_response(redirect(_target(), 303) if wants_page() else jsonify(ok=True))
        cookie.put(response, token)
        return response

    @routes.post("/sign-out")
    def sign_out() -> BaseResponse:
        with database.transaction() as session:
            ended = actions.sign_out(session, staff().id, clock.now())
            if ended.bank_id and ended.bridge_session and bridge_of(session, ended.bank_id):
                command_end_presence(session, ended.bank_id, ended.bridge_session, ended.staff_id, clock.now())
        response = make_response(redirect(url_for("associate.sign_in_form"), 303) if wants_page() else jsonify(ok=True))
        cookie.remove(response)
        return response


def _tell_kiosks_of_a_lock(database: Database, staff_id: str | None) -> None:
    """Only once the PIN is known to be wrong: the last try before the lock may be the right one."""
    with database.transaction() as session:
        person = session.get(StaffMember, staff_id) if staff_id else None
        if person is not None and actions.is_locked(person):
            people_changed(session, person.store_id)


def _form(comes_back_to: str, problem: BopisError | None = None) -> Response:
    page = render_template(
        "associate/sign_in.html", next=comes_back_to, problem=problem, badge=request.form.get("badge", "")[:64]
    )
    response = make_response(page, problem.status if problem else 200)
    if isinstance(problem, TooMany):
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _target() -> str:
    wanted = request.form.get("next", "")
    return wanted if _OUR_PAGES.fullmatch(wanted) else url_for("associate.home")
