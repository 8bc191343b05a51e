"""For managers: who works here, and who has locked themselves out."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.db import Database
from bopis.errors import NotFound
from bopis.staff import actions
from bopis.staff.models import StaffMember
from bopis.staff.queries import people_in
from bopis.web.associate.guard import staff, wants_page


def add(routes: Blueprint, database: Database) -> None:
    """`GET /associate/people`, `POST /associate/people/<id>/unlock`."""

    @routes.get("/people")
    def people() -> str:
        me, now = staff().staff, clock.now()
        with database.reading() as session:
            found = people_in(session, me.merchant_id, me.store_id)
        rows = [
            (person, _how(person, paused=bool(person.paused_until and person.paused_until > now))) for person in found
        ]
        return render_template("associate/people.html", rows=rows)

    @routes.post("/people/<staff_id>/unlock")
    def unlock(staff_id: str) -> BaseResponse:
        me = staff().staff
        with database.transaction() as session:
            person = session.scalars(
                select(StaffMember).where(
                    StaffMember.id == staff_id,
                    StaffMember.merchant_id == me.merchant_id,
                    StaffMember.store_id == me.store_id,
                )
            ).first()
            if person is None:
                raise NotFound("unknown_person", "Nobody of that kind works in this store.")
            actions.unlock(session, person)
        return redirect(url_for("associate.people"), 303) if wants_page() else jsonify(ok=True)


def _how(person: StaffMember, *, paused: bool) -> str:
    if actions.is_locked(person):
        return "locked"
    return "paused" if paused else "fine"
