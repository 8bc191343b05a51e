"""Shopify's webhooks: prove who sent one, say what it is about. No I/O.

The signature covers the raw body alone; headers are the sender's word. That is enough, since news only makes us fetch
the order again, but it is why deliveries are told apart by content too.
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

from bopis.ports import Account, BadDelivery, BadSignature, Delivery
from integrations.shopify import schemas

SECRETS = ("client_secret", "previous_client_secret", "store_webhook_key")
"""The app's secret, the one it replaced (in use for up to an hour), and the key of webhooks made by hand."""

_TOPIC = re.compile(r"[a-z_]{1,40}/[a-z_]{1,60}")
_WEBHOOK_ID = re.compile(r"[\x21-\x7e]{1,100}")


def verify(headers: Mapping[str, str], body: bytes, account: Account, prefix: str = "X-Shopify-") -> Delivery:
    """Check the raw body's signature and the shop, and read the headers; `prefix` is how their names begin.

    A body that cannot be read is still a delivery, with no subject: it is kept as evidence and buried later, because a
    refusal would be tried eight times and then cost the subscription. Raises BadSignature, or BadDelivery when the
    topic is missing. Source: shopify.dev, "Verify webhook deliveries".
    """
    given = {name.lower(): value for name, value in headers.items()}
    start = prefix.lower()
    _check_signature(given.get(start + "hmac-sha256", ""), body, account)
    if given.get(start + "shop-domain", "").strip().lower() != account.name.lower():
        raise BadSignature("the delivery is another shop's")
    topic = given.get(start + "topic", "").strip()
    if not _TOPIC.fullmatch(topic):
        raise BadDelivery(f"{prefix}Topic")
    webhook_id = given.get(start + "webhook-id", "").strip()
    if not _WEBHOOK_ID.fullmatch(webhook_id):
        webhook_id = "sha256:" + hashlib.sha256(topic.encode() + b"\n" + body).hexdigest()
    return Delivery(webhook_id, topic, _subject(topic, body), _moment(given.get(start + "triggered-at", "")))


def _subject(topic: str, body: bytes) -> str:
    try:
        return order_of(topic, body) or str(_read(body).get("id") or "")[:100]
    except BadDelivery:
        return ""


def order_of(topic: str, body: bytes) -> str | None:
    """The order a delivery concerns, as decimal digits, or None. Raises BadDelivery naming the missing field."""
    payload = _read(body)
    schema = _schema_for(topic)
    if schema is None:
        return _order_of_unit(payload) if topic.startswith("fulfillment_orders/") else None
    try:
        news = schemas.load(schema, payload)
    except schemas.Misfit as misfit:
        raise BadDelivery(f"{topic}: {misfit.field}") from None
    return news.get("id") or news.get("order_id") or news["order_edit"]["order_id"]


def _schema_for(topic: str) -> schemas.Vendor | None:
    if topic == "orders/edited":
        return schemas.OrderEditedNews()
    if topic.startswith("orders/"):
        return schemas.OrderNews()
    if topic == "refunds/create" or topic.startswith("fulfillments/"):
        return schemas.AboutAnOrder()
    return None


def _order_of_unit(payload: dict[str, object]) -> str | None:
    """Most news of fulfilment orders carry their own ids only."""
    for part in (payload, *payload.values()):
        if isinstance(part, dict) and "order_id" in part:
            try:
                return schemas.load(schemas.AboutAnOrder(), part)["order_id"]
            except schemas.Misfit:
                continue
    return None


def _check_signature(signature: str, body: bytes, account: Account) -> None:
    try:
        given = base64.b64decode(signature.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("the signature is not base64") from None
    keys = [account.secrets[name].encode() for name in SECRETS if account.secrets.get(name)]
    matches = [hmac.compare_digest(hmac.new(key, body, hashlib.sha256).digest(), given) for key in keys]
    if not any(matches):
        raise BadSignature("no key of this connection made the signature")


def _read(body: bytes) -> dict[str, object]:
    try:
        payload = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadDelivery("the body is not JSON") from None
    if not isinstance(payload, dict):
        raise BadDelivery("the body is not a JSON object")
    return payload


def _moment(text: str) -> dt.datetime | None:
    """RFC 3339 with nanoseconds, as Shopify writes it; None when it is missing or junk, since nothing hangs on it."""
    try:
        moment = dt.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.strip()))
    except ValueError:
        return None
    return moment.astimezone(dt.UTC) if moment.tzinfo else None
