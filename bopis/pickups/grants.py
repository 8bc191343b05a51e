"""Grants: a code and a QR for each pickup, told to the bridge, forgotten when they are over."""

from __future__ import annotations

import base64
import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, literal, literal_column, select, union_all
from sqlalchemy.orm import Session

from bopis import outbox, sealing
from bopis.among import among
from bopis.ids import new_id
from bopis.lockers.actions import next_sync_version, next_sync_versions
from bopis.messages import PrepareGrant
from bopis.pickups.codes import SELECTOR_REST, free_selector
from bopis.pickups.models import IS_CLOSED, IS_NOT_CLOSED, Grant, NewPickup, Pickup
from bopis.prepared import Prepared, Write, word
from bopis.rows import Insert, Update, send_all
from firmware_bridge.protocol import codes

_NEVER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
LEASE = dt.timedelta(hours=72)
"""How long a store that hears nothing from us goes on handing out; it bounds how long a revoked grant can open."""
RENEW_BEFORE = dt.timedelta(hours=36)
AFTER_COLLECTING = dt.timedelta(minutes=5)
"""How long a spent grant lives on, so that the shopper can open the same door once more."""


_OPEN_GRANT = select(Grant).where(Grant.pickup_id == bindparam("of"), IS_NOT_CLOSED)
# Three parts with an index each: a bank's past grows for ever, and must not be read.
_KNOWN = Prepared(
    union_all(
        select(Grant.id, literal_column("NULL")).where(Grant.pickup_id == bindparam("of"), IS_NOT_CLOSED),
        select(literal_column("NULL"), Grant.selector).where(Grant.bank_id == bindparam("bank"), IS_NOT_CLOSED),
        select(literal_column("NULL"), Grant.selector).where(
            Grant.bank_id == bindparam("bank"), IS_CLOSED, Grant.closed_at > bindparam("rested")
        ),
    )
)
_ISSUE = Insert(
    Grant.__table__,  # type: ignore[arg-type]
    *("id", "merchant_id", "pickup_id", "bank_id", "selector", "code_sealed", "salt", "qr_sealed", "qr_sha256"),
    *("valid_from", "lease_until", "created_at"),
    state=word("held"),
    version=literal_column("1"),
    sync_version=literal_column("0"),
    valid_until=literal(_NEVER, Grant.valid_until.type),
)


class NoSelectorFree(Exception):
    """Every selector of the bank is in use or rests."""


def open_grant(session: Session, pickup_id: str) -> Grant | None:
    """The grant of a pickup that is not closed."""
    return session.scalars(_OPEN_GRANT, {"of": pickup_id}).first()


def issue(session: Session, pickup: Pickup, bank_id: str | None, now: dt.datetime) -> list[Write]:
    """The changes that give a pickup its code and QR, opening nothing yet; none when it has them, and then its bridge
    hears that its place changed. Raises NoSelectorFree.

    Without a bank there is a QR only: no kiosk would read the code.
    """
    rows = _KNOWN.run(session, of=pickup.id, bank=bank_id, rested=now - SELECTOR_REST)
    own = next((grant_id for grant_id, _ in rows if grant_id), None)
    if own is not None:
        changed(session, session.get_one(Grant, own), now)
        return []
    return first(session, pickup, bank_id, {int(selector) for _, selector in rows if selector}, now)


def first(
    session: Session, pickup: Pickup | NewPickup, bank_id: str | None, taken: set[int], now: dt.datetime
) -> list[Write]:
    """`issue` for a pickup that certainly has no grant; its selector joins those `taken` in its bank."""
    grant = _fresh(pickup, bank_id, now)
    if bank_id is None:
        return [Write(_ISSUE, grant)]
    grant |= _code(grant["id"], taken, bank_id)
    taken.add(int(grant["selector"]))
    wanted = PrepareGrant(grant["id"])
    return [Write(_ISSUE, grant), outbox.entry(session, wanted, now, merchant_id=pickup.merchant_id)]


def _fresh(pickup: Pickup | NewPickup, bank_id: str | None, now: dt.datetime) -> dict[str, Any]:
    token, grant_id = secrets.token_bytes(codes.QR_BYTES), new_id()
    return {
        "id": grant_id,
        "merchant_id": pickup.merchant_id,
        "pickup_id": pickup.id,
        "bank_id": bank_id,
        "qr_sealed": sealing.seal(base64.b64encode(token).decode(), to=f"grants.qr:{grant_id}"),
        "qr_sha256": codes.qr_hash(token),
        "valid_from": now,
        "lease_until": now + LEASE,
        "created_at": now,
    }


def _code(grant_id: str, taken: set[int], bank_id: str) -> dict[str, Any]:
    selector = free_selector(taken, secrets.randbelow(10**9))
    if selector is None:
        raise NoSelectorFree(bank_id)
    code = codes.make_code(selector, secrets.randbelow(10**codes.SECRET_DIGITS))
    sealed = sealing.seal(code.secret, to=f"grants.code:{grant_id}")
    return {"selector": code.selector, "code_sealed": sealed, "salt": secrets.token_bytes(16)}


def activate(session: Session, grant: Grant, until: dt.datetime, now: dt.datetime) -> None:
    """Let a grant open its doors until `until`, as soon as nothing is to be paid before that."""
    waits = grant.pickup.state == "ready" and grant.pickup.is_unpaid()
    grant.state, grant.valid_until = "held" if waits else "active", until
    changed(session, grant, now)


def suspend(session: Session, grant: Grant, now: dt.datetime) -> None:
    """Let a grant open nothing for now: its goods were taken out again."""
    grant.state = "held"
    changed(session, grant, now)


def unlock(session: Session, grant: Grant, now: dt.datetime) -> None:
    """Let a code that was typed wrong too often be typed again: the same code under a new version.

    The bridge counts wrong codes per version, and keeps what it has until the new verifier is worked out.
    """
    grant.version += 1
    grant.verifier = None
    outbox.put(session, PrepareGrant(grant.id, grant.version), now, merchant_id=grant.merchant_id)
    session.flush()


def renew_code(session: Session, grant: Grant, now: dt.datetime) -> None:
    """Give a grant new secret digits under a new version; the old ones open nothing where this is known."""
    code = codes.make_code(int(grant.selector or 0), secrets.randbelow(10**codes.SECRET_DIGITS))
    grant.code_sealed = sealing.seal(code.secret, to=f"grants.code:{grant.id}")
    grant.salt = secrets.token_bytes(16)
    unlock(session, grant, now)


def close(session: Session, grant: Grant, now: dt.datetime) -> None:
    """End a grant for good and forget its code and QR."""
    grant.state, grant.closed_at = "closed", now
    grant.code_sealed = grant.qr_sealed = None
    changed(session, grant, now)


def changed(session: Session, grant: Grant, now: dt.datetime) -> None:
    """Let the bridge hear of a change of the grant or of its placements, with a fresh lease.

    Of a grant that has no verifier yet it hears nothing: it will once that is worked out.
    """
    grant.lease_until = now + LEASE
    if grant.bank_id is not None and (grant.verifier is not None or grant.sync_version):
        grant.sync_version = next_sync_version(session, grant.bank_id)
    session.flush()


def keep_verifiers(session: Session, verifiers: Mapping[tuple[str, int], bytes], now: dt.datetime) -> None:
    """Keep what was worked out for (grant, version), unless it is over or has another version by now.

    The stores' locks are held.
    """
    now_there = _CURRENT.run(session, grants={grant_id for grant_id, _ in verifiers})
    found = [grant for grant in now_there if (grant[0], grant[1]) in verifiers]
    versions = next_sync_versions(session, {bank_id for _, _, bank_id in found if bank_id})
    rows = (
        {
            "of": of,
            "verifier": verifiers[of, version],
            "lease_until": now + LEASE,
            "sync_version": versions.get(bank, 0),
        }
        for of, version, bank in found
    )
    send_all(session, (Write(_KEEP, row) for row in rows))


_CURRENT = Prepared(select(Grant.id, Grant.version, Grant.bank_id).where(among(Grant.id, "grants"), IS_NOT_CLOSED))
_KEEP = Update(Grant.__table__, "verifier", "lease_until", "sync_version")  # type: ignore[arg-type]


def code_of(grant: Grant) -> codes.Code | None:
    """The code, to be shown or sent and never logged; None when there is none or it is forgotten."""
    if grant.code_sealed is None or grant.selector is None:
        return None
    return open_code(grant.id, grant.selector, grant.code_sealed)


def open_code(grant_id: str, selector: str, sealed: bytes) -> codes.Code:
    """A grant's code from what its row holds."""
    return codes.Code(selector, sealing.unseal(sealed, to=f"grants.code:{grant_id}"))


def qr_of(grant: Grant) -> str | None:
    """The text of the QR, to be shown and never logged; None when forgotten."""
    if grant.qr_sealed is None:
        return None
    return codes.write_qr(base64.b64decode(sealing.unseal(grant.qr_sealed, to=f"grants.qr:{grant.id}")))
