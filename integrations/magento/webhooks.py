"""Adobe I/O Events of a shop: prove who sent one, say which order it concerns.

Adobe signs the raw body of every customer's events with the same keys; whose it is says the client id in the body.
Source: developer.adobe.com/events, "Securing your webhook".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from bopis.ports import Account, BadDelivery, BadSignature, Delivery
from integrations.payloads import digits, json_object

ORDER_SAVED = "observer.sales_order_save_commit_after"
_TYPE = f"com.adobe.commerce.{ORDER_SAVED}"
_PLAIN = re.compile(r"[\x21-\x7e]{1,150}")


def verify(
    headers: Mapping[str, str], body: bytes, account: Account, key_of: Callable[[str], RSAPublicKey | None]
) -> Delivery:
    """Check signature and recipient, and say what it is; a body nobody can read is a delivery with no subject.

    Raises BadSignature, always where the connection names no `client_id`: such a shop is asked and sends nothing.
    """
    client_id = account.settings.get("client_id", "")
    if not client_id:
        raise BadSignature("no events are expected for this connection")
    given = {name.lower(): value for name, value in headers.items()}
    try:
        payload = json_object(body)
    except BadDelivery:
        payload = {}
    # Before the signature, so that a stranger has us fetch no key.
    if payload.get("recipient_client_id", client_id) != client_id:
        raise BadSignature("the event is for another client")
    if not any(_is_signed(given, number, body, key_of) for number in ("1", "2")):
        raise BadSignature("neither signature is Adobe's")
    topic, event_id = payload.get("type"), payload.get("event_id") or payload.get("id")
    if not isinstance(topic, str) or not _PLAIN.fullmatch(topic) or "recipient_client_id" not in payload:
        return Delivery(f"sha256:{hashlib.sha256(body).hexdigest()}", "unreadable", "")
    if not isinstance(event_id, str) or not _PLAIN.fullmatch(event_id):
        event_id = f"sha256:{hashlib.sha256(body).hexdigest()}"
    return Delivery(event_id, topic, _entity(payload) or "")


def order_of(body: bytes) -> str | None:
    """The order an event concerns, or None. Raises BadDelivery naming the missing field."""
    payload = json_object(body)
    for name in ("type", "recipient_client_id"):
        if not isinstance(payload.get(name), str):
            raise BadDelivery(name)
    if payload["type"] != _TYPE:
        return None
    found = _entity(payload)
    if found is None:
        raise BadDelivery("data.value.entity_id")
    return found


def _entity(payload: Mapping[str, Any]) -> str | None:
    data = payload.get("data")
    value = data.get("value") if isinstance(data, dict) else None
    return digits(value.get("entity_id")) if isinstance(value, dict) else None


def _is_signed(
    given: Mapping[str, str], number: str, body: bytes, key_of: Callable[[str], RSAPublicKey | None]
) -> bool:
    path, text = given.get(f"x-adobe-public-key{number}-path", ""), given.get(f"x-adobe-digital-signature-{number}", "")
    try:
        signature = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    key = key_of(path) if signature and path else None
    if key is None:
        return False
    try:
        key.verify(signature, body, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
