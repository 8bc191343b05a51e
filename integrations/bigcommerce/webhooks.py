"""BigCommerce's webhooks: prove who sent one, say what it is about. No I/O.

Signed as Standard Webhooks has it, over id, time and body, but with the client secret's own bytes for a key, where a
library would decode them from base64 first. Of the time nothing hangs: what is played back makes us fetch the order
again, and a delivery that comes 48 hours late, as they may, is welcome.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
import re
import uuid
from collections.abc import Mapping

from bopis.ports import Account, AccountNews, BadDelivery, BadSignature, Delivery
from integrations.payloads import digits, hmac_of, json_object

SECRETS = ("client_secret", "previous_client_secret")
"""Of the app or API account whose token made the subscriptions, and the one it replaced."""
UNINSTALLED = "store/app/uninstalled"
_SCOPE = re.compile("store/[A-Za-z0-9/]{1,80}")
_PART = re.compile(r"[\x21-\x7e]{1,100}")
_OF_ORDERS = re.compile("store/(?:channel/[0-9]+/)?order/.+")
_UNREADABLE = "unreadable"


def verify(headers: Mapping[str, str], body: bytes, account: Account) -> Delivery:
    """Check the signature and the store, and say what it is; a body nobody can read is a delivery with no subject.

    Raises BadSignature alone: a refusal would be tried for 48 hours and then cost the subscription. Source:
    BigCommerce's “HTTPS Webhooks Overview” and standardwebhooks.com.
    """
    given = {name.lower(): value.strip() for name, value in headers.items()}
    webhook_id, at = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not _PART.fullmatch(webhook_id) or not _PART.fullmatch(at):
        raise BadSignature("the delivery lacks its id or its time")
    signed = f"{webhook_id}.{at}.".encode() + body
    _check_signature(given.get("webhook-signature", ""), signed, account)
    try:
        payload = json_object(body)
        producer = payload.get("producer")
    except BadDelivery:
        return Delivery(webhook_id, _UNREADABLE, "")
    # One app's secret signs for every store that has it.
    if producer is not None and producer != f"stores/{account.name}":
        raise BadSignature("the delivery is another store's")
    scope = payload.get("scope")
    topic = scope if isinstance(scope, str) and _SCOPE.fullmatch(scope) else _UNREADABLE
    try:
        subject = order_of(body) or ""
    except BadDelivery:
        subject = ""
    return Delivery(webhook_id, topic, subject, _moment(payload.get("created_at")), is_thin=True)


def signed(body: bytes, account: Account, now: dt.datetime) -> dict[str, str]:
    """What BigCommerce writes above a webhook. Raises PermanentFailure without a secret to sign with."""
    webhook_id, at = str(uuid.uuid4()), str(int(now.timestamp()))
    signature = hmac_of(f"{webhook_id}.{at}.".encode() + body, [account.secrets.get(SECRETS[0], "")])
    return {
        "Content-Type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{signature}",
    }


def order_of(body: bytes) -> str | None:
    """The order a delivery concerns, as decimal digits, or None. Raises BadDelivery naming the missing field."""
    payload = json_object(body)
    scope, data = payload.get("scope"), payload.get("data")
    if not isinstance(scope, str):
        raise BadDelivery("scope")
    if scope.startswith("store/shipment/"):
        names = ["orderId", "order_id"]  # the id beside them is the shipment's
    elif _OF_ORDERS.fullmatch(scope):
        names = ["order_id"]
        if not isinstance(data, dict) or data.get("type", "order") == "order":
            names.append("id")
    else:
        return None
    found = [digits(data.get(name)) for name in names] if isinstance(data, dict) else []
    order_id = next((each for each in found if each), None)
    if order_id is None:
        raise BadDelivery(f"{scope}: data.{names[0]}")
    return order_id


def account_news(body: bytes, account: Account) -> AccountNews | None:
    """What a delivery says about the store itself. Raises BadDelivery."""
    payload = json_object(body)
    if payload.get("scope") != UNINSTALLED:
        return None
    if payload.get("producer") != f"stores/{account.name}":
        raise BadDelivery(f"{UNINSTALLED}: producer")
    return AccountNews("uninstalled")


def _check_signature(signatures: str, signed: bytes, account: Account) -> None:
    keys = [account.secrets[name] for name in SECRETS if account.secrets.get(name)]
    digests = [hmac.digest(key.encode(), signed, "sha256") for key in keys]
    given = [_decoded(each) for each in signatures.split()[:10]]
    matches = [hmac.compare_digest(digest, each) for digest in digests for each in given]
    if not any(matches):
        raise BadSignature("no key of this connection made the signature")


def _decoded(signature: str) -> bytes:
    version, _, text = signature.partition(",")
    try:
        return base64.b64decode(text, validate=True) if version == "v1" else b""
    except (binascii.Error, ValueError):
        return b""


def _moment(seconds: object) -> dt.datetime | None:
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC) if isinstance(seconds, int) else None
    except (ValueError, OverflowError, OSError):
        return None
