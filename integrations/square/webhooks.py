"""Square's webhooks: prove who sent one, say what it is about. No I/O.

The signature covers the address they are sent to, exactly as it was subscribed, and the raw body. The event's own id
stands in the body, so it is signed.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from bopis.ports import Account, AccountNews, BadDelivery, BadSignature, Delivery

SECRETS = ("signature_key", "previous_signature_key")
REVOKED = "oauth.authorization.revoked"
_ORDERS = "order."
_PART = re.compile(r"[\x21-\x7e]{1,192}")


def verify(headers: Mapping[str, str], body: bytes, account: Account, url: str) -> Delivery:
    """Check the signature over `url` and body and the merchant, and say what it is; a body nobody can read is a
    delivery with no subject. Raises BadSignature. Source: developer.squareup.com, "Validate and test webhooks".
    """
    given = {name.lower(): value for name, value in headers.items()}
    _check_signature(given.get("x-square-hmacsha256-signature", ""), url.encode() + body, account)
    unread = Delivery(f"sha256:{hashlib.sha256(body).hexdigest()}", "unreadable", "")
    try:
        payload = _read(body)
        event_id, topic = (_text(payload, name) for name in ("event_id", "type"))
    except BadDelivery:
        return unread
    if payload.get("merchant_id", account.name) != account.name:
        raise BadSignature("the delivery is another merchant's")
    try:
        subject = order_of(body) or ""
    except BadDelivery:
        subject = ""
    return Delivery(event_id, topic, subject, _moment(payload.get("created_at")))


def order_of(body: bytes) -> str | None:
    """The order a delivery concerns, or None. Raises BadDelivery naming the missing field."""
    payload = _read(body)
    if not _text(payload, "type").startswith(_ORDERS):
        return None
    data = payload.get("data")
    data = data if isinstance(data, dict) else {}
    inner = data.get("object")
    parts = [part for part in inner.values() if isinstance(part, dict)] if isinstance(inner, dict) else []
    found = [part.get("order_id") for part in parts] + [data.get("id")]
    for order_id in found:
        if isinstance(order_id, str) and _PART.fullmatch(order_id):
            return order_id
    raise BadDelivery("data.id")


def account_news(body: bytes, account: Account) -> AccountNews | None:
    """What a delivery says about the seller. Raises BadDelivery."""
    payload = _read(body)
    if payload.get("type") != REVOKED:
        return None
    if payload.get("merchant_id") != account.name:
        raise BadDelivery("merchant_id")
    return AccountNews("uninstalled")


def _check_signature(signature: str, signed: bytes, account: Account) -> None:
    try:
        given = base64.b64decode(signature.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("the signature is not base64") from None
    keys = [account.secrets[name] for name in SECRETS if account.secrets.get(name)]
    matches = [hmac.compare_digest(hmac.digest(key.encode(), signed, "sha256"), given) for key in keys]
    if not any(matches):
        raise BadSignature("no key of this connection made the signature")


def _read(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadDelivery("the body is not JSON") from None
    if not isinstance(payload, dict):
        raise BadDelivery("the body is not a JSON object")
    return payload


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not _PART.fullmatch(value):
        raise BadDelivery(name)
    return value


def _moment(text: object) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment.astimezone(dt.UTC) if moment and moment.tzinfo else None
