"""/2010-04-01/Accounts/<sid>/Messages: what our Twilio client talks to."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import re
import threading
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, request

from sandbox.phone.exchange import Exchange, Text

LONGEST_TEXT = 1600
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


class _Refusal(Exception):
    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def api_blueprint(exchange: Exchange, stopping: threading.Event) -> Blueprint:
    """The REST API of one account; `stopping` ends answers that were told to hang."""
    blueprint = Blueprint("phone_api", __name__, url_prefix="/2010-04-01/Accounts/<account>")

    @blueprint.errorhandler(_Refusal)
    def refused(refusal: _Refusal) -> Response:
        more_info = f"https://www.twilio.com/docs/errors/{refusal.code}"
        payload = {"code": refusal.code, "message": refusal.message, "more_info": more_info, "status": refusal.status}
        return _json(payload, refusal.status)

    @blueprint.post("/Messages.json")
    def create(account: str) -> Response:
        _check_account(exchange, account)
        return _create(exchange, stopping)

    @blueprint.get("/Messages.json")
    def list_all(account: str) -> Response:
        _check_account(exchange, account)
        return _list(exchange)

    @blueprint.get("/Messages/<sid>.json")
    def fetch(account: str, sid: str) -> Response:
        _check_account(exchange, account)
        text = exchange.text(sid)
        if text is None:
            raise _Refusal(20404, f"The requested resource {request.path} was not found", 404)
        return _json(_resource(exchange, text))

    return blueprint


def _check_account(exchange: Exchange, account: str) -> None:
    given = request.authorization
    right = given and given.type == "basic" and given.username == account
    if not right or account != exchange.config.account_sid or given.password != exchange.config.auth_token:
        raise _Refusal(20003, "Authenticate", 401)
    if exchange.behaviour.spend("too_many"):
        raise _Refusal(20429, "Too Many Requests", 429)


def _create(exchange: Exchange, stopping: threading.Event) -> Response:
    behaviour = exchange.behaviour
    to = request.form.get("To", "")
    try:
        _check_form(exchange)
    except _Refusal as refusal:
        exchange.note("refused", to, code=refusal.code)
        raise
    if behaviour.spend("broken"):
        exchange.note("broken", to)
        raise _Refusal(20500, "An internal server error has occurred", 500)
    if behaviour.spend("lost_before"):
        exchange.note("lost", to)
        stopping.wait(behaviour.get("hang"))
        raise _Refusal(20504, "Gateway timeout", 504)
    form = request.form
    text = exchange.take(form["To"], form["From"], form["Body"], form.get("StatusCallback", ""))
    if behaviour.spend("lost_after"):
        stopping.wait(behaviour.get("hang"))
        raise _Refusal(20504, "Gateway timeout", 504)
    if behaviour.spend("broken_after"):
        raise _Refusal(20500, "An internal server error has occurred", 500)
    return _json(_resource(exchange, text), 201)


def _check_form(exchange: Exchange) -> None:
    if request.mimetype != "application/x-www-form-urlencoded":
        raise _Refusal(20001, "Unsupported content type", 415)
    form = request.form
    to, body = form.get("To", ""), form.get("Body", "")
    if not to:
        raise _Refusal(21604, "A 'To' phone number is required.")
    if not _NUMBER.fullmatch(to):
        raise _Refusal(21211, f"Invalid 'To' Phone Number: {to}")
    _check_sender(exchange.config.sender, form.get("From", ""), to)
    if not body:
        raise _Refusal(21602, "Message body is required.")
    if len(body) > LONGEST_TEXT:
        raise _Refusal(21617, "The concatenated message body exceeds the 1600 character limit")
    _check_callback(form.get("StatusCallback", ""))
    if to in exchange.behaviour.get("opted_out"):
        raise _Refusal(21610, "Attempt to send to unsubscribed recipient")
    if to in exchange.behaviour.get("landlines"):
        raise _Refusal(21614, f"'To' number is not a valid mobile number: {to}")


def _check_sender(own: str, sender: str, to: str) -> None:
    if not sender:
        raise _Refusal(21603, "A 'From' phone number is required.")
    if not _NUMBER.fullmatch(sender):
        raise _Refusal(21212, f"Invalid From Number (caller ID): {sender}")
    if sender != own:
        raise _Refusal(21606, f"The 'From' phone number {sender} is not a valid, SMS-capable number for your account.")
    if to == sender:
        raise _Refusal(21266, "'To' and 'From' number cannot be the same")


def _check_callback(url: str) -> None:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname):
        raise _Refusal(21609, f"The StatusCallback URL {url} is not a valid URL.")


def _list(exchange: Exchange) -> Response:
    query = request.args
    texts = exchange.texts(query.get("To", ""), query.get("From", ""))[::-1]
    for name, keeps in (("DateSent>", _not_before), ("DateSent<", _not_after), ("DateSent", _on_day)):
        if name in query:
            texts = [text for text in texts if text.sent_at and keeps(text.sent_at, _moment(query[name]))]
    size = min(max(_whole(query.get("PageSize"), 50), 1), 1000)
    page = _whole(query.get("Page"), 0)
    more = len(texts) > (page + 1) * size
    shown = texts[page * size : (page + 1) * size]
    payload = {
        "messages": [_resource(exchange, text) for text in shown],
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": max(page * size + len(shown) - 1, 0),
        "uri": _uri(query.to_dict()),
        "first_page_uri": _uri({**query, "PageSize": size, "Page": 0}),
        "previous_page_uri": _uri({**query, "PageSize": size, "Page": page - 1}) if page else None,
        "next_page_uri": _uri({**query, "PageSize": size, "Page": page + 1}) if more else None,
    }
    return _json(payload)


def _resource(exchange: Exchange, text: Text) -> dict[str, Any]:
    account = exchange.config.account_sid
    uri = f"/2010-04-01/Accounts/{account}/Messages/{text.sid}"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": text.body,
        "date_created": _written(text.created_at),
        "date_sent": _written(text.sent_at),
        "date_updated": _written(text.updated_at),
        "direction": "outbound-api",
        "error_code": text.error_code,
        "error_message": None,
        "from": text.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(text.segments),
        "price": None,
        "price_unit": "USD",
        "sid": text.sid,
        "status": text.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": text.to,
        "uri": f"{uri}.json",
    }


def _uri(query: dict[str, Any]) -> str:
    return f"{request.path}?{urlencode(query)}" if query else request.path


def _written(moment: dt.datetime | None) -> str | None:
    return email.utils.format_datetime(moment) if moment else None


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise _Refusal(20001, "Invalid date") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _not_before(sent: dt.datetime, limit: dt.datetime) -> bool:
    return sent >= limit


def _not_after(sent: dt.datetime, limit: dt.datetime) -> bool:
    return sent <= limit


def _on_day(sent: dt.datetime, day: dt.datetime) -> bool:
    return sent.date() == day.date()


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else default


def _json(payload: Any, status: int = 200) -> Response:
    return Response(json.dumps(payload), status, mimetype="application/json")
