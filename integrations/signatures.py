"""Signatures of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`. No I/O.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bopis.ports import BadSignature

PREFIX = "whsec_"
TOLERANCE = dt.timedelta(minutes=5)
"""How far a sender's clock may be from ours, either way; what is older may be played back by somebody."""
_SHORTEST, _LONGEST = 24, 64
_MOST_SIGNATURES = 20
_ID = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True)
class Proven:
    """What a good signature covers beside the body."""

    message_id: str
    at: dt.datetime


def key_of(secret: str) -> bytes:
    """The key in `whsec_` and base64 of 24 to 64 bytes. Raises ValueError."""
    try:
        key = base64.b64decode(secret.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a signing secret is whsec_ and base64") from None
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"a signing secret holds {_SHORTEST} to {_LONGEST} bytes")
    return key


def sign(secrets: Sequence[str], message_id: str, at: dt.datetime, body: bytes) -> dict[str, str]:
    """The three headers, with one signature for each secret, newest first. Raises ValueError for a bad secret."""
    sent = str(int(at.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": sent,
        "webhook-signature": " ".join(f"v1,{_written(key_of(secret), message_id, sent, body)}" for secret in secrets),
    }


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: dt.datetime) -> Proven:
    """Check a message against every secret, in constant time. `headers` have lower-case names. Raises BadSignature."""
    message_id, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(message_id) or not re.fullmatch("[0-9]{1,11}", sent):
        raise BadSignature("webhook-id or webhook-timestamp is missing or malformed")
    at = dt.datetime.fromtimestamp(int(sent), dt.UTC)
    if abs(now - at) > TOLERANCE:
        raise BadSignature("webhook-timestamp is too far from our clock")
    given = [part[3:].encode() for part in headers.get("webhook-signature", "").split() if part.startswith("v1,")]
    wanted = [_written(key, message_id, sent, body).encode() for key in _keys(secrets)]
    matches = [hmac.compare_digest(mine, theirs) for mine in wanted for theirs in given[:_MOST_SIGNATURES]]
    if not any(matches):
        raise BadSignature("no key of this connection made the signature")
    return Proven(message_id, at)


def _keys(secrets: Sequence[str]) -> list[bytes]:
    keys = []
    for secret in secrets:
        try:
            keys.append(key_of(secret))
        except ValueError:
            continue  # with a secret that is none nobody proves anything
    return keys


def _written(key: bytes, message_id: str, sent: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(key, f"{message_id}.{sent}.".encode() + body, "sha256")).decode()
