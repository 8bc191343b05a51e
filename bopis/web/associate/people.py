"""For managers: who works here, who has locked themselves out, and who works here no longer."""

from __future__ import annotations

from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock, tasks
from bopis.bridges.people import people_changed
from bopis.db import Database
from bopis.errors import BopisError, Conflict, Forbidden, Invalid, NotFound
from bopis.staff import actions
from bopis.staff.models import StaffMember
from bopis.web.associate.guard import staff, wants_page


def add(routes: Blueprint, database: Database) -> None:
    """`GET /associate/people`, `POST /associate/people/<id>/unlock`, `.../pin` (pin, again), `.../remove`."""

    @routes.get("/people")
    def people() -> str:
        return _page(database)

    @routes.post("/people/<staff_id>/unlock")
    def unlock(staff_id: str) -> BaseResponse:
        with database.transaction() as session:
            person = _one(session, staff_id)
            people_changed(session, person.store_id)
            actions.unlock(session, person)
        return _done()

    @routes.post("/people/<staff_id>/remove")
    def remove_person(staff_id: str) -> BaseResponse:
        with database.transaction() as session:
            _remove(session, _one(session, staff_id))
        return _done()

    @routes.post("/people/<staff_id>/pin")
    def new_pin(staff_id: str) -> BaseResponse:
        pin, again = request.form.get("pin", ""), request.form.get("again", "")
        try:
            if pin != again:
                raise Invalid("pins_differ", "The two PINs differ. Type the same one twice.")
            with database.transaction() as session:
                person = _one(session, staff_id)
                if person.pin_hash:
                    raise Conflict("has_pin", "Their PIN is good. Only one that was ended is chosen anew here.")
                people_changed(session, person.store_id)
                actions.set_pin(session, person, pin)
                tasks.settle(session, "set_new_pin", person.id, actor=f"staff:{staff().staff_id}", now=clock.now())
        except (Invalid, Conflict) as problem:
            if not wants_page():
                raise
            return make_response(_page(database, problem), problem.status)
        return _done()


def _remove(session: Session, person: StaffMember) -> None:
    if person.id == staff().staff_id:
        raise Conflict("not_yourself", "Nobody removes themselves. Ask another manager.")
    if person.role == "admin" and staff().staff.role != "admin":
        raise Forbidden("not_allowed", "Only an admin removes an admin.")
    people_changed(session, person.store_id)
    actions.remove(session, person, clock.now())
    tasks.settle(session, "set_new_pin", person.id, actor=f"staff:{staff().staff_id}", now=clock.now())


def _page(database: Database, problem: BopisError | None = None) -> str:
    now = clock.now()
    with database.reading() as session:
        found = list(session.scalars(_mine().order_by(StaffMember.name).options(joinedload(StaffMember.store))))
    rows = [(each, _how(each, paused=bool(each.paused_until and each.paused_until > now))) for each in found]
    return render_template("associate/people.html", rows=rows, problem=problem)


def _mine() -> Select[tuple[StaffMember]]:
    """The people whoever asks answers for: a manager for their store, an admin for all stores."""
    me = staff().staff
    statement = select(StaffMember).where(StaffMember.merchant_id == me.merchant_id, StaffMember.active.is_(True))
    return statement if me.role == "admin" else statement.where(StaffMember.store_id == me.store_id)


def _one(session: Session, staff_id: str) -> StaffMember:
    person = session.scalars(_mine().where(StaffMember.id == staff_id)).first()
    if person is None:
        raise NotFound("unknown_person", "Nobody of that kind works in this store.")
    return person


def _done() -> BaseResponse:
    return redirect(url_for("associate.people"), 303) if wants_page() else jsonify(ok=True)


def _how(person: StaffMember, *, paused: bool) -> str:
    if not person.pin_hash:
        return "no_pin"
    if actions.is_locked(person):
        return "locked"
    return "paused" if paused else "fine"
