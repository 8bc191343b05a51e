"""A shop's webhooks: prove who sent one, say what it is about. No I/O.

The signature covers the raw body alone; headers are the sender's word, and the delivery id in them is made of the
webhook's number and the second. Deliveries are told apart by their content.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping

from bopis.ports import Account, BadDelivery, Delivery, Ping
from integrations.payloads import check_hmac, digits, hmac_of, json_object

SECRETS = ("webhook_secret", "previous_webhook_secret")
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_TOPIC = re.compile(r"[a-z_]{1,40}\.[A-Za-z0-9_./-]{1,100}")
_DELIVERY_ID = re.compile(r"[\x21-\x7e]{1,100}")
_ORDERS = "order."


def verify(headers: Mapping[str, str], body: bytes, account: Account) -> Delivery:
    """Check the raw body's signature and read the headers.

    Raises Ping for the unsigned question a shop asks when a webhook is made, BadSignature, or BadDelivery when the
    topic is missing. A body that cannot be read is still a delivery: it is kept as evidence.
    """
    given = {name.lower(): value for name, value in headers.items()}
    if "x-wc-webhook-signature" not in given and _PING.fullmatch(body):
        raise Ping
    secrets = [account.secrets.get(name, "") for name in SECRETS]
    check_hmac(given.get("x-wc-webhook-signature", ""), body, secrets)
    topic = given.get("x-wc-webhook-topic", "").strip()
    if not _TOPIC.fullmatch(topic):
        raise BadDelivery("X-WC-Webhook-Topic")
    # Of what is deleted only the id is sent, whenever that happens.
    is_thin = topic == "order.deleted"
    delivery_id = given.get("x-wc-webhook-delivery-id", "").strip()
    if not is_thin or not _DELIVERY_ID.fullmatch(delivery_id):
        delivery_id = "sha256:" + hashlib.sha256(topic.encode() + b"\n" + body).hexdigest()
    subject, changed_at = _about(body)
    return Delivery(delivery_id, topic, subject, changed_at, is_thin)


def signed(body: bytes, account: Account) -> dict[str, str]:
    """What a shop writes above a webhook. Raises PermanentFailure without a secret to sign with."""
    return {
        "Content-Type": "application/json",
        "X-WC-Webhook-Source": f"https://{account.name}/",
        "X-WC-Webhook-Topic": "lockers.test",
        "X-WC-Webhook-Resource": "lockers",
        "X-WC-Webhook-Event": "test",
        "X-WC-Webhook-Signature": hmac_of(body, [account.secrets.get(SECRETS[0], "")]),
    }


def order_of(topic: str, body: bytes) -> str | None:
    """The order a delivery concerns, as decimal digits, or None. Raises BadDelivery naming the missing field."""
    if not topic.startswith(_ORDERS):
        return None
    found = digits(json_object(body).get("id"))
    if found is None:
        raise BadDelivery(f"{topic}: id")
    return found


def _about(body: bytes) -> tuple[str, dt.datetime | None]:
    """Whose id the body names and when that was changed, as far as it says so."""
    try:
        payload = json_object(body)
        subject = digits(payload.get("id")) or ""
        changed_at = dt.datetime.fromisoformat(str(payload.get("date_modified_gmt")))
    except BadDelivery:
        return "", None
    except ValueError:
        return subject, None
    return subject, changed_at.replace(tzinfo=dt.UTC)
