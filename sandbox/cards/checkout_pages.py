"""The page on which the pretend shopper pays, the API that opens it, and the same for programs."""

from __future__ import annotations

import threading

from flask import Blueprint, Response, jsonify, redirect, render_template_string, request
from werkzeug.wrappers import Response as BaseResponse

from sandbox.cards import api
from sandbox.cards.checkouts import Checkouts, written
from sandbox.cards.processor import CardError

_DECIMALS = {"jpy": 0, "krw": 0, "kwd": 3, "bhd": 3}
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pay (sandbox)</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<style>body{font:18px/1.5 system-ui,sans-serif;max-width:26rem;margin:2rem auto;padding:0 1rem}
button,a{font:inherit;display:block;width:100%;box-sizing:border-box;padding:.8rem;margin:.8rem 0;text-align:center;
border-radius:.5rem;border:1px solid;background:none;color:inherit;text-decoration:none}
button{background:#0b5a66;color:#fff;font-weight:600}dl{display:grid;grid-template-columns:1fr auto;gap:.3rem 1rem}
dd{margin:0}dt:last-of-type,dd:last-of-type{font-weight:700;border-top:1px solid;padding-top:.3rem}</style></head><body>
<h1>Pretend to pay</h1><p>This page stands for the card processor’s. No money moves.</p>
<dl>{% for words, amount in items %}<dt>{{ words }}</dt><dd>{{ amount }}</dd>{% endfor %}
<dt>Total</dt><dd>{{ total }}</dd></dl>
{% if open %}<form method="post"><button>Pay {{ total }}</button></form><a href="{{ back }}">Back without paying</a>
{% else %}<p>Nothing can be paid here any more.</p><a href="{{ back }}">Back</a>{% endif %}</body></html>"""


def checkout_api_blueprint(checkouts: Checkouts, stopping: threading.Event) -> Blueprint:
    """/v1/checkout/sessions."""
    blueprint = Blueprint("checkout_api", __name__, url_prefix="/v1/checkout/sessions")
    processor = checkouts.processor
    blueprint.register_error_handler(CardError, api.refused)

    @blueprint.before_request
    def check() -> None:
        api.check_caller(processor, stopping)

    @blueprint.post("")
    def create() -> Response:
        form, base = request.form.to_dict(), request.host_url.rstrip("/")
        return api.once(processor, stopping, lambda: written(checkouts.create(form), base))

    @blueprint.get("/<session_id>")
    def retrieve(session_id: str) -> Response:
        api.may_be_lost(processor, stopping)
        wanted = [value for name, value in request.args.items() if name.startswith("expand")]
        if any(value not in ("payment_intent", "payment_intent.latest_charge.refunds") for value in wanted):
            raise CardError("", "This property cannot be expanded.")
        base = request.host_url.rstrip("/")
        return api.written(written(checkouts.one(session_id), base, expanded=bool(wanted)))

    @blueprint.post("/<session_id>/expire")
    def expire(session_id: str) -> Response:
        checkouts.one(session_id)
        return api.once(processor, stopping, lambda: written(checkouts.expire(session_id)))

    return blueprint


def checkout_pages_blueprint(checkouts: Checkouts) -> Blueprint:
    """`/cards/pay/<id>` for people; `GET /cards/api/checkouts`, `POST /cards/api/checkouts/<id>/pay` for programs."""
    blueprint = Blueprint("checkout_pages", __name__, url_prefix="/cards")

    @blueprint.errorhandler(CardError)
    def refused(error: CardError) -> tuple[Response, int]:
        return jsonify(error={"code": error.code, "message": error.message}), error.status

    @blueprint.get("/pay/<session_id>")
    def page(session_id: str) -> str:
        found = checkouts.one(session_id)
        return render_template_string(
            _PAGE,
            items=[(words, _shown(amount, found.currency)) for words, amount in found.items],
            total=_shown(found.total, found.currency),
            open=found.status == "open",
            back=found.form.get("cancel_url", found.form["success_url"]),
        )

    @blueprint.post("/pay/<session_id>")
    def pay(session_id: str) -> BaseResponse:
        return redirect(checkouts.pay(session_id).form["success_url"], 303)

    @blueprint.get("/api/checkouts")
    def listed() -> Response:
        base = request.host_url.rstrip("/")
        return jsonify(checkouts=[written(each, base) for each in checkouts.all()])

    @blueprint.post("/api/checkouts/<session_id>/pay")
    def pay_by_program(session_id: str) -> Response:
        return jsonify(written(checkouts.pay(session_id)))

    return blueprint


def _shown(amount: int, currency: str) -> str:
    decimals = _DECIMALS.get(currency, 2)
    return f"{amount / 10**decimals:.{decimals}f} {currency.upper()}"
