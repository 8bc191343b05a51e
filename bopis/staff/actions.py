"""Signing in and out: badge and PIN, counted before they are looked at.

A sign-in takes three steps, because a count that is rolled back counts nothing: `count_attempt` in a transaction of
its own, `is_right` outside any (it takes 32 ms on purpose), `sign_in` in a second one. Every kind of no looks and
lasts the same.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import re
import secrets
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bopis.errors import Invalid
from bopis.ids import new_id
from bopis.staff.models import StaffMember, StaffSession

PAUSE_AFTER = 5
PAUSE = dt.timedelta(minutes=5)
LOCK_AFTER = 10
"""So many wrong PINs in a row lock a badge until a manager unlocks it."""
TOKEN_BYTES = 32
_LONGEST = 64

# OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass(frozen=True)
class Attempt:
    """A counted try. `pin_hash` is nobody's when the badge is unknown, paused or locked."""

    staff_id: str | None
    pin_hash: str = field(repr=False)


def hash_pin(pin: str) -> str:
    """What is kept of a PIN. Raises Invalid unless it is six digits."""
    if not re.fullmatch(r"[0-9]{6}", pin):
        raise Invalid("bad_pin", "A PIN is six digits.")
    return _hasher.hash(pin)


def count_attempt(session: Session, badge: str, now: dt.datetime) -> Attempt:
    """Count a try as wrong before anybody knows; the caller commits it before the PIN is looked at.

    A paused or locked badge is not tried at all, so its count stays.
    """
    person = session.scalars(
        select(StaffMember).where(StaffMember.badge == badge.strip()[:_LONGEST].upper()).with_for_update()
    ).first()
    paused = person is not None and person.paused_until is not None and person.paused_until > now
    if person is None or not person.active or not person.pin_hash or paused or is_locked(person):
        return Attempt(None, _nobodys_hash())
    person.failures += 1
    if person.failures == PAUSE_AFTER:
        person.paused_until = now + PAUSE
    session.flush()
    return Attempt(person.id, person.pin_hash)


def is_right(attempt: Attempt, pin: str) -> bool:
    """Whether the PIN is that of the badge; as slow for a badge that is unknown, paused or locked."""
    try:
        return _hasher.verify(attempt.pin_hash, pin[:_LONGEST]) and attempt.staff_id is not None
    except (VerificationError, InvalidHashError):
        return False


def sign_in(session: Session, attempt: Attempt, now: dt.datetime) -> str:
    """Sign in whoever was right, forget the wrong tries before, and return the token of their device (256 bits)."""
    assert attempt.staff_id is not None
    person = session.get_one(StaffMember, attempt.staff_id, with_for_update=True)
    _forget_failures(session, person)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        StaffSession(id=new_id(), staff_id=person.id, token_hash=token_hash(token), created_at=now, used_at=now)
    )
    session.flush()
    return token


def sign_out(session: Session, staff_session_id: str, now: dt.datetime) -> StaffSession:
    """End a device's session."""
    ended = session.get_one(StaffSession, staff_session_id)
    ended.ended_at = ended.ended_at or now
    ended.present_until = None
    session.flush()
    return ended


def unlock(session: Session, person: StaffMember) -> None:
    """Forget a person's wrong PINs, here and at every kiosk."""
    person.version += 1
    _forget_failures(session, person)


def lock(session: Session, person: StaffMember) -> None:
    """Let this badge in nowhere until a manager unlocks it: its PIN was guessed at too often."""
    person.failures = max(person.failures, LOCK_AFTER)
    session.flush()


def _forget_failures(session: Session, person: StaffMember) -> None:
    person.failures, person.paused_until = 0, None
    session.flush()


def remove(session: Session, person: StaffMember, now: dt.datetime) -> None:
    """Somebody works here no longer: they are let in nowhere and signed out everywhere. What they did stays theirs."""
    person.active = False
    end_pin(session, person)
    session.execute(
        update(StaffSession)
        .where(StaffSession.staff_id == person.id, StaffSession.ended_at.is_(None))
        .values(ended_at=now, present_until=None)
    )


def end_pin(session: Session, person: StaffMember) -> None:
    """Let nobody sign in with this person's PIN any more. Where they are signed in, they stay so."""
    person.pin_hash, person.version = "", person.version + 1
    session.flush()


def set_pin(session: Session, person: StaffMember, pin: str) -> None:
    """Keep the PIN somebody chose. Raises Invalid unless it is six digits."""
    person.pin_hash = hash_pin(pin)
    unlock(session, person)


def is_locked(person: StaffMember) -> bool:
    """Whether only a manager lets this badge in again."""
    return person.failures >= LOCK_AFTER


def token_hash(token: str) -> str:
    """What is kept of a device's token; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


@functools.cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_hex(16))
