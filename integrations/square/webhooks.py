"""Square's webhooks: prove who sent one, say what it is about. No I/O.

The signature covers the address they are sent to, exactly as it was subscribed, and the raw body. The event's own id
stands in the body, so it is signed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from bopis.ports import Account, AccountNews, BadDelivery, BadSignature, Delivery
from integrations.payloads import check_hmac, hmac_of, json_object

SECRETS = ("signature_key", "previous_signature_key")
REVOKED = "oauth.authorization.revoked"
_ORDERS = "order."
_PART = re.compile(r"[\x21-\x7e]{1,192}")


def verify(headers: Mapping[str, str], body: bytes, account: Account, url: str) -> Delivery:
    """Check the signature over `url` and body and the merchant, and say what it is; a body nobody can read is a
    delivery with no subject. Raises BadSignature. Source: developer.squareup.com, "Validate and test webhooks".
    """
    given = {name.lower(): value for name, value in headers.items()}
    keys = [account.secrets.get(name, "") for name in SECRETS]
    check_hmac(given.get("x-square-hmacsha256-signature", ""), url.encode() + body, keys)
    unread = Delivery(f"sha256:{hashlib.sha256(body).hexdigest()}", "unreadable", "")
    try:
        payload = json_object(body)
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


def signed(body: bytes, account: Account, url: str) -> dict[str, str]:
    """What Square writes above a webhook sent to `url`. Raises PermanentFailure without a key to sign with."""
    key = account.secrets.get(SECRETS[0], "")
    return {"Content-Type": "application/json", "x-square-hmacsha256-signature": hmac_of(url.encode() + body, [key])}


def order_of(body: bytes) -> str | None:
    """The order a delivery concerns, or None. Raises BadDelivery naming the missing field."""
    payload = json_object(body)
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
    payload = json_object(body)
    if payload.get("type") != REVOKED:
        return None
    if payload.get("merchant_id") != account.name:
        raise BadDelivery("merchant_id")
    return AccountNews("uninstalled")


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
