"""The mails for people and for the demo: a page as a mail program shows them, and a JSON API beside it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox.mail.letterbox import Letterbox


def mail_blueprint(letterbox: Letterbox) -> Blueprint:
    """/mail and /mail/api."""
    blueprint = Blueprint("mail", __name__, url_prefix="/mail")

    @blueprint.get("/")
    def page() -> str:
        return render_template("mail.html")

    @blueprint.get("/api/messages")
    def messages() -> Response:
        return jsonify(messages=[mail.seen() for mail in letterbox.mails(to=request.args.get("to", ""))])

    @blueprint.get("/api/ledger")
    def ledger() -> Response:
        return jsonify(attempts=letterbox.ledger())

    @blueprint.get("/api/behaviour")
    def behaviour() -> Response:
        return jsonify(letterbox.behaviour.all())

    @blueprint.post("/api/behaviour")
    def behave() -> Response:
        return jsonify(letterbox.behaviour.change(request.get_json(silent=True)))

    return blueprint
