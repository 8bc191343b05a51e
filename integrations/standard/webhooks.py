"""A shop's signed messages: who sent one, which order it carries. No I/O."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from typing import Any

from bopis.errors import PermanentFailure
from bopis.ports import Account, BadDelivery, Delivery
from integrations import signatures
from integrations.payloads import newest
from integrations.standard import schemas

SECRETS = ("signing_secret", "previous_signing_secret")
"""Both sign while one is being replaced."""
UNREADABLE = "unreadable"


def secrets_of(account: Account) -> list[str]:
    """The account's signing secrets, newest first."""
    return [account.secrets[name] for name in SECRETS if account.secrets.get(name)]


def verify(headers: Mapping[str, str], body: bytes, account: Account, now: dt.datetime) -> Delivery:
    """Check who sent a message. One that cannot be read is a delivery still, with no subject. Raises BadSignature."""
    given = {name.lower(): value for name, value in headers.items()}
    proven = signatures.verify(given, body, secrets_of(account), now)
    try:
        payload = read(body)
    except BadDelivery:
        return Delivery(proven.message_id, UNREADABLE, "")
    topic, order = payload.get("type"), payload.get("data")
    order = order if isinstance(order, dict) else {}
    subject = order.get("id")
    return Delivery(
        proven.message_id,
        topic if topic in schemas.EVENTS else UNREADABLE,
        str(subject) if isinstance(subject, str | int) and len(str(subject)) <= 100 else "",
        schemas.changed_at(order),
        is_source=not account.settings.get("orders_url"),
    )


def signed(body: bytes, account: Account, now: dt.datetime) -> dict[str, str]:
    """What a shop writes above a message. Raises PermanentFailure without a good secret to sign with."""
    secret = newest([account.secrets.get(SECRETS[0], "")])
    try:
        headers = signatures.sign([secret], f"test_{uuid.uuid4()}", now, body)
    except ValueError as problem:
        raise PermanentFailure("bad_secret", f"nobody is believed: {problem}") from None
    return {"Content-Type": "application/json", **headers}


def order_in(body: bytes, now: dt.datetime) -> dict[str, Any]:
    """The order a message carries, whole and right. Raises BadDelivery saying what is wrong and where."""
    try:
        event = schemas.load(schemas.Event(), read(body))
    except schemas.Misfit as misfit:
        raise BadDelivery(str(misfit)) from None
    order: dict[str, Any] = event["data"]
    if event["type"] == "order.cancelled":
        order["cancelled_at"] = order["cancelled_at"] or order["updated_at"]
    if schemas.is_too_new(order, now):
        raise BadDelivery("data.updated_at: Lies in the future.")
    return order


def read(body: bytes) -> dict[str, Any]:
    """The body as a JSON object. Raises BadDelivery."""
    try:
        payload = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadDelivery("the body is not JSON in UTF-8") from None
    if not isinstance(payload, dict):
        raise BadDelivery("the body is not a JSON object")
    return payload
