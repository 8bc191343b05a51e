"""Standard Webhooks, read from the specification by whoever stands outside the product."""

from __future__ import annotations

import base64
import hashlib
import hmac

TOLERANCE = 300


def signature(secret: str, message_id: str, sent_at: int, body: bytes) -> str:
    """`v1,` and base64 of HMAC-SHA256 over id, time and body."""
    key = base64.b64decode(secret[len("whsec_") :])
    digest = hmac.new(key, b"%s.%d.%s" % (message_id.encode(), sent_at, body), hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def refusal(secret: str, message_id: str, sent: str, signatures: str, body: bytes, now: float) -> str:
    """Why a message is not believed; "" when it is."""
    if not message_id or not sent.isdigit():
        return "webhook-id or webhook-timestamp is missing"
    if abs(now - int(sent)) > TOLERANCE:
        return "webhook-timestamp is too old or too new"
    if signature(secret, message_id, int(sent), body) not in signatures.split():
        return "no signature of ours"
    return ""
