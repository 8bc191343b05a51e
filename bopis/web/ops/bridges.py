"""Bridges let in and shut out, by admins."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, jsonify, make_response
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.bridges import keys
from bopis.bridges.actions import new_enrolment_code, revoke
from bopis.bridges.models import Bridge
from bopis.db import Database
from bopis.errors import NotFound
from bopis.pickups.stolen import stolen
from bopis.web.associate.guard import wants_page
from bopis.web.ops import banks
from bopis.web.ops.common import actor, done, me


def add(routes: Blueprint, database: Database) -> None:
    """`POST /ops/banks/<id>/enrolment-code`, `POST /ops/bridges/<id>/revoke`, `.../stolen`, `.../new-key`."""

    @routes.post("/banks/<bank_id>/enrolment-code")
    def enrolment_code(bank_id: str) -> Response:
        with database.transaction() as session:
            code = new_enrolment_code(session, banks.one(session, bank_id), clock.now())
        # Shown in this one answer and never again: only its hash is kept.
        return make_response(banks.show(database, bank_id, code) if wants_page() else jsonify(code=code))

    @routes.post("/bridges/<bridge_id>/revoke")
    def revoke_bridge(bridge_id: str) -> BaseResponse:
        with database.transaction() as session:
            bridge = _one(session, bridge_id)
            revoke(session, bridge, clock.now())
        return done("ops.bank", bank_id=bridge.bank_id)

    @routes.post("/bridges/<bridge_id>/stolen")
    def bridge_stolen(bridge_id: str) -> Response:
        with database.transaction() as session:
            bridge = _one(session, bridge_id)
            ended = stolen(session, bridge, clock.now(), actor=actor())
        if not wants_page():
            return jsonify(ok=True, **asdict(ended))
        return make_response(banks.show(database, bridge.bank_id, ended=ended))

    @routes.post("/bridges/<bridge_id>/new-key")
    def new_bridge_key(bridge_id: str) -> BaseResponse:
        with database.transaction() as session:
            bridge = _one(session, bridge_id)
            keys.ask_for_new(session, bridge, clock.now())
        return done("ops.bank", bank_id=bridge.bank_id)


def _one(session: Session, bridge_id: str) -> Bridge:
    """A bridge of this merchant. Raises NotFound."""
    bridge = session.scalars(
        select(Bridge).where(Bridge.id == bridge_id, Bridge.merchant_id == me().merchant_id)
    ).first()
    if bridge is None:
        raise NotFound("unknown_bridge", "There is no such bridge.")
    return bridge
