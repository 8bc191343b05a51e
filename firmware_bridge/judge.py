"""May this code, or this QR, open something? Counted on the disk first, then judged; every refusal looks the same."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from firmware_bridge import access
from firmware_bridge.access import Grant
from firmware_bridge.grants import Grants
from firmware_bridge.journal import Journal
from firmware_bridge.presence import Presence
from firmware_bridge.protocol import codes
from firmware_bridge.throttles import Kiosk, Throttles, Try

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verdict:
    """What the kiosk may say: `open`, `counter`, `no`, `pay` (first, on the shopper's page), `wait` (paused),
    `closed` (staff needed) or `busy`."""

    verdict: str
    retry_after: int | None = None


NO = Verdict("no")
PAY = Verdict("pay")


@dataclass(frozen=True)
class Accepted:
    """A grant that may open something. `also` belongs into the transaction that begins the attempt."""

    grant: Grant
    also: Callable[[sqlite3.Connection], None]


class Judge:
    """Judges what is presented; raises NotJournaled when it cannot be counted first."""

    def __init__(self, journal: Journal, grants: Grants, presence: Presence) -> None:
        self.throttles = Throttles(journal)
        self.bank_key: bytes | None = None
        """The bank's key; until it is known no code can be judged."""
        self._journal = journal
        self._grants = grants
        self._presence = presence

    def closed(self) -> bool:
        """Whether typed codes need staff now."""
        return self._needs_staff(self.throttles.kiosk())

    def _needs_staff(self, kiosk: Kiosk) -> bool:
        return kiosk.assist and not self._presence.anyone()

    def code(self, text: str) -> Verdict | Accepted:
        """A typed code."""
        kiosk = self.throttles.kiosk()
        if kiosk.paused_seconds:
            return Verdict("wait", kiosk.paused_seconds)
        if self._needs_staff(kiosk):
            return Verdict("closed")
        code = codes.read_code(text)
        grant = self._grants.by_selector(code.selector) if code else None
        counted = self.throttles.count(grant)
        right = self._verify(grant, code)
        reason = self._why_not(grant, counted, right)
        if grant is not None and reason is None:
            return Accepted(grant, lambda db: self.throttles.take_back(db, counted, accepted=True))
        with self._journal.writing() as db:
            if right:
                self.throttles.take_back(db, counted, accepted=False)
            if grant and self.throttles.tell_locked(db, grant):
                log.warning("grant %s: locked after too many wrong codes", grant.id)
                self._journal.append("grant_locked", {"grant": grant.id})
            self._refuse(reason or "unknown_code", grant)
        return PAY if reason == "unpaid" else NO  # said to nobody but who knows the whole code

    def scan(self, text: str) -> Verdict | Accepted:
        """A scanned QR. Nobody guesses 128 bits: scans are neither paused nor counted, nor barred by wrong codes."""
        token = codes.read_qr(text)
        grant = self._grants.by_qr(codes.qr_hash(token)) if token else None
        if grant is None:
            return NO
        reason, spent = self.refusal(grant), self._grants.spent(grant)
        if reason is None and all(placement.id in spent for placement in grant.placements):
            reason = "spent"  # a phone still held to the scanner must not open the door just shut
        if reason is None:
            return Accepted(grant, lambda db: None)
        self._refuse(reason, grant)
        return PAY if reason == "unpaid" else NO

    def refusal(self, grant: Grant) -> str | None:
        """Why a grant opens nothing now, its secret being right."""
        clock = self._journal.clock
        return access.refusal(grant, self._grants.spent(grant), clock.now(), clock.state == "synced")

    def _verify(self, grant: Grant | None, code: codes.Code | None) -> bool:
        """One slow hash, whether there is anything to compare or not: the time it takes tells nothing."""
        secret = code.secret if code else "000000"
        if grant is None:
            codes.verifier(self.bank_key or b"", "", 0, secret, bytes(16))
            return False
        presented = codes.verifier(self.bank_key or b"", grant.id, grant.version, secret, grant.salt)
        return codes.matches(grant.verifier, presented)

    def _why_not(self, grant: Grant | None, counted: Try, right: bool) -> str | None:
        if grant is None:
            return "unknown_code"
        if counted.barred:
            return counted.barred
        return self.refusal(grant) if right else "wrong_code"

    def _refuse(self, reason: str, grant: Grant | None) -> None:
        log.info("a code was refused (%s)", reason)
        self._journal.append("code_refused", {"reason": reason, "grant": grant.id if grant else None})
