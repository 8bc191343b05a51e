"""The cards for programs: a shopper pays, a bank disputes; what moved, and what goes wrong."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.behaviour import Refused
from sandbox.cards.objects import intent
from sandbox.cards.processor import CardError, Processor


def cards_blueprint(processor: Processor) -> Blueprint:
    """/cards/api."""
    blueprint = Blueprint("cards", __name__, url_prefix="/cards/api")

    @blueprint.errorhandler(CardError)
    def refused(error: CardError) -> tuple[Response, int]:
        return jsonify(error={"code": error.code, "message": error.message}), error.status

    @blueprint.post("/payments")
    def authorise() -> tuple[Response, int]:
        asked: Any = request.get_json(silent=True)
        try:
            hours = asked.get("hours")
            notes = {name: str(asked[name]) for name in ("order_id", "order_name") if asked.get(name)}
            payment = processor.authorise(
                int(asked["amount"]), str(asked["currency"]), notes, float(hours) if hours is not None else None
            )
        except (TypeError, KeyError, ValueError, AttributeError):
            raise Refused("bad_payment", "Send amount, currency, and order_id or order_name.") from None
        return jsonify(intent(payment)), 201

    @blueprint.get("/payments")
    def payments() -> Response:
        return jsonify(payments=[intent(processor.payment(each)) for each in list(processor.payments)])

    @blueprint.post("/payments/<payment_id>/dispute")
    def dispute(payment_id: str) -> Response:
        processor.dispute(payment_id)
        return jsonify(ok=True)

    @blueprint.get("/ledger")
    def ledger() -> Response:
        return jsonify(
            moves=processor.ledger(),
            calls=processor.calls,
            events=[
                {"id": each.event_id, "topic": each.topic, "answers": each.answers} for each in processor.events.sent
            ],
        )

    @blueprint.get("/behaviour")
    def behaviour() -> Response:
        return jsonify(processor.behaviour.all())

    @blueprint.post("/behaviour")
    def behave() -> Response:
        return jsonify(processor.behaviour.change(request.get_json(silent=True)))

    return blueprint
