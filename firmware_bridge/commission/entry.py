"""Who may set up the doors at the page: a manager by badge and PIN, or who holds the PIN that the terminal printed."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from firmware_bridge.commission.one_time import OneTimePin
from firmware_bridge.commission.words import LONGEST_NAME, By
from firmware_bridge.handover import REFUSAL_SECONDS
from firmware_bridge.journal import Journal
from firmware_bridge.judge import NO, Verdict
from firmware_bridge.pins import IN_CHARGE, Pins

IDLE_SECONDS = 600


@dataclass
class _Session:
    digest: bytes
    by: By
    used_at: float


class Entry:
    """One person at a time, in memory only: a newcomer, ten minutes of nothing, or a restart sign the last one out."""

    def __init__(
        self, journal: Journal, pins: Pins, pin: OneTimePin, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._pins, self._pin, self._sleep, self._mono = pins, pin, sleep, journal.clock.mono
        self._signing_in = threading.Lock()
        self._session: _Session | None = None

    def by_badge(self, badge: str, pin: str) -> tuple[Verdict, str | None]:
        """Judge a manager's badge and PIN. Returns the verdict, and `in` comes with a token. Raises NotJournaled."""

        def judged() -> tuple[Verdict, By | None]:
            verdict, person = self._pins.vouch(badge, pin, IN_CHARGE)
            return verdict, By(f"staff {person.id}", person.id) if person else None

        return self._judge(judged)

    def by_one_time_pin(self, pin: str, name: str) -> tuple[Verdict, str | None]:
        """Judge the PIN that the terminal printed; the name is what the journal says of them. Raises OSError."""
        digits = "".join(pin.split())

        def judged() -> tuple[Verdict, By | None]:
            return (
                (Verdict("in"), By(name.strip()[:LONGEST_NAME] or "installer"))
                if self._pin.take(digits)
                else (NO, None)
            )

        return self._judge(judged)

    def who(self, token: str, *, acts: bool) -> By | None:
        """Whose token this is; one that is not used to do something runs out."""
        session, now = self._session, self._mono()
        if session is None or not secrets.compare_digest(session.digest, _digest(token)):
            return None
        if now - session.used_at > IDLE_SECONDS:
            self._session = None
            return None
        if acts:
            session.used_at = now
        return session.by

    def sign_out(self) -> None:
        self._session = None

    def _judge(self, judged: Callable[[], tuple[Verdict, By | None]]) -> tuple[Verdict, str | None]:
        with self._signing_in:
            began = self._mono()
            verdict, by = judged()
            if by is None:
                if verdict == NO:
                    self._sleep(max(0.0, began + REFUSAL_SECONDS - self._mono()))
                return verdict, None
            token = secrets.token_urlsafe(32)
            self._session = _Session(_digest(token), by, self._mono())
            return verdict, token


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
