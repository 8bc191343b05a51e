"""What staff say about money at the counter: it was paid here, or storage costs nothing."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, jsonify, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.db import Database
from bopis.errors import BopisError
from bopis.payments import counter
from bopis.pickups import queries
from bopis.pickups.models import Pickup
from bopis.web.associate.guard import staff, wants_page
from bopis.web.associate.pickup import show


def add(routes: Blueprint, database: Database) -> None:
    """`POST /associate/pickups/<id>/paid-here` (reason), `.../waive-fee`."""

    @routes.post("/pickups/<pickup_id>/paid-here")
    def paid_here(pickup_id: str) -> BaseResponse:
        reason = request.form.get("reason", "")
        return _do(
            database,
            pickup_id,
            lambda session, pickup, by: counter.paid_at_counter(session, pickup, reason, clock.now(), actor=by),
        )

    @routes.post("/pickups/<pickup_id>/waive-fee")
    def waive_fee(pickup_id: str) -> BaseResponse:
        return _do(
            database, pickup_id, lambda session, pickup, by: counter.waive_fee(session, pickup, clock.now(), actor=by)
        )


def _do(database: Database, pickup_id: str, deed: Callable[[Session, Pickup, str], None]) -> BaseResponse:
    # Not as other deeds: who changes the money of an order holds the order before its stores.
    me = staff()
    try:
        with database.transaction() as session:
            found = queries.one(session, me.staff.merchant_id, me.staff.store_id, pickup_id)
            deed(session, found, f"staff:{me.staff_id}")
    except BopisError as problem:
        if not wants_page() or problem.status == 404:
            raise
        return show(database, pickup_id, problem)
    return redirect(url_for("associate.pickup", pickup_id=pickup_id), 303) if wants_page() else jsonify(ok=True)
