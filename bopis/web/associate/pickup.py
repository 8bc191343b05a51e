"""One pickup: what to do with it next, and the doors it moves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.bridges.models import DoorCommand
from bopis.db import Database
from bopis.errors import BopisError, Invalid
from bopis.lockers.learning import COULD_BE_SMALLER, FITS
from bopis.payments.shown import to_be_paid
from bopis.pickups import carrying, emptying, loading, parcelling, queries, reclaiming, taps, waitlist, wishes
from bopis.pickups.models import Pickup
from bopis.pickups.words import REASONS, STATES
from bopis.staff.models import StaffSession
from bopis.stores.queries import lock
from bopis.tasks import is_open
from bopis.timeline import TimelineEntry, entries
from bopis.web.associate import fitting, lockers, situation, steps, story
from bopis.web.associate.guard import staff, wants_page
from bopis.web.associate.holding import Holding

Deed = Callable[[Session, Pickup, StaffSession], DoorCommand | None]
DEEDS: dict[str, Deed] = {
    "open": lambda session, pickup, by: loading.open_to_load(session, pickup, by, clock.now()),
    "another_box": lambda session, pickup, by: loading.another_box(session, pickup, by, clock.now()),
    "too_small": lambda session, pickup, by: loading.too_small(session, pickup, by, clock.now()),
    "take_out": lambda session, pickup, by: emptying.take_out(session, pickup, by, clock.now(), _door()),
    "reclaim": lambda session, pickup, by: emptying.open_to_reclaim(session, pickup, by, clock.now(), _door()),
    "look_inside": lambda session, pickup, by: emptying.look_inside(session, pickup, by, clock.now(), _door() or 0),
    "hand_over_late": lambda session, pickup, by: reclaiming.hand_over_late(session, pickup, by, clock.now()),
    "all_in": lambda session, pickup, by: parcelling.all_in(session, pickup, by, clock.now()),
    "fits": lambda session, pickup, by: _tap(session, pickup, by, FITS),
    "could_be_smaller": lambda session, pickup, by: _tap(session, pickup, by, COULD_BE_SMALLER),
    "untap": lambda session, pickup, by: _tap(session, pickup, by, ""),
    "low_door": lambda session, pickup, by: wishes.low_door(
        session, pickup, request.form.get("wanted") == "yes", clock.now(), actor=f"staff:{by.staff_id}"
    ),
    "to_counter": lambda session, pickup, by: carrying.to_counter(session, pickup, by, clock.now()),
    "carry": lambda session, pickup, by: carrying.carry_on(session, pickup, by, clock.now()),
    "put_back": lambda session, pickup, by: carrying.put_back(session, pickup, by, clock.now()),
    "stop_carrying": lambda session, pickup, by: carrying.stop(session, pickup, by, clock.now()),
    "leave_at_counter": lambda session, pickup, by: waitlist.leave(session, pickup.id),
    "unlock_code": lambda session, pickup, by: loading.unlock_code(session, pickup, by, clock.now()),
    "confirm_empty": lambda session, pickup, by: emptying.confirm_empty(session, pickup, by, clock.now()),
}
"""What opens doors or follows from it; the counter's deeds stand in `counter`."""


def add(routes: Blueprint, database: Database, holding: Holding) -> None:
    """`GET /associate/pickups/<id>`, `GET .../state?seen=<version>` and `POST .../<deed>` for each of DEEDS."""

    @routes.get("/pickups/<pickup_id>")
    def pickup(pickup_id: str) -> Response:
        return show(database, pickup_id)

    @routes.get("/pickups/<pickup_id>/state")
    def pickup_state(pickup_id: str) -> Response:
        seen, bank_id = request.args.get("seen"), lockers.to_listen_to(database, staff())
        return jsonify(
            holding.until_new(bank_id, lambda: _state(database, pickup_id), lambda state: state["version"] != seen)
        )

    for name, deed in DEEDS.items():
        routes.add_url_rule(
            f"/pickups/<pickup_id>/{name.replace('_', '-')}", name, doing(database, deed), methods=["POST"]
        )


def doing(database: Database, deed: Deed) -> Callable[[str], BaseResponse]:
    """A view that does this to a pickup and shows what came of it."""

    def view(pickup_id: str) -> BaseResponse:
        try:
            with database.transaction() as session:
                _do(session, pickup_id, deed)
        except BopisError as problem:
            if not wants_page() or problem.status == 404:
                raise
            return show(database, pickup_id, problem)
        if wants_page():
            return redirect(url_for("associate.pickup", pickup_id=pickup_id), 303)
        return jsonify(_state(database, pickup_id))

    return view


def show(database: Database, pickup_id: str, problem: BopisError | None = None) -> Response:
    """The page of one pickup, with what went wrong on top."""
    me = staff()
    with database.reading() as session:
        looked = _look(session, pickup_id)
        order = looked.pickup.order
        has_address = order.phone_sealed is not None or order.email_sealed is not None
        told = situation.what_shopper_knows(looked.view, has_address=has_address)
        page = render_template(
            "associate/pickup.html",
            pickup=looked.pickup,
            view=looked.view,
            version=looked.written()["version"],
            present=looked.present,
            to_pay=looked.to_pay,
            problem=problem,
            banks=looked.banks,
            told_words=told,
            state_words=STATES[looked.view.state],
            why=REASONS.get(looked.view.reason, ""),
            code_locked=is_open(session, "code_locked", pickup_id),
            plan=looked.plan,
            fit=looked.fit,
            may_ask=bool(looked.banks) and wishes.may_ask(looked.pickup),
            said=steps.headline(looked.plan) if looked.plan else situation.headline(looked.view, told),
            story=story.tell(session, me.staff.merchant_id, looked.told),
        )
    return make_response(page, problem.status if problem else 200)


def _do(session: Session, pickup_id: str, deed: Deed) -> None:
    me = staff()
    lock(session, me.staff.store_id)
    pickup = queries.one(session, me.staff.merchant_id, me.staff.store_id, pickup_id)
    by = session.get_one(StaffSession, me.id)
    if deed(session, pickup, by) is not None:
        assert by.bank_id is not None
        lockers.require_online(session, by.bank_id)
        by.present_until = clock.now() + lockers.PRESENCE  # who opens a door is still there


@dataclass(frozen=True)
class _Looked:
    pickup: Pickup
    told: list[TimelineEntry]
    view: situation.Situation
    plan: steps.PlanView | None
    banks: list[lockers.BankView]
    present: bool
    to_pay: str
    fit: fitting.FitView

    def written(self) -> dict[str, object]:
        """For JSON; `version` changes with anything in it."""
        plan = asdict(self.plan) if self.plan else None
        body = {**asdict(self.view), **asdict(self.fit), "plan": plan, "present": self.present, "to_pay": self.to_pay}
        return {**body, "version": hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]}


def _state(database: Database, pickup_id: str) -> dict[str, object]:
    with database.reading() as session:
        return _look(session, pickup_id).written()


def _look(session: Session, pickup_id: str) -> _Looked:
    me = staff()
    pickup = queries.one(session, me.staff.merchant_id, me.staff.store_id, pickup_id)
    told = entries(session, pickup.id)
    commands = situation.commands_of(session, told)
    # The lockers have the last word: after a restart they know nobody.
    forgotten = any(
        command.code == "not_present" and command.details.get("session") == me.bridge_session
        for command in commands.values()
    )
    banks = lockers.banks(session, me)
    return _Looked(
        pickup,
        told,
        situation.work_out(pickup, told, commands, clock.now()),
        steps.look(session, pickup, clock.now()) if banks else None,
        banks,
        not forgotten and lockers.is_present(me, [bank.id for bank in banks]),
        to_be_paid(session, pickup),
        fitting.look(session, pickup),
    )


def _tap(session: Session, pickup: Pickup, by: StaffSession, answer: str) -> None:
    taps.say(session, pickup, _door() or 0, answer, clock.now(), actor=f"staff:{by.staff_id}")


def _door() -> int | None:
    text = request.form.get("door", "")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 4:
        raise Invalid("bad_door", "A door is a number.")
    return int(text)
