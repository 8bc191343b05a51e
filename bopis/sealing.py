"""Secrets at rest: AES-256-GCM, each value bound to the row it belongs to.

Binding means that a value copied into another row, of another merchant say, does not open there. Keys come from the
settings, once at start: the first seals, all of them open, so that a key can be retired.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_keys: list[bytes] = []


class NotSealedHere(Exception):
    """A sealed value does not open: it belongs to another row, was altered, or its key is gone."""


def use_keys(keys: tuple[bytes, ...]) -> None:
    """Set the keys, 32 bytes each, newest first."""
    _keys[:] = keys


def seal(text: str, *, to: str) -> bytes:
    """Encrypt `text` for the place named by `to`, such as `orders.phone:<id>`."""
    return seal_bytes(text.encode(), to=to)


def unseal(sealed: bytes, *, to: str) -> str:
    """Decrypt what was sealed to `to`. Raises NotSealedHere."""
    return unseal_bytes(sealed, to=to).decode()


def seal_bytes(data: bytes, *, to: str) -> bytes:
    """`seal` for what need not be text."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(_keys[0]).encrypt(nonce, data, to.encode())


def unseal_bytes(sealed: bytes, *, to: str) -> bytes:
    """`unseal` for what need not be text. Raises NotSealedHere."""
    for key in _keys:
        try:
            return _cipher(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], to.encode())
        except InvalidTag:
            continue
    raise NotSealedHere(to.partition(":")[0])


@lru_cache(maxsize=16)
def _cipher(key: bytes) -> AESGCM:
    """Dearer to make than to use."""
    return AESGCM(key)


def derive(purpose: str) -> bytes:
    """32 bytes for one purpose, drawn from the newest key."""
    return _derive(_keys[0], purpose)


def blind(purpose: str, text: str) -> list[str]:
    """What `text` is found again by without being kept: one hexadecimal HMAC for each key, newest first.

    The first is what to store; all of them are what to look for, since a row may be older than the newest key.
    """
    named = f"blind:{purpose}"
    return [hmac.new(_derive(key, named), text.encode(), hashlib.sha256).hexdigest() for key in _keys]


def _derive(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, f"bopis:{purpose}".encode(), hashlib.sha256).digest()


def cloud_key() -> Ed25519PrivateKey:
    """The key the cloud signs its answers to bridges with."""
    return Ed25519PrivateKey.from_private_bytes(derive("cloud-signing-key"))
