"""A bridge's keys: changed now and then with both valid for a while, and watched for a second machine that has one.

The bridge makes its next key and offers it in a sync signed with the present one. From then on both are good. The
first sync signed with the new one makes it the present one; the old one is good for another day, for what is under
way. A key used after that is in the wrong hands, or in a copy of the machine: the bridge is frozen.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import Session

from bopis import tasks
from bopis.bell import NewsForBank
from bopis.bridges.models import Bridge
from bopis.db import ring_after_commit
from bopis.errors import Invalid
from firmware_bridge.protocol.wire import proof_of_key

OVERLAP = dt.timedelta(hours=24)
"""How long the old key is good once the new one was used."""
LATE = dt.timedelta(seconds=60)
"""A request of the time before a restart may arrive after it, but not later than this."""
BOOTS_KEPT = 8
WORDS = {
    "retired_key": "A key was used that this bridge gave up long ago.",
    "two_boots": "Two machines speak in turn, each as if it were this bridge.",
    "two_journals": "An event was reported twice, with two different contents.",
}


def bridge_of_key(key_id: str) -> str:
    """Whose key it is: the first key is named as its bridge, later ones `<bridge>.<number>-<fingerprint>`."""
    return key_id.partition(".")[0]


def key_id(bridge: Bridge, number: int, public: bytes) -> str:
    """The name of a bridge's key; it never stands for another."""
    return bridge.id if number == 1 else f"{bridge.id}.{number}-{hashlib.sha256(public).hexdigest()[:8]}"


def find(session: Session, named: str) -> Ed25519PublicKey | None:
    """A key of a bridge that may speak to us: the present one, the next, the one before; else None."""
    bridge = session.get(Bridge, bridge_of_key(named))
    if bridge is None or bridge.revoked_at is not None:
        return None
    number = bridge.key_number
    known = (number, bridge.public_key), (number + 1, bridge.next_public_key), (number - 1, bridge.old_public_key)
    for at, public in known:
        if public is not None and named == key_id(bridge, at, public):
            return Ed25519PublicKey.from_public_bytes(public)
    return None


def used(session: Session, bridge: Bridge, named: str, now: dt.datetime) -> bool:
    """A request came, signed with this key. False when the key is no longer good; then the bridge is frozen."""
    if named == key_id(bridge, bridge.key_number, bridge.public_key):
        return True
    fresh = bridge.next_public_key
    if fresh is not None and named == key_id(bridge, bridge.key_number + 1, fresh):
        bridge.old_public_key, bridge.old_key_until = bridge.public_key, now + OVERLAP
        bridge.public_key, bridge.next_public_key = fresh, None
        bridge.key_number, bridge.key_since, bridge.key_asked_at = bridge.key_number + 1, now, None
        session.flush()
        return True
    if bridge.old_key_until is not None and now < bridge.old_key_until:
        return True
    freeze(session, bridge, "retired_key", now)
    return False


def offered(session: Session, bridge: Bridge, named: str, offer: dict[str, bytes] | None) -> dict[str, Any] | None:
    """What the bridge is told of its keys: the name of the one it offered, or that it should offer one. Raises Invalid.

    A new offer takes the place of one that was never used: its machine may have lost it.
    """
    if offer is None or named != key_id(bridge, bridge.key_number, bridge.public_key):
        return {"wanted": True} if bridge.key_asked_at is not None else None
    if offer["public_key"] != bridge.next_public_key:
        try:
            key = Ed25519PublicKey.from_public_bytes(offer["public_key"])
            key.verify(offer["proof"], proof_of_key(bridge.id, offer["public_key"]))
        except (InvalidSignature, ValueError):
            raise Invalid("bad_proof", "The new key did not sign the change.") from None
        bridge.next_public_key = offer["public_key"]
        session.flush()
    return {"id": key_id(bridge, bridge.key_number + 1, offer["public_key"])}


def ask_for_new(session: Session, bridge: Bridge, now: dt.datetime) -> None:
    """Ask the bridge to change its key at its next sync."""
    bridge.key_asked_at = now
    session.flush()
    ring_after_commit(session, NewsForBank(bridge.bank_id))


def booted(session: Session, bridge: Bridge, boot_id: str, now: dt.datetime) -> None:
    """Note which run of the machine speaks. One that was over and speaks again is a second machine."""
    if boot_id == bridge.boot_id:
        return
    if boot_id in bridge.earlier_boots:
        if bridge.boot_since is not None and now - bridge.boot_since > LATE:
            freeze(session, bridge, "two_boots", now)
        return
    if bridge.boot_id:
        bridge.earlier_boots = [*bridge.earlier_boots, bridge.boot_id][-BOOTS_KEPT:]
    bridge.boot_id, bridge.boot_since = boot_id, now
    session.flush()


def freeze(session: Session, bridge: Bridge, why: str, now: dt.datetime) -> None:
    """Ask nothing of this bridge any more from here, and ask a person to find the second machine.

    Its store goes on: shoppers' codes are told and events are taken. A new enrolment ends it.
    """
    if bridge.frozen_at is None:
        bridge.frozen_at, bridge.frozen_because = now, why
        session.flush()
    tasks.ask(
        session,
        "bridge_cloned",
        bridge.bank_id,
        merchant_id=bridge.merchant_id,
        store_id=bridge.bank.store_id,
        reason=f"Two machines use one bridge’s key. {WORDS[why]} Nothing is opened from here until then.",
        now=now,
    )
