"""What changes between the cloud and a bridge: enrolment, events, door commands."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import bindparam, delete, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bopis import tasks
from bopis.bell import NewsForBank
from bopis.bridges import keys
from bopis.bridges.models import Bridge, BridgeNonce, DeviceEvent, DoorCommand, EnrolmentCode
from bopis.bridges.queries import bridge_of
from bopis.db import ring_after_commit
from bopis.errors import Conflict, Forbidden, Invalid
from bopis.ids import new_id
from bopis.lockers.models import Bank, Compartment
from bopis.prepared import Prepared
from firmware_bridge.protocol.signatures import CLOCK_SKEW, LIFETIME

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and letters that nobody mistakes for one another."""
COMMAND_LIFE = dt.timedelta(seconds=30)
ENROLMENT_LIFE = dt.timedelta(minutes=15)
NONCE_LIFE = LIFETIME + 2 * CLOCK_SKEW
_REFUSED = "This enrolment code is wrong, used or too old. Ask for a new one."


def offer_enrolment(
    session: Session, bank: Bank, code: str, now: dt.datetime, life: dt.timedelta = ENROLMENT_LIFE
) -> None:
    """Let whoever brings `code` within `life` become this bank's bridge, once."""
    session.add(EnrolmentCode(id=new_id(), bank_id=bank.id, code_hash=_hash(code), expires_at=now + life))
    session.flush()


def new_enrolment_code(session: Session, bank: Bank, now: dt.datetime, life: dt.timedelta = ENROLMENT_LIFE) -> str:
    """Offer a fresh one-time code and return it, to be read out or typed; only its hash is kept."""
    code = "".join(secrets.choice(CROCKFORD) for _ in range(10))
    offer_enrolment(session, bank, code, now, life)
    return code


def revoke(session: Session, bridge: Bridge, now: dt.datetime) -> None:
    """Shut a bridge out from its next request on; its bank needs a new one. What it holds runs out with its leases."""
    bridge.revoked_at = bridge.revoked_at or now
    session.flush()
    ring_after_commit(session, NewsForBank(bridge.bank_id))


def enrol(session: Session, code: str, public_key: bytes, proof: bytes, software: str, now: dt.datetime) -> Bridge:
    """Make the bearer of a one-time code its bank's bridge; an earlier bridge of that bank is revoked.

    `proof` is a signature over the code: the machine holds the private key. The same machine may ask again, since the
    answer may have been lost on the way. Raises Forbidden, Invalid.
    """
    offer = session.scalars(
        select(EnrolmentCode).where(EnrolmentCode.code_hash == _hash(code)).with_for_update()
    ).first()
    if offer is None or offer.expires_at <= now:
        raise Forbidden("enrolment_refused", _REFUSED)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(proof, code.encode())
    except (InvalidSignature, ValueError):
        raise Invalid("bad_proof", "The key did not sign the enrolment code.") from None
    bank = session.get_one(Bank, offer.bank_id)
    if offer.used_at is not None:
        bridge = bridge_of(session, bank.id)
        if bridge is None or bridge.public_key != public_key or bridge.enrolled_at != offer.used_at:
            raise Forbidden("enrolment_refused", _REFUSED)
        return bridge
    offer.used_at = now
    session.execute(update(Bridge).where(Bridge.bank_id == bank.id, Bridge.revoked_at.is_(None)).values(revoked_at=now))
    tasks.settle(session, "bridge_cloned", bank.id, actor="system", now=now)
    bridge = Bridge(
        id=new_id(),
        merchant_id=bank.merchant_id,
        bank_id=bank.id,
        public_key=public_key,
        software=software[:40],
        enrolled_at=now,
        key_number=1,
        key_since=now,
        boot_id="",
        earlier_boots=[],
        frozen_because="",
        last_seq=0,
        staff_held="",
    )
    session.add(bridge)
    session.flush()
    return bridge


def remember_nonce(session: Session, bridge_id: str, nonce: str, now: dt.datetime) -> None:
    """Note that this request was seen. Raises Forbidden when it was seen before."""
    if not _REMEMBER.run(session, nonce=f"{bridge_id}:{nonce}", seen_at=now):
        raise Forbidden("replayed", "This request was answered before.")


_REMEMBER = Prepared(
    {
        name: dialect.insert(BridgeNonce.__table__).on_conflict_do_nothing().returning(literal_column("1").label("new"))
        for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
    },
    *BridgeNonce.__table__.columns.keys(),
)


def forget_nonces(session: Session, now: dt.datetime) -> None:
    """Forget the requests that are too old to be played back."""
    session.execute(delete(BridgeNonce).where(BridgeNonce.seen_at < now - NONCE_LIFE))


def greet(
    session: Session, bridge_id: str, *, applied_version: int, staff_held: str, now: dt.datetime
) -> Bridge | None:
    """Note that a bridge speaks, and what it has taken over. Locks it; None when it was revoked."""
    said = {"of": bridge_id, "seen": now, "applied": applied_version, "held": staff_held}
    return session.scalars(_GREET, said, execution_options={"synchronize_session": False}).one_or_none()


_GREET = (
    update(Bridge)
    .where(Bridge.id == bindparam("of"), Bridge.revoked_at.is_(None))
    .values(seen_at=bindparam("seen"), applied_version=bindparam("applied"), staff_held=bindparam("held"))
    .returning(Bridge)
)


def record_events(
    session: Session, bridge: Bridge, events: Sequence[Mapping[str, Any]], now: dt.datetime
) -> list[DeviceEvent]:
    """Store the events that follow without a gap on what is stored; known ones are passed over. Returns the new ones.

    A gap is left for the bridge to fill: it keeps what is not acknowledged and sends it again. One that differs from
    what is stored under its number comes from a second journal: then the bridge is frozen.
    """
    fresh = []
    _compare(session, bridge, [event for event in events if event["seq"] <= bridge.last_seq], now)
    for event in events:
        if event["seq"] != bridge.last_seq + 1:
            continue
        row = DeviceEvent(
            id=new_id(),
            merchant_id=bridge.merchant_id,
            bridge_id=bridge.id,
            seq=event["seq"],
            kind=event["kind"],
            at=event["at"],
            data=event["data"],
            recorded_at=now,
            trouble="",
        )
        session.add(row)
        bridge.last_seq = event["seq"]
        fresh.append(row)
    session.flush()
    return fresh


def _compare(session: Session, bridge: Bridge, known: Sequence[Mapping[str, Any]], now: dt.datetime) -> None:
    if not known:
        return
    stored = dict(
        session.execute(
            select(DeviceEvent.seq, DeviceEvent.kind).where(
                DeviceEvent.bridge_id == bridge.id, DeviceEvent.seq.in_([event["seq"] for event in known])
            )
        ).all()
    )
    if any(stored.get(event["seq"], event["kind"]) != event["kind"] for event in known):
        keys.freeze(session, bridge, "two_journals", now)


def record_doors(session: Session, bank_id: str, doors: Mapping[str, Mapping[str, Any]], now: dt.datetime) -> None:
    """Take over how the doors stand."""
    if not doors:
        return
    # Columns, not objects: most syncs bring nothing new about sixty doors.
    for compartment_id, number, door, item in _DOORS.run(session, of=bank_id):
        said = doors.get(str(number))
        if said is not None and (door, item) != (said["door"], said["item"]):
            compartment = session.get_one(Compartment, compartment_id)
            compartment.door, compartment.item, compartment.door_at = said["door"], said["item"], now
    session.flush()


_DOORS = Prepared(
    select(Compartment.id, Compartment.number, Compartment.door, Compartment.item).where(
        Compartment.bank_id == bindparam("of")
    )
)


def command_open(
    session: Session,
    compartment: Compartment,
    *,
    cause: str,
    actor: str,
    placement_id: str | None,
    bridge_session: str,
    now: dt.datetime,
) -> DoorCommand:
    """Ask the bridge to open one door now or never. Raises Conflict when the bank has no bridge."""
    details = {"door": compartment.number, "cause": cause, "placement": placement_id, "session": bridge_session}
    return _command(session, compartment.bank_id, "open", actor, details, now)


def command_take_presence(session: Session, bank_id: str, code: str, staff_id: str, now: dt.datetime) -> DoorCommand:
    """Ask the bridge whether these are the digits on its screen. Raises Conflict when the bank has no bridge."""
    return _command(session, bank_id, "take_presence", f"staff:{staff_id}", {"code": code, "staff": staff_id}, now)


def command_end_presence(session: Session, bank_id: str, bridge_session: str, staff_id: str, now: dt.datetime) -> None:
    """Tell the bridge that this person has left."""
    _command(session, bank_id, "end_presence", f"staff:{staff_id}", {"session": bridge_session}, now)


def command_end_quarantine(session: Session, bank_id: str, staff_id: str, reason: str, now: dt.datetime) -> None:
    """An admin's word that a bank's wires are right. Raises Conflict when the bank has no bridge."""
    details = {"by": staff_id, "reason": reason}
    _command(session, bank_id, "end_quarantine", f"staff:{staff_id}", details, now)


def _command(
    session: Session, bank_id: str, kind: str, actor: str, details: dict[str, Any], now: dt.datetime
) -> DoorCommand:
    bridge = bridge_of(session, bank_id)
    if bridge is None:
        raise Conflict("no_bridge", "These lockers are not set up yet: no bridge is enrolled.")
    if bridge.frozen_at is not None:
        raise Conflict("bridge_frozen", "Two machines use these lockers’ key, so nothing is opened from here.")
    command = DoorCommand(
        id=new_id(),
        merchant_id=bridge.merchant_id,
        bridge_id=bridge.id,
        kind=kind,
        actor=actor,
        details=details,
        issued_at=now,
        expires_at=now + COMMAND_LIFE,
        status="waiting",
        code="",
        result={},
    )
    session.add(command)
    session.flush()
    ring_after_commit(session, NewsForBank(bank_id))
    return command


def note_delivery(session: Session, command_ids: Sequence[str], now: dt.datetime) -> None:
    """Note that these commands are on their way, so that a bridge at work on them is not asked again and again."""
    session.execute(update(DoorCommand).where(DoorCommand.id.in_(command_ids)).values(delivered_at=now))


def settle_command(session: Session, bridge: Bridge, result: Mapping[str, Any], now: dt.datetime) -> DoorCommand | None:
    """Note what became of a command; None when it is not this bridge's or was settled before."""
    command = session.get(DoorCommand, result["command"])
    if command is None or command.bridge_id != bridge.id or command.status != "waiting":
        return None
    command.status, command.code = result["status"], result.get("code") or ""
    command.result, command.settled_at = result.get("data") or {}, now
    command.details = {key: value for key, value in command.details.items() if key != "code"}
    session.flush()
    ring_after_commit(session, NewsForBank(bridge.bank_id))
    return command


def _hash(code: str) -> str:
    return hashlib.sha256(code.strip().upper().encode()).hexdigest()
