"""Who this bridge is to the service, kept in its journal."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from firmware_bridge.journal import Journal


@dataclass(frozen=True)
class Identity:
    """Ids and keys. `repr` shows no key."""

    bridge_id: str
    key_id: str
    key: Ed25519PrivateKey = field(repr=False)
    cloud_key: Ed25519PublicKey = field(repr=False)
    bank_key: bytes = field(repr=False)


def load_identity(journal: Journal) -> Identity | None:
    """The identity an earlier enrolment left, or None."""
    kept = journal.read("identity")
    if kept is None:
        return None
    body = json.loads(kept)
    return Identity(
        body["bridge_id"],
        body["key_id"],
        private_key(journal),
        Ed25519PublicKey.from_public_bytes(base64.b64decode(body["cloud_key"])),
        base64.b64decode(body["bank_key"]),
    )


def forget_identity(journal: Journal) -> None:
    """Be nobody, to enrol anew: another key, and events that are told to the new bridge from its first number on."""
    with journal.writing() as db:
        db.execute("DELETE FROM meta WHERE name IN ('identity', 'private_key', 'next_key', 'key_since', 'cursor')")
        journal.number_anew()


def private_key(journal: Journal) -> Ed25519PrivateKey:
    """The device's key, made on first use; it never leaves the machine."""
    kept = journal.read("private_key")
    if kept is not None:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(kept))
    key = Ed25519PrivateKey.generate()
    journal.write("private_key", base64.b64encode(key.private_bytes_raw()).decode())
    return key
