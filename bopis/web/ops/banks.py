"""Banks of lockers: a map with live doors, and doors taken out of service and put back."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock, tasks
from bopis.bridges.actions import command_end_quarantine
from bopis.bridges.models import Bridge
from bopis.bridges.queries import ONLINE_WITHIN
from bopis.db import Database
from bopis.errors import BopisError, Conflict, Invalid, NotFound
from bopis.lockers.actions import put_back_into_service, take_out_of_service
from bopis.lockers.allocation import Box, Door, takes
from bopis.lockers.models import Bank, Compartment
from bopis.pickups.actions import give_up_place
from bopis.pickups.models import Placement
from bopis.pickups.places import goods_of
from bopis.pickups.stolen import Ended
from bopis.stores.queries import lock
from bopis.web.ops import bankmap, settings
from bopis.web.ops.common import actor, done, me, versioned
from bopis.web.ops.words import DOORS, ITEMS

_LONGEST_REASON = 80


def add(routes: Blueprint, database: Database) -> None:
    """`GET /ops/banks`, `/ops/banks/<id>`, `.../state`, `.../end-quarantine` (reason),
    `POST /ops/doors/<door>/close` (reason), `.../reopen`."""

    @routes.get("/banks")
    def banks() -> str:
        with database.reading() as session:
            return render_template("ops/banks.html", banks=_all(session), online_since=clock.now() - ONLINE_WITHIN)

    @routes.get("/banks/<bank_id>")
    def bank(bank_id: str) -> str:
        return show(database, bank_id)

    @routes.get("/banks/<bank_id>/state")
    def bank_state(bank_id: str) -> Response:
        with database.reading() as session:
            view = bankmap.look(session, one(session, bank_id), clock.now())
        return jsonify(versioned(view.written()))

    @routes.post("/banks/<bank_id>/end-quarantine")
    def end_quarantine(bank_id: str) -> BaseResponse:
        with database.transaction() as session:
            found = one(session, bank_id)
            if found.quarantined_at is None:
                raise Conflict("not_quarantined", "These lockers open their doors as usual.")
            command_end_quarantine(session, found.id, me().id, _reason("why the wires are right"), clock.now())
        return done("ops.bank", bank_id=bank_id)

    @routes.post("/doors/<compartment_id>/close")
    def close_door(compartment_id: str) -> BaseResponse:
        with database.transaction() as session:
            box = door(session, compartment_id)
            lock(session, box.bank.store_id)
            take_out_of_service(session, box, _reason("why this door is out of service"))
            give_another_place(session, box)
        return done("ops.bank", bank_id=box.bank_id)

    @routes.post("/doors/<compartment_id>/reopen")
    def reopen_door(compartment_id: str) -> BaseResponse:
        with database.transaction() as session:
            box = door(session, compartment_id)
            put_back_into_service(session, box)
            for kind in ("door_failed", "sensor_suspect"):
                tasks.settle(session, kind, box.id, actor=actor(), now=clock.now())
        return done("ops.bank", bank_id=box.bank_id)


def show(
    database: Database, bank_id: str, code: str = "", ended: Ended | None = None, problem: BopisError | None = None
) -> str:
    """The page of one bank; `code` is a fresh enrolment code, shown this once, `ended` what a theft put an end to,
    `problem` what was wrong with a setting."""
    with database.reading() as session:
        found = one(session, bank_id)
        view = bankmap.look(session, found, clock.now())
        return render_template(
            "ops/bank.html",
            bank=found,
            view=view,
            version=versioned(view.written())["version"],
            zone=found.store.time_zone,
            doors_words=DOORS,
            items_words=ITEMS,
            code=code,
            ended=ended,
            problem=problem,
            **settings.shown(session, found),
        )


def _reason(of_what: str) -> str:
    reason = " ".join(request.form.get("reason", "").split())[:_LONGEST_REASON]
    if not reason:
        raise Invalid("no_reason", f"Say in a few words {of_what}.")
    return reason


def one(session: Session, bank_id: str) -> Bank:
    """A bank of this merchant. Raises NotFound."""
    found = (
        session.scalars(
            select(Bank)
            .where(Bank.id == bank_id, Bank.merchant_id == me().merchant_id)
            .options(joinedload(Bank.store), joinedload(Bank.compartments))
        )
        .unique()
        .first()
    )
    if found is None:
        raise NotFound("unknown_bank", "There are no such lockers.")
    return found


def _all(session: Session) -> list[tuple[Bank, Bridge | None, int, int]]:
    closed = func.count(Compartment.id).filter(Compartment.in_service.is_(False))
    statement = (
        select(Bank, Bridge, func.count(Compartment.id), closed)
        .outerjoin(Bridge, (Bridge.bank_id == Bank.id) & Bridge.revoked_at.is_(None))
        .outerjoin(Compartment, Compartment.bank_id == Bank.id)
        .where(Bank.merchant_id == me().merchant_id)
        .group_by(Bank.id, Bridge.id)
        .order_by(Bank.created_at, Bank.id)
        .options(joinedload(Bank.store))
    )
    return [(bank, bridge, doors, out) for bank, bridge, doors, out in session.execute(statement)]


def give_another_place(session: Session, box: Compartment, *, only_if_wrong: bool = False) -> None:
    """Whoever was only promised this door gets another; goods that may be inside stay assigned.

    `only_if_wrong`: unless it still has what they need.
    """
    promised = session.scalars(
        select(Placement).where(
            Placement.compartment_id == box.id, Placement.state == "held", Placement.touched.is_(False)
        )
    ).first()
    if promised is None or promised.pickup.state != "reserved":
        return
    door = Box(Door(box.id, box.number, box.size, box.accessible, None, box.bank_id), cold=box.cold)
    if only_if_wrong and takes(door, goods_of(promised.pickup, promised.parcel)):
        return
    reason = "door_changed" if only_if_wrong else "door_out_of_service"
    give_up_place(session, promised.pickup, clock.now(), reason=reason, actor=actor())


def door(session: Session, compartment_id: str) -> Compartment:
    """A door of this merchant. Raises NotFound."""
    found = session.scalars(
        select(Compartment).where(Compartment.id == compartment_id, Compartment.merchant_id == me().merchant_id)
    ).first()
    if found is None:
        raise NotFound("unknown_door", "There is no such door.")
    return found
