"""The phones for people and for the demo: texts as they look on a phone, and a JSON API beside it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox.phone.exchange import Exchange, Text


def phone_blueprint(exchange: Exchange) -> Blueprint:
    """/phone and /phone/api."""
    blueprint = Blueprint("phone", __name__, url_prefix="/phone")

    @blueprint.get("/")
    def page() -> str:
        return render_template("phone.html")

    @blueprint.get("/api/messages")
    def messages() -> Response:
        return jsonify(messages=[_seen(text) for text in exchange.texts(to=request.args.get("to", ""))])

    @blueprint.get("/api/ledger")
    def ledger() -> Response:
        return jsonify(attempts=exchange.ledger())

    @blueprint.get("/api/behaviour")
    def behaviour() -> Response:
        return jsonify(exchange.behaviour.all())

    @blueprint.post("/api/behaviour")
    def behave() -> Response:
        return jsonify(exchange.behaviour.change(request.get_json(silent=True)))

    return blueprint


def _seen(text: Text) -> dict[str, Any]:
    return {
        "sid": text.sid,
        "to": text.to,
        "from": text.sender,
        "body": text.body,
        "status": text.status,
        "error_code": text.error_code,
        "at": text.created_at.isoformat(),
        "segments": text.segments,
        "callbacks": text.callbacks,
    }
