"""The bridge's key, changed at two thirds of its life or when the service asks for it.

A power cut at any step leaves a bridge that is let in: the next key is on the disk before it is offered, the present
one stays good until the next was used, and which of them signs changes in one transaction.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.failpoints import reached
from firmware_bridge.identity import Identity
from firmware_bridge.journal import Journal
from firmware_bridge.protocol.wire import KEY_LIFE_DAYS, proof_of_key
from firmware_bridge.salvage import keep_copy

log = logging.getLogger(__name__)

CHANGE_AFTER_SECONDS = KEY_LIFE_DAYS * 24 * 3600 * 2 // 3


class Keyring:
    """Who the bridge is now, and its next key while there is one. For several threads."""

    def __init__(self, journal: Journal, identity: Identity) -> None:
        self.identity = identity
        self._journal = journal
        self._lock = threading.Lock()
        self._wanted = False
        kept = journal.read("next_key")
        self._next = Ed25519PrivateKey.from_private_bytes(base64.b64decode(kept)) if kept else None

    def offer(self) -> dict[str, Any]:
        """What a sync carries of it: the next key, if one is due. Raises NotJournaled."""
        with self._lock:
            if self._next is None and (self._wanted or self._due()):
                self._make()
            if self._next is None:
                return {}
            public = self._next.public_key().public_bytes_raw()
            proof = self._next.sign(proof_of_key(self.identity.bridge_id, public))
        return {"new_key": {"public_key": _b64(public), "proof": _b64(proof)}}

    def take(self, told: Any) -> None:
        """The service's word on keys, from a verified answer. Raises NotJournaled."""
        if not isinstance(told, Mapping):
            return
        with self._lock:
            self._wanted |= told.get("wanted") is True
            named = told.get("id")
            if self._next is not None and isinstance(named, str) and named.endswith(_fingerprint(self._next)):
                reached("key_answered")
                self._change(named, self._next)

    def _due(self) -> bool:
        clock = self._journal.clock
        if clock.state != "synced":
            return False
        since = self._journal.read("key_since")
        if since is None:
            self._journal.write("key_since", str(clock.now()))
            return False
        return clock.now() - float(since) >= CHANGE_AFTER_SECONDS

    def _make(self) -> None:
        key = Ed25519PrivateKey.generate()
        self._journal.write("next_key", _b64(key.private_bytes_raw()))
        keep_copy(self._journal)
        self._next = key
        reached("key_made")

    def _change(self, named: str, key: Ed25519PrivateKey) -> None:
        with self._journal.writing() as db:
            identity = json.loads(self._journal.read("identity") or "{}") | {"key_id": named}
            self._journal.write("identity", json.dumps(identity))
            self._journal.write("private_key", _b64(key.private_bytes_raw()))
            self._journal.write("key_since", str(self._journal.clock.now()))
            db.execute("DELETE FROM meta WHERE name = 'next_key'")
        reached("key_kept")
        self.identity = replace(self.identity, key_id=named, key=key)
        self._next, self._wanted = None, False
        keep_copy(self._journal)
        log.info("this bridge signs with a new key, %s", named)


def _fingerprint(key: Ed25519PrivateKey) -> str:
    return "-" + hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:8]


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
