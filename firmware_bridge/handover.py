"""A shopper at the kiosk: from what they show to the door that opens.

Presented code -> counted on the disk -> verdict -> attempt and first pulse intent on the disk -> pulse. Every refusal
says the same "no" after the same time; a right code waits for nothing.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from firmware_bridge import access
from firmware_bridge.access import Grant, Placement
from firmware_bridge.bank import Bank, Refused
from firmware_bridge.doors import Errand, Opening
from firmware_bridge.grants import Grants
from firmware_bridge.journal import Journal, NotJournaled
from firmware_bridge.judge import NO, Accepted, Judge, Verdict
from firmware_bridge.session import Session

log = logging.getLogger(__name__)

REFUSAL_SECONDS = 0.8
PROBLEMS = ("empty", "not_open", "help")


class NothingToDo(Exception):
    """The button that was pressed means nothing now."""


class Handover:
    """Acts on what is shown and leads one session at a time through its doors."""

    def __init__(
        self,
        journal: Journal,
        bank: Bank,
        grants: Grants,
        judge: Judge,
        new_id: Callable[[], str],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.session: Session | None = None
        self.on_change: Callable[[], None] = lambda: None
        self._journal = journal
        self._bank = bank
        self._grants = grants
        self._judge = judge
        self._new_id = new_id
        self._sleep = sleep
        self._mono = journal.clock.mono
        self._presenting = threading.Lock()

    def present_code(self, text: str) -> Verdict:
        """Judge a typed code and open what it opens."""
        return self._present(lambda: self._judge.code(text))

    def present_scan(self, text: str) -> Verdict:
        """Judge a scanned QR and open what it opens."""
        return self._present(lambda: self._judge.scan(text))

    def again(self) -> None:
        """Open the door just shut once more. Raises NothingToDo."""
        with self._bank.lock:
            session = self._session("shopper")
            if not session.may_reopen(self._mono()):
                raise NothingToDo
            session.reopened = True
            self._open_stop(session)

    def next(self) -> None:
        """Go on to the next door, or to the counter. Raises NothingToDo."""
        with self._bank.lock:
            session = self._session("shopper")
            if session.at + 1 >= len(session.stops) or session.phase in ("opening", "push"):
                raise NothingToDo
            self._go_on(session)

    def done(self) -> None:
        """The person is finished. Raises NothingToDo."""
        with self._bank.lock:
            self._session()
            self.session = None
        self.on_change()

    def clear(self) -> bool:
        """Send away who rests before the bank; False while somebody is at an open door. Under the bank's lock."""
        if self._busy():
            return False
        self.session = None
        self.on_change()
        return True

    def problem(self, problem: str) -> None:
        """Tell the store that something is wrong, with what is known of who and where. Raises NotJournaled."""
        with self._bank.lock:
            session = self.session if self.session and self.session.who == "shopper" else None
            self._report(session, problem)

    def show_staff(self, opening: Opening) -> None:
        """Put a door that staff open on the screen."""
        with self._bank.lock:
            stop = Placement(opening.errand.placement or "", "compartment", opening.door)
            self.session = Session(self._new_id(), "staff", (stop,), opening=opening, since=self._mono())
            self.session.look(self._bank.doors.get(opening.door), self._mono())
        self.on_change()

    def shopper_busy(self) -> bool:
        session = self.session
        return session is not None and session.who == "shopper" and session.is_busy(self._mono())

    def tick(self) -> None:
        """Follow the doors: phases, the next door when one is shut, the end of a session."""
        with self._bank.lock:
            session = self.session
            if session is None:
                return
            door = self._bank.doors.get(session.stop.door or 0)
            changed = session.look(door, self._mono())
            if session.phase == "shut" and session.at + 1 < len(session.stops):
                self._go_on(session)
            elif session.phase == "failed" and session.who == "shopper" and session.stop.id not in session.told:
                session.told.add(session.stop.id)
                self._try_report(session)
            if session.is_over(self._mono()):
                self.session, changed = None, True
        if changed:
            self.on_change()

    def _present(self, judge: Callable[[], Verdict | Accepted]) -> Verdict:
        with self._presenting:
            began = self._mono()
            if self._bank.layout is None or self._bank.closed or self._judge.bank_key is None:
                return Verdict("closed")
            with self._bank.lock:
                if self._busy():
                    return Verdict("busy")
            try:
                judged = judge()
                verdict = self._accept(judged.grant, judged.also) if isinstance(judged, Accepted) else judged
            except NotJournaled as problem:
                log.error("a code was not judged: the journal cannot be written (%s)", problem)
                return Verdict("closed")
            if verdict == NO:
                self._sleep(max(0.0, began + REFUSAL_SECONDS - self._mono()))
            return verdict

    def _busy(self) -> bool:
        return self._bank.opening is not None or (self.session is not None and self.session.is_busy(self._mono()))

    def _accept(self, grant: Grant, also: Callable[[sqlite3.Connection], None]) -> Verdict:
        """Begin an attempt. Its row, the throttles' forgiveness and the first intent are one commit."""
        with self._bank.lock:
            if self._busy():
                with self._journal.writing() as db:
                    also(db)
                return Verdict("busy")
            now, spent = self._journal.clock.now(), self._grants.spent(grant)
            stops = sorted(access.to_open(grant, spent, now), key=self._turn)
            shown = (Placement(stops[0].id, "counter", None),) if self._bank.quarantine else tuple(stops)
            sensor = self._bank.layout.sensor if self._bank.layout else "door"
            session = Session(self._new_id(), "shopper", shown, grant.id, since=self._mono(), sensor=sensor)
            session.reopened = stops[0].id in spent

            def begin(db: sqlite3.Connection) -> None:
                also(db)
                db.execute("INSERT INTO attempts (id, grant_id, at) VALUES (?, ?, ?)", (session.id, grant.id, now))
                for stop in stops:
                    # While nothing may be opened here, everybody's goods are brought to the counter.
                    if stop.kind == "counter" or self._bank.quarantine:
                        log.info("grant %s: announced at the counter", grant.id)
                        self._journal.append("counter_arrived", {"grant": grant.id, "placement": stop.id})

            self._open_stop(session, begin)
            self.session = session
        self.on_change()
        return Verdict("counter" if session.opening is None else "open")

    def _turn(self, stop: Placement) -> tuple[bool, bool]:
        """Doors that can be opened come first, then those that cannot, then the counter."""
        door = self._bank.doors.get(stop.door or 0)
        return stop.door is None, door is None or not door.in_service or door.state == "unknown"

    def _open_stop(self, session: Session, begin: Callable[[sqlite3.Connection], None] | None = None) -> None:
        """Open the session's current door, or stand at the counter. A door that cannot be tried shows as failed.

        Raises NotJournaled when `begin` could not be written.
        """
        number = session.stop.door
        door = self._bank.doors.get(number) if number is not None else None
        session.opening = None
        errand = Errand("grant", attempt=session.id, grant=session.grant, placement=session.stop.id)
        if door is not None and door.in_service and self._still_good(session):
            try:
                session.opening, begin = self._bank.open(number, errand, begin or (lambda db: None)), None
            except Refused as refused:
                log.warning("door %d: not tried (%s)", number, refused.code)
                if refused.code == "not_journaled" and begin is not None:
                    raise NotJournaled(refused.code) from refused
        if begin is not None:
            with self._journal.writing() as db:
                begin(db)
        session.look(door, self._mono())

    def _still_good(self, session: Session) -> bool:
        """Between two doors the cloud may have called the grant back."""
        grant = self._grants.get(session.grant or "")
        return grant is not None and (session.reopened or self._judge.refusal(grant) is None)

    def _go_on(self, session: Session) -> None:
        self.session = session = replace(
            session, at=session.at + 1, opened_at=None, reopened=False, phase="opening", since=self._mono()
        )
        self._open_stop(session)
        self.on_change()

    def _session(self, who: str | None = None) -> Session:
        if self.session is None or (who and self.session.who != who):
            raise NothingToDo
        return self.session

    def _try_report(self, session: Session) -> None:
        try:
            self._report(session, "not_open")
        except NotJournaled as problem:
            log.error("a problem could not be kept (%s)", problem)

    def _report(self, session: Session | None, problem: str) -> None:
        stop: dict[str, Any] = {"grant": None, "placement": None, "door": None}
        if session is not None:
            stop = {"grant": session.grant, "placement": session.stop.id, "door": session.stop.door}
        self._journal.append("problem_reported", {**stop, "problem": problem})
