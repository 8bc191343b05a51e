"""/v1: what our client talks to. Form-encoded in, JSON out, refused by the rules Stripe publishes."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from sandbox.cards.objects import intent, refund
from sandbox.cards.processor import CardError, Processor

VERSION = "2026-10-28.endive"
LONGEST_KEY = 255
MOST_A_PAGE = 100
_CANCELLATIONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
_REFUND_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_IN_TENS = ("bhd", "jod", "kwd", "omr", "tnd")
_NAME = re.compile(r"([a-z_]+)(?:\[([a-z_0-9]*)\])?")


@dataclass(frozen=True)
class _Kept:
    """What a key brought. `form`: of which request."""

    form: str
    status: int
    payload: dict[str, Any] | None


def cards_api_blueprint(processor: Processor, stopping: threading.Event) -> Blueprint:
    """The REST API of one account; `stopping` ends answers that were told to hang."""
    blueprint = Blueprint("cards_api", __name__, url_prefix="/v1")

    blueprint.register_error_handler(CardError, refused)

    @blueprint.before_request
    def check() -> None:
        check_caller(processor, stopping)

    @blueprint.get("/payment_intents")
    def listed() -> Response:
        may_be_lost(processor, stopping)
        return written(page_of_intents(processor, request.args.to_dict()))

    @blueprint.get("/payment_intents/<payment_id>")
    def retrieve(payment_id: str) -> Response:
        may_be_lost(processor, stopping)
        return written(intent(processor.payment(payment_id), expanded=_expanded(request.args.to_dict())))

    @blueprint.post("/payment_intents/<payment_id>/capture")
    def capture(payment_id: str) -> Response:
        form = _form("amount_to_capture", "expand")
        amount = _whole(form, "amount_to_capture")
        _check_tens(processor.payment(payment_id).currency, amount)
        return once(processor, stopping, lambda: intent(processor.capture(payment_id, amount), expanded=True))

    @blueprint.post("/payment_intents/<payment_id>/cancel")
    def cancel(payment_id: str) -> Response:
        reason = _one_of(_form("cancellation_reason", "expand"), "cancellation_reason", _CANCELLATIONS)
        processor.payment(payment_id)
        return once(processor, stopping, lambda: intent(processor.cancel(payment_id, reason), expanded=True))

    @blueprint.post("/refunds")
    def create_refund() -> Response:
        form = _form("payment_intent", "amount", "reason", "metadata", "expand")
        payment = processor.payment(form.get("payment_intent", ""))
        amount, reason = _whole(form, "amount"), _one_of(form, "reason", _REFUND_REASONS)
        _check_tens(payment.currency, amount)
        notes = {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")}
        return once(processor, stopping, lambda: refund(payment, processor.refund(payment.id, amount, reason, notes)))

    return blueprint


def page_of_intents(processor: Processor, asked: dict[str, str]) -> dict[str, Any]:
    """Newest first, by when they were created; `starting_after` is the last one of the page before."""
    known = {"created[gte]", "created[lt]", "limit", "starting_after"}
    for name, value in asked.items():
        if name not in known:
            raise CardError("parameter_unknown", f"Received unknown parameter: {name}")
        if name != "starting_after" and not value.isdigit():
            raise CardError("parameter_invalid_integer", f"Invalid integer: {name}")
    limit = int(asked.get("limit", 10))
    if not 1 <= limit <= MOST_A_PAGE:
        raise CardError("parameter_invalid_integer", "limit must be between 1 and 100")
    since, until = int(asked.get("created[gte]", 0)), int(asked.get("created[lt]", 2**40))
    rows = [each for each in reversed(list(processor.payments.values())) if since <= each.created < until]
    if after := asked.get("starting_after"):
        rows = rows[[each.id for each in rows].index(processor.payment(after).id) + 1 :]
    data = [intent(processor.payment(each.id)) for each in rows[:limit]]
    return {"object": "list", "data": data, "has_more": len(rows) > limit, "url": "/v1/payment_intents"}


def refused(error: CardError) -> Response:
    """A refusal as Stripe writes it."""
    return written(_said(error), error.status)


def check_caller(processor: Processor, stopping: threading.Event) -> None:
    """Turn away who does not know the key or speaks another version; be as slow and as unwell as told."""
    stopping.wait(processor.behaviour.get("slow"))
    if request.headers.get("Authorization") != f"Bearer {processor.config.secret_key}":
        raise CardError("", "Invalid API Key provided.", 401)
    if request.headers.get("Stripe-Version") != VERSION:
        raise CardError("", "Invalid Stripe API version.")
    if processor.behaviour.get("down"):
        raise CardError("", "We are down.", 503, "api_error")
    if processor.behaviour.spend("too_many"):
        raise CardError("rate_limit", "Too many requests.", 429)
    if request.content_length and request.mimetype != "application/x-www-form-urlencoded":
        raise CardError("", "Invalid content type.")


def may_be_lost(processor: Processor, stopping: threading.Event) -> None:
    """Reading does nothing: lost on its way in or out is the same."""
    if processor.lost():
        stopping.wait(processor.behaviour.get("hang"))
        raise CardError("", "Gateway timeout", 504, "api_error")


def _form(*known: str) -> dict[str, str]:
    form = request.form.to_dict()
    for name in form:
        said = _NAME.fullmatch(name)
        if said is None or said[1] not in known:
            raise CardError("parameter_unknown", f"Received unknown parameter: {name}")
    _expanded(form)
    return form


def _expanded(form: dict[str, str]) -> bool:
    wanted = [value for name, value in form.items() if name.startswith("expand")]
    if any(value not in ("latest_charge", "latest_charge.refunds") for value in wanted):
        raise CardError("", "This property cannot be expanded.")
    return bool(wanted)


def _whole(form: dict[str, str], name: str) -> int | None:
    text = form.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise CardError("parameter_invalid_integer", f"Invalid positive integer: {name}")
    return int(text)


def _one_of(form: dict[str, str], name: str, among: tuple[str, ...]) -> str | None:
    value = form.get(name)
    if value is not None and value not in among:
        raise CardError("", f"Invalid {name}: must be one of {', '.join(among)}")
    return value


def _check_tens(currency: str, amount: int | None) -> None:
    if currency in _IN_TENS and amount is not None and amount % 10:
        raise CardError("", "Three-decimal amounts must end in zero.")


def once(processor: Processor, stopping: threading.Event, do: Callable[[], dict[str, Any]]) -> Response:
    """Do it under its key: what the key brought once, a failure too, it brings again."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        raise CardError("", "Idempotency-Key is longer than 255 characters.")
    asked = json.dumps([request.path, sorted(request.form.items())])
    form = hashlib.sha256(asked.encode()).hexdigest()
    with processor.lock:
        kept = processor.kept.get(key) if key else None
        if key and key in processor.kept and kept is None:
            raise CardError("idempotency_key_in_use", "There is another request with this key.", 409)
        if kept is not None and kept.form != form:
            kind = "idempotency_error"
            raise CardError("", "Keys can only be used with the same parameters they were first used with.", 400, kind)
        if key and kept is None:
            processor.kept[key] = None
    lost = processor.lost()
    try:
        if lost == "before":
            stopping.wait(processor.behaviour.get("hang"))
            raise CardError("", "Gateway timeout", 504, "api_error")
        replayed = kept is not None
        kept = kept or _first(processor, form, do)
        if key:
            processor.kept[key] = kept
    finally:
        if key and processor.kept.get(key) is None:
            processor.kept.pop(key, None)
    if lost:
        stopping.wait(processor.behaviour.get("hang"))
        raise CardError("", "Gateway timeout", 504, "api_error")
    answer = written(kept.payload, kept.status)
    if replayed:
        answer.headers["Idempotent-Replayed"] = "true"
    return answer


def _first(processor: Processor, form: str, do: Callable[[], dict[str, Any]]) -> _Kept:
    try:
        if processor.behaviour.spend("broken"):
            raise CardError("", "Something went wrong on our end.", 500, "api_error")
        payload = do()
        if processor.behaviour.spend("broken_after"):
            raise CardError("", "Something went wrong on our end.", 500, "api_error")
        return _Kept(form, 200, payload)
    except CardError as error:
        return _Kept(form, error.status, _said(error))


def _said(error: CardError) -> dict[str, Any]:
    said: dict[str, Any] = {"type": error.kind, "message": error.message}
    return {"error": {**said, "code": error.code} if error.code else said}


def written(payload: Any, status: int = 200) -> Response:
    """JSON, indented by nobody."""
    return Response(json.dumps(payload), status, mimetype="application/json")
