"""Bridges let in and shut out, by admins."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.bridges.actions import new_enrolment_code, revoke
from bopis.bridges.models import Bridge
from bopis.db import Database
from bopis.errors import NotFound
from bopis.web.associate.guard import wants_page
from bopis.web.ops import banks
from bopis.web.ops.common import done, me


def add(routes: Blueprint, database: Database) -> None:
    """`POST /ops/banks/<id>/enrolment-code`, `POST /ops/bridges/<id>/revoke`."""

    @routes.post("/banks/<bank_id>/enrolment-code")
    def enrolment_code(bank_id: str) -> Response:
        with database.transaction() as session:
            code = new_enrolment_code(session, banks.one(session, bank_id), clock.now())
        # Shown in this one answer and never again: only its hash is kept.
        return make_response(banks.show(database, bank_id, code) if wants_page() else jsonify(code=code))

    @routes.post("/bridges/<bridge_id>/revoke")
    def revoke_bridge(bridge_id: str) -> BaseResponse:
        with database.transaction() as session:
            bridge = session.scalars(
                select(Bridge).where(Bridge.id == bridge_id, Bridge.merchant_id == me().merchant_id)
            ).first()
            if bridge is None:
                raise NotFound("unknown_bridge", "There is no such bridge.")
            revoke(session, bridge, clock.now())
        return done("ops.bank", bank_id=bridge.bank_id)
