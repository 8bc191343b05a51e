"""Staff at the kiosk: who is signed in there with badge and PIN, with or without the cloud."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from firmware_bridge.bank import Bank, Refused
from firmware_bridge.handling import Handling
from firmware_bridge.handover import REFUSAL_SECONDS, Handover
from firmware_bridge.journal import Journal, NotJournaled
from firmware_bridge.judge import NO, Verdict
from firmware_bridge.pins import Pins
from firmware_bridge.presence import Presence
from firmware_bridge.worklist import WorkList

log = logging.getLogger(__name__)

BADGE_SECONDS = 60
"""A scanned badge waits this long for its PIN."""


class Desk:
    """One person at a time; what they do with orders is `handling`."""

    def __init__(
        self,
        journal: Journal,
        bank: Bank,
        pins: Pins,
        work: WorkList,
        presence: Presence,
        handover: Handover,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.handling = Handling(journal, bank, work, presence, handover, self._who)
        self.handling.on_change = self._changed
        self._journal, self._bank, self._pins = journal, bank, pins
        self._presence, self._sleep = presence, sleep
        self._mono = journal.clock.mono
        self._signing_in = threading.Lock()
        self._badge = ("", float("-inf"))
        self._session: str | None = None
        self._staff = ""

    def badge(self, number: str) -> Verdict:
        """A badge was scanned: whose it is, is judged together with the PIN."""
        self._badge = (number, self._mono())
        return Verdict("pin")

    def scan(self, text: str) -> bool:
        """An order's number was scanned; False when nobody is signed in whom it could concern."""
        try:
            self.handling.find(text)
        except Refused:
            return False
        return True

    def sign_in(self, badge: str | None, pin: str) -> Verdict:
        """Judge a badge, typed or just scanned, and a PIN."""
        with self._signing_in:
            began = self._mono()
            scanned, at = self._badge
            if not badge:
                badge = scanned if began - at <= BADGE_SECONDS else ""
            if self._pins.bank_key is None or self._bank.layout is None or self._bank.closed:
                return Verdict("closed")
            try:
                verdict, session = self._pins.sign_in(badge, pin)
            except NotJournaled as problem:
                log.error("a badge was not judged: the journal cannot be written (%s)", problem)
                return Verdict("closed")
            if session is not None:
                self._begin(session)
            elif verdict == NO:
                self._sleep(max(0.0, began + REFUSAL_SECONDS - self._mono()))
            return verdict

    def sign_out(self) -> None:
        """They are finished, or gone."""
        with self._bank.lock:
            session, self._session = self._session, None
            self.handling.job = self.handling.found = None
            self._badge = ("", float("-inf"))
            if session is not None:
                with self._journal.writing() as db:
                    self._presence.end(db, session)
                    self._journal.append("staff_signed_out", {"staff": self._staff, "session": session})
        self.on_change()

    def tick(self) -> None:
        """Follow the door, and sign out whoever is gone: from the kiosk for ten minutes, or from the cloud's list."""
        with self._bank.lock:
            if self._session is None:
                return
            if not self._presence.live(self._session) or self._pins.person(self._staff) is None:
                self.sign_out()
                return
            changed = self.handling.tick()
        if changed:
            self.on_change()

    def view(self) -> dict[str, Any] | None:
        """What the page shows of it; None while nobody is signed in."""
        return self.handling.view() if self._session is not None else None

    def _begin(self, session: str) -> None:
        with self._bank.lock:
            self.sign_out()
            self._session = session
            found = self._journal.rows("SELECT staff FROM staff_sessions WHERE id = ?", session)
            self._staff = found[0]["staff"]
        self.on_change()

    def _changed(self) -> None:
        self.on_change()

    def _who(self) -> tuple[str, str]:
        """The session and the id of whoever is signed in and still may work here. Raises Refused."""
        session = self._session
        if session is None or not self._presence.live(session) or self._pins.person(self._staff) is None:
            raise Refused("not_present")
        return session, self._staff
