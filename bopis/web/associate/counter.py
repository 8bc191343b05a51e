"""What happens at the counter, and with tasks: set aside, hand over, settle, put a door back to work."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.db import Database
from bopis.errors import Conflict, NotFound
from bopis.lockers.actions import put_back_into_service
from bopis.lockers.models import Bank, Compartment
from bopis.pickups import loading
from bopis.pickups.models import Pickup
from bopis.staff.models import StaffSession
from bopis.tasks import Task, settle
from bopis.web.associate.guard import staff, wants_page
from bopis.web.associate.pickup import doing

SETTLED_BY_WORD = frozenset(
    {
        "no_phone",
        "text_failed",
        "platform_refused",
        "shopper_needs_help",
        "goods_gone",
        "uncollected",
        "not_loaded",
        "door_disagrees",
        "odd_event",
        "look_after_bridge",
        "changed_after_loading",
        "connection_failed",
        "data_request",
        "left_unpaid",
        "mark_paid",
        "goods_exposed",
        "door_left_open",
    }
)
"""Tasks a person settles by saying that it is done; the others end with the deed they ask for."""


def add(routes: Blueprint, database: Database) -> None:
    """`POST /associate/pickups/<id>/set-aside`, `.../hand-over`, `POST /associate/tasks/<id>/settle`,
    `POST /associate/doors/<compartment>/repair`."""
    for name, deed in (("set_aside", _set_aside), ("hand_over", _hand_over)):
        routes.add_url_rule(
            f"/pickups/<pickup_id>/{name.replace('_', '-')}", name, doing(database, deed), methods=["POST"]
        )

    @routes.post("/tasks/<task_id>/settle")
    def settle_task(task_id: str) -> BaseResponse:
        with database.transaction() as session:
            task = _task(session, task_id)
            if task.kind not in SETTLED_BY_WORD:
                raise Conflict("not_by_word", "This ends by itself once it is done.")
            settle(session, task.kind, task.subject_id, actor=f"staff:{staff().staff_id}", now=clock.now())
        return _home()

    @routes.post("/doors/<compartment_id>/repair")
    def repair_door(compartment_id: str) -> BaseResponse:
        with database.transaction() as session:
            box = _compartment(session, compartment_id)
            put_back_into_service(session, box)
            settle(session, "door_failed", box.id, actor=f"staff:{staff().staff_id}", now=clock.now())
        return _home()


def _set_aside(session: Session, pickup: Pickup, by: StaffSession) -> None:
    loading.set_aside(session, pickup, by, clock.now())


def _hand_over(session: Session, pickup: Pickup, by: StaffSession) -> None:
    loading.hand_over(session, pickup, by, clock.now())


def _task(session: Session, task_id: str) -> Task:
    me = staff().staff
    found = session.scalars(
        select(Task).where(Task.id == task_id, Task.merchant_id == me.merchant_id, Task.store_id == me.store_id)
    ).first()
    if found is None:
        raise NotFound("unknown_task", "There is no such task in this store.")
    return found


def _compartment(session: Session, compartment_id: str) -> Compartment:
    me = staff().staff
    found = session.scalars(
        select(Compartment)
        .join(Bank, Bank.id == Compartment.bank_id)
        .where(Compartment.id == compartment_id, Bank.merchant_id == me.merchant_id, Bank.store_id == me.store_id)
    ).first()
    if found is None:
        raise NotFound("unknown_door", "There is no such door in this store.")
    return found


def _home() -> BaseResponse:
    return redirect(url_for("associate.home"), 303) if wants_page() else jsonify(ok=True)
