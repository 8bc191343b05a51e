"""A task settled from the operator's page."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.db import Database
from bopis.errors import BopisError, NotFound
from bopis.staff.models import StaffSession
from bopis.tasks import Task
from bopis.web.associate.guard import staff, wants_page
from bopis.web.ops import home, pickup
from bopis.web.ops.common import done, me
from bopis.web.ops.settling import Replay, settle


def add(routes: Blueprint, database: Database, replay: Replay) -> None:
    """`POST /ops/tasks/<id>/settle` (pickup to come back to, store where one is asked for)."""

    @routes.post("/tasks/<task_id>/settle", endpoint="settle")
    def settle_task(task_id: str) -> BaseResponse:
        back = request.form.get("pickup", "")
        try:
            with database.transaction() as session:
                by = session.get_one(StaffSession, staff().id)
                settle(session, _task(session, task_id), by, clock.now(), replay, request.form.get("store", ""))
        except BopisError as problem:
            if not wants_page() or problem.status == 404:
                raise
            return pickup.show(database, back, problem) if back else home.show(database, problem)
        if back and wants_page():
            return redirect(url_for("ops.pickup", pickup_id=back), 303)
        return done("ops.home")


def _task(session: Session, task_id: str) -> Task:
    found = session.scalars(
        select(Task)
        .where(Task.id == task_id, Task.merchant_id == me().merchant_id, Task.settled_at.is_(None))
        .with_for_update()
    ).first()
    if found is None:
        raise NotFound("unknown_task", "There is no such task, or someone has settled it already.")
    return found
