"""Events: prove who sent one, say what it is about. No I/O."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any

import stripe

from bopis.ports import Account, BadDelivery, BadSignature, Delivery

SECRETS = ("webhook_secret", "previous_webhook_secret")
TOLERANCE = dt.timedelta(seconds=300)
_ID = re.compile(r"evt_[A-Za-z0-9_]{1,90}")
_INTENT = re.compile(r"pi_[A-Za-z0-9_]{1,90}")
_CHECKOUT = re.compile(r"cs_[A-Za-z0-9_]{1,120}")
_TOPIC = re.compile(r"[a-z0-9_.]{1,90}")
_SENT_AT = re.compile(r"(?:^|,)\s*t=(\d{1,12})(?:,|$)")


def verify(headers: Mapping[str, str], body: bytes, account: Account, now: dt.datetime) -> Delivery:
    """Check Stripe-Signature over the raw body, with any of the connection's secrets, and read the envelope.

    The library refuses what is old; what comes from the future is refused as well, or whoever once could set a clock
    would hold a delivery that never ages. Raises BadSignature, or BadDelivery naming the field.
    """
    given = {name.lower(): value for name, value in headers.items()}
    header = given.get("stripe-signature", "")
    _check_time(header, now)
    _check_signature(header, body, account)
    event = _read(body)
    event_id, topic = str(event.get("id") or ""), str(event.get("type") or "")
    if not _ID.fullmatch(event_id):
        raise BadDelivery("id")
    if not _TOPIC.fullmatch(topic):
        raise BadDelivery("type")
    return Delivery(event_id, topic, _payment(event) or "", _moment(event.get("created")))


def payment_of(body: bytes) -> str | None:
    """The PaymentIntent an event concerns, whatever its object is, or None. Raises BadDelivery."""
    return _payment(_read(body))


def checkout_of(body: bytes) -> str | None:
    """The Checkout Session an event is about, or None. Raises BadDelivery."""
    data = _read(body).get("data")
    about = data.get("object") if isinstance(data, dict) else None
    named = about.get("id") if isinstance(about, dict) and about.get("object") == "checkout.session" else None
    return named if isinstance(named, str) and _CHECKOUT.fullmatch(named) else None


def _check_time(header: str, now: dt.datetime) -> None:
    sent = _SENT_AT.search(header)
    if sent is None or abs(now.timestamp() - int(sent[1])) > TOLERANCE.total_seconds():
        raise BadSignature("the delivery is not from now")


def _check_signature(header: str, body: bytes, account: Account) -> None:
    for name in SECRETS:
        secret = account.secrets.get(name)
        if not secret:
            continue
        try:
            # Without its tolerance: that one goes by the machine's own clock, and looks back only.
            stripe.WebhookSignature.verify_header(body, header, secret, None)
            return
        except (stripe.SignatureVerificationError, ValueError):
            continue
    raise BadSignature("no secret of this connection made the signature")


def _payment(event: Mapping[str, Any]) -> str | None:
    data = event.get("data")
    about = data.get("object") if isinstance(data, dict) else None
    if not isinstance(about, dict):
        return None
    named: Any = about.get("id") if about.get("object") == "payment_intent" else about.get("payment_intent")
    if isinstance(named, dict):
        named = named.get("id")
    return named if isinstance(named, str) and _INTENT.fullmatch(named) else None


def _read(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadDelivery("the body is not JSON") from None
    if not isinstance(event, dict) or event.get("object") != "event":
        raise BadDelivery("object")
    return event


def _moment(seconds: Any) -> dt.datetime | None:
    fits = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < 10**11
    return dt.datetime.fromtimestamp(seconds, dt.UTC) if fits else None
