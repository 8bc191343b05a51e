"""Signed requests and responses between bridge and cloud: RFC 9421 with Ed25519 over the RFC 9530 body digest.

Both directions are signed, because a response may carry a command that opens a door. A request covers its method,
authority, target and body; a response covers its status and body and repeats the nonce of the request it answers, so
that an old answer cannot be played back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException

LABEL = "bopis"
REQUEST_TAG = "bopis-bridge-1"
RESPONSE_TAG = "bopis-cloud-1"
REQUEST_PARTS = ("@method", "@authority", "@target-uri", "content-digest", "content-type")
RESPONSE_PARTS = ("@status", "content-digest", "content-type")
LIFETIME = dt.timedelta(seconds=60)
CLOCK_SKEW = dt.timedelta(seconds=300)


class BadSignature(Exception):
    """A message is not signed by whom it says, or not for this use. `code` is stable and safe to show."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Request:
    """The signed parts of a request. `url` is absolute, as the caller addressed it."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Response:
    """The signed parts of a response."""

    status_code: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Signed:
    """What a good signature says about itself."""

    key_id: str
    nonce: str
    created: dt.datetime


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, private: Ed25519PrivateKey) -> None:
        self.private = private

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        return self.private

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        raise NotImplementedError


class _Lookup(HTTPSignatureKeyResolver):
    def __init__(self, find: Callable[[str], Ed25519PublicKey | None]) -> None:
        self.find = find

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        raise NotImplementedError

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        return self.find(key_id)


class _Verifier(HTTPMessageVerifier):
    """The library reads the wall clock; here the caller says what time it is."""

    now: dt.datetime

    def validate_created_and_expires(self, sig_input: Any, max_age: dt.timedelta | None = None) -> None:
        try:
            created = dt.datetime.fromtimestamp(sig_input.params["created"], dt.UTC)
            expires = dt.datetime.fromtimestamp(sig_input.params["expires"], dt.UTC)
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            raise InvalidSignature("created and expires are required") from None
        if expires - created > LIFETIME:
            raise InvalidSignature("lives too long")
        if created > self.now + CLOCK_SKEW or expires < self.now - CLOCK_SKEW:
            raise BadSignature("clock_skew")


def sign_request(message: Request, *, key_id: str, key: Ed25519PrivateKey, now: dt.datetime, nonce: str) -> None:
    """Add digest and signature headers to `message`. `nonce` is 128 random bits in hex, never used twice."""
    _sign(message, key_id=key_id, key=key, now=now, nonce=nonce, tag=REQUEST_TAG, parts=REQUEST_PARTS)


def sign_response(message: Response, *, key_id: str, key: Ed25519PrivateKey, now: dt.datetime, nonce: str) -> None:
    """Add digest and signature headers to `message`; `nonce` is that of the request it answers."""
    _sign(message, key_id=key_id, key=key, now=now, nonce=nonce, tag=RESPONSE_TAG, parts=RESPONSE_PARTS)


def verify_request(message: Request, *, find_key: Callable[[str], Ed25519PublicKey | None], now: dt.datetime) -> Signed:
    """Check a bridge's request and say who signed it. The caller refuses a nonce it has seen in the last 10 minutes.

    Raises BadSignature: `bad_signature`, `clock_skew`.
    """
    return _verify(message, find_key=find_key, now=now, tag=REQUEST_TAG, parts=REQUEST_PARTS)


def verify_response(message: Response, *, cloud_key: Ed25519PublicKey, now: dt.datetime, nonce: str) -> Signed:
    """Check the cloud's answer to the request that carried `nonce`.

    Raises BadSignature: `bad_signature`, `clock_skew`.
    """
    signed = _verify(message, find_key=lambda key_id: cloud_key, now=now, tag=RESPONSE_TAG, parts=RESPONSE_PARTS)
    if signed.nonce != nonce:
        raise BadSignature("bad_signature")
    return signed


def _sign(
    message: Any, *, key_id: str, key: Ed25519PrivateKey, now: dt.datetime, nonce: str, tag: str, parts: tuple[str, ...]
) -> None:
    message.headers.setdefault("Content-Type", "application/json")
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_OneKey(key)).sign(
        message,
        key_id=key_id,
        created=now,
        expires=now + LIFETIME,
        nonce=nonce,
        tag=tag,
        label=LABEL,
        covered_component_ids=parts,
        body=message.body,
    )


def _verify(
    message: Any,
    *,
    find_key: Callable[[str], Ed25519PublicKey | None],
    now: dt.datetime,
    tag: str,
    parts: tuple[str, ...],
) -> Signed:
    verifier = _Verifier(signature_algorithm=algorithms.ED25519, key_resolver=_Lookup(find_key))
    verifier.now = now
    try:
        results = verifier.verify(message, max_age=None, expect_tag=tag, require_components=parts, body=message.body)
    except HTTPMessageSignaturesException as problem:
        raise BadSignature("bad_signature") from problem
    if len(results) != 1 or not results[0].nonce:
        raise BadSignature("bad_signature")
    found = results[0].parameters
    return Signed(found["keyid"], results[0].nonce, dt.datetime.fromtimestamp(found["created"], dt.UTC))
