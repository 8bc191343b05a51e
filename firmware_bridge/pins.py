"""Badge and PIN at the kiosk: counted on the disk first, then judged; every no looks the same and takes as long."""

from __future__ import annotations

import json
import logging
import secrets
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from firmware_bridge import access
from firmware_bridge.failpoints import reached
from firmware_bridge.held import Held
from firmware_bridge.identity import load_identity
from firmware_bridge.journal import Journal
from firmware_bridge.judge import NO, Verdict
from firmware_bridge.presence import Presence
from firmware_bridge.protocol.codes import badge_hmac

log = logging.getLogger(__name__)

LONGEST = 64
ROLES = ("associate", "manager", "admin")
IN_CHARGE = ("manager", "admin")
"""Who may set up the doors, and have those opened that hold orders."""
_TRIES, _STREAK = "staff_tries", "staff_streak"


@dataclass(frozen=True)
class Person:
    """One of the store's people, known by an id alone."""

    id: str
    version: int
    role: str
    badge: str = field(repr=False)
    pin: str = field(repr=False)


class Pins:
    """Who may work at this kiosk, and the count of wrong PINs."""

    def __init__(self, journal: Journal, held: Held, presence: Presence) -> None:
        self.bank_key: bytes | None = None
        self._journal, self._held, self._presence = journal, held, presence
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

    def person(self, staff: str) -> Person | None:
        """One of the cloud's last list whose lease has not run out."""
        if self._journal.clock.now() >= self._held.staff_until():
            return None
        return next((person for person in self._people() if person.id == staff), None)

    def sign_in(self, badge: str, pin: str) -> tuple[Verdict, str | None]:
        """Judge a badge and a PIN: the verdict `in` with the session it began, or a no. Raises NotJournaled."""
        verdict, person = self.vouch(badge, pin, ROLES)
        if person is None:
            return verdict, None
        with self._journal.writing() as db:
            session = self._let_in(db, person)
        reached("signed_in")
        return verdict, session

    def vouch(self, badge: str, pin: str, roles: Collection[str]) -> tuple[Verdict, Person | None]:
        """Judge a badge and a PIN of somebody of these roles; no session begins. Raises NotJournaled."""
        paused = self._paused()
        if paused:
            return Verdict("wait", paused), None
        wanted = badge_hmac(self.bank_key or b"", badge[:LONGEST])
        person = next((each for each in self._people() if secrets.compare_digest(each.badge, wanted)), None)
        barred = self._count(person)
        reached("badge_counted")
        right = self._matches(person, pin)
        reason = self._why_not(person, barred, right, roles)
        with self._journal.writing():
            if right and not barred:
                self._forget(person, streak=reason is None)
            if person is not None and reason is None:
                return Verdict("in"), person
            log.info("a badge was refused (%s)", reason)
            self._journal.append("staff_refused", {"reason": reason, "staff": person.id if person else None})
            self._tell_locked(person)
        return NO, None

    def listed(self) -> bool:
        """Whether the cloud has ever told who works here."""
        return "people" in self._held.get("staff")

    def _let_in(self, db: sqlite3.Connection, person: Person) -> str:
        session, _ = self._presence.begin(db, person.id)
        self._journal.append("staff_signed_in", {"staff": person.id, "session": session})
        return session

    def _why_not(self, person: Person | None, barred: str | None, right: bool, roles: Collection[str]) -> str | None:
        if person is None:
            return "unknown_badge"
        if barred or not right:
            return barred or "wrong_pin"
        if self.person(person.id) is None:
            return "lease_expired"
        return None if person.role in roles else "not_allowed"

    def _matches(self, person: Person | None, pin: str) -> bool:
        """One slow hash, whether there is anything to compare or not: the time it takes tells nothing."""
        try:
            return self._hasher.verify(person.pin if person else self._nobody, pin[:LONGEST]) and person is not None
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_hex(16))

    def _people(self) -> list[Person]:
        found = []
        for body in self._held.get("staff").get("people", []):
            try:
                person = Person(
                    str(body["id"]), int(body["version"]), str(body["role"]), str(body["badge_hmac"]), str(body["pin"])
                )
            except (KeyError, TypeError, ValueError):
                log.error("a person of the list cannot be read: they cannot sign in here")
                continue
            found.append(person)
        return found

    def _paused(self) -> int:
        """Seconds this kiosk takes no badge, after so many refusals in a row."""
        count, since = json.loads(self._journal.read(_STREAK) or "[0, 0]")
        now = self._journal.clock.now()
        pause = access.streak_pause(count) - (now - since)
        return max(0, -int(-pause // 1)) if since <= now else 0

    def _count(self, person: Person | None) -> str | None:
        """Count one try as wrong before anybody knows. Returns why this person is not tried at all, if so."""
        now = self._journal.clock.now()
        with self._journal.writing():
            streak = json.loads(self._journal.read(_STREAK) or "[0, 0]")[0] + 1
            self._journal.write(_STREAK, json.dumps([streak, now]))
            return self._count_person(person, now) if person else None

    def _count_person(self, person: Person, now: float) -> str | None:
        tries = self._tries()
        mine = tries.get(person.id, {})
        wrong = mine.get("wrong", 0) if mine.get("version") == person.version else 0
        if wrong >= access.GRANT_LOCKS_AT:
            return "locked"
        if wrong and now < mine["paused_until"] <= now + access.GRANT_PAUSE_SECONDS:
            return "paused"
        pause = access.grant_pause(wrong + 1)
        tries[person.id] = {
            "version": person.version,
            "wrong": wrong + 1,
            "paused_until": now + pause if pause else 0,
            "told": False,
        }
        self._journal.write(_TRIES, json.dumps(tries))
        return None

    def _forget(self, person: Person | None, *, streak: bool) -> None:
        """The PIN was right: what was counted against it is forgotten, and the kiosk's count with a sign-in."""
        tries = self._tries()
        tries.pop(person.id if person else "", None)
        self._journal.write(_TRIES, json.dumps(tries))
        if streak:
            self._journal.write(_STREAK, "[0, 0]")

    def _tell_locked(self, person: Person | None) -> None:
        tries = self._tries()
        mine = tries.get(person.id) if person else None
        if person is not None and mine and mine["wrong"] >= access.GRANT_LOCKS_AT and not mine["told"]:
            log.warning("a badge is locked after too many wrong PINs")
            mine["told"] = True
            self._journal.write(_TRIES, json.dumps(tries))
            self._journal.append("staff_locked", {"staff": person.id})

    def _tries(self) -> dict[str, dict[str, float]]:
        tries: dict[str, dict[str, float]] = json.loads(self._journal.read(_TRIES) or "{}")
        return tries


def kept_pins(journal: Journal) -> Pins:
    """The people that the last sync told of, where no bridge runs."""
    identity = load_identity(journal)
    pins = Pins(journal, Held(journal), Presence(journal, lambda: "", lambda: ""))
    pins.bank_key = identity.bank_key if identity else None
    return pins
