"""The cloud's commands: each obeyed at most once, never after it expired, and never beyond what the bank allows.

A command is kept in the transaction that stores the sync's cursor. That it was begun is on the disk before any coil
moves, so one found begun without a result after a restart is answered `unknown`, and no door is pulsed for it again.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from firmware_bridge.bank import Bank, Refused
from firmware_bridge.clock import from_iso, to_iso
from firmware_bridge.doors import Errand, Opening
from firmware_bridge.failpoints import reached
from firmware_bridge.journal import Journal, NotJournaled
from firmware_bridge.presence import Presence
from firmware_bridge.protocol.wire import CAUSES
from firmware_bridge.remote import RemoteOpens

log = logging.getLogger(__name__)

KEPT_SECONDS = 7 * 24 * 3600
RESULTS_A_SYNC = 50
STAFF_CAUSES = tuple(cause for cause in CAUSES if cause != "grant")
# A door out of service may be tried by someone who stands before it; new goods do not go into it.
REPAIRING_CAUSES = ("unload", "reclaim", "assist")

OUTCOMES = {
    "opened": ("done", None),
    "failed": ("failed", "door_did_not_open"),
    "rejected": ("failed", "board_busy"),
    "wrong_door": ("failed", "wrong_door"),
    "unseen": ("unknown", "sensor_suspect"),
    "silent": ("unknown", "board_silent"),
}
"""What a command that opened a door is answered with: the sensor's truth, never the board's word."""


class Commands:
    """Takes commands in, obeys them one after another, and keeps their results until the cloud has them."""

    def __init__(
        self,
        journal: Journal,
        bank: Bank,
        presence: Presence,
        shopper_busy: Callable[[], bool],
        show: Callable[[Opening], None],
    ) -> None:
        """`shopper_busy` says whether a shopper is at an open door; `show` puts a staff opening on the screen."""
        self._journal = journal
        self._bank = bank
        self._presence = presence
        self._remote = RemoteOpens(journal)
        self._shopper_busy = shopper_busy
        self._show = show
        self._current: tuple[str, Opening] | None = None

    def receive(self, db: sqlite3.Connection, bodies: Iterable[Mapping[str, Any]]) -> None:
        """Keep new commands inside the sync's transaction; one seen before has its result sent again."""
        now = self._journal.clock.now()
        for body in bodies:
            if not isinstance(body, Mapping) or not isinstance(body.get("id"), str):
                log.error("a command without an id cannot be answered, so it is not obeyed")
                continue
            known = db.execute("UPDATE commands SET reported = 0 WHERE id = ?", (body["id"],)).rowcount
            if known:
                self._journal.on_news()
                continue
            db.execute(
                "INSERT INTO commands (id, body, received_at) VALUES (?, ?, ?)",
                (body["id"], json.dumps(dict(body)), now),
            )
        db.execute("DELETE FROM commands WHERE received_at < ? AND reported = 1", (now - KEPT_SECONDS,))

    def recover(self) -> None:
        """After a start: what was begun without a result stays unknown."""
        with self._journal.writing() as db:
            for row in db.execute("SELECT id FROM commands WHERE started_at IS NOT NULL AND result IS NULL").fetchall():
                self._finish(db, row["id"], "unknown")

    def results(self) -> list[dict[str, Any]]:
        """Results the cloud has not been seen to take, as the wire writes them."""
        rows = self._journal.rows(
            "SELECT result FROM commands WHERE result IS NOT NULL AND reported = 0 ORDER BY received_at LIMIT ?",
            RESULTS_A_SYNC,
        )
        return [json.loads(row["result"]) for row in rows]

    def reported(self, db: sqlite3.Connection, results: Iterable[Mapping[str, Any]]) -> None:
        db.executemany("UPDATE commands SET reported = 1 WHERE id = ?", [(each["command"],) for each in results])

    def step(self) -> bool:
        """Do one thing that is due: note what the current opening came to, or begin the next command."""
        try:
            if self._current is not None:
                return self._conclude(*self._current)
            if self._journal.clock.state != "synced":
                return False  # nobody can say whether a command has expired
            due = self._journal.rows(
                "SELECT body FROM commands WHERE started_at IS NULL AND result IS NULL ORDER BY received_at, id LIMIT 1"
            )
            if not due:
                return False
            self._begin(json.loads(due[0]["body"]))
        except NotJournaled as problem:
            log.error("commands wait: the journal cannot be written (%s)", problem)
            return False
        return True

    def _begin(self, body: Mapping[str, Any]) -> None:
        try:
            if self._journal.clock.now() >= from_iso(body.get("expires_at")):
                self._settle(body, "expired")
            elif self._may_be_obeyed_already(body):
                self._settle(body, "unknown")
            elif body.get("kind") == "open":
                self._open(body)
            elif body.get("kind") == "end_quarantine":
                with self._journal.writing() as db:
                    self._bank.end_quarantine(str(body["by"]), str(body["reason"]))
                    self._finish(db, body["id"], "done")
            elif body.get("kind") == "take_presence":
                self._take_presence(body)
            elif body.get("kind") == "end_presence":
                with self._journal.writing() as db:
                    self._presence.end(db, str(body["session"]))
                    self._finish(db, body["id"], "done")
            else:
                self._settle(body, "refused", "unknown_command")
        except Refused as refused:
            self._settle(body, "refused", refused.code)
        except (KeyError, TypeError, ValueError):
            self._settle(body, "refused", "unknown_command")

    def _may_be_obeyed_already(self, body: Mapping[str, Any]) -> bool:
        """After a journal was lost: a command from before this start may have moved a door, and nobody knows."""
        first = self._journal.clock.first_told
        return self._journal.commands_lost and (first is None or from_iso(body.get("issued_at")) <= first)

    def _open(self, body: Mapping[str, Any]) -> None:
        number, cause, session = int(body["door"]), body["cause"], body.get("session")
        if cause not in STAFF_CAUSES:
            raise ValueError("a shopper's doors are opened by their code only")
        self._allow(number, cause, session)
        errand = Errand(cause, placement=body.get("placement"), command=body["id"])

        def also(db: sqlite3.Connection) -> None:
            db.execute("UPDATE commands SET started_at = ? WHERE id = ?", (self._journal.clock.now(), body["id"]))
            if session is None:
                self._remote.note(db)
            else:
                self._presence.extend(db, session)

        opening = self._bank.open(number, errand, also)
        reached("command_begun")
        self._show(opening)
        self._current = (body["id"], opening)

    def _allow(self, number: int, cause: str, session: str | None) -> None:
        door = self._bank.doors.get(number)
        if session is not None and not self._presence.live(session):
            raise Refused("not_present")
        if door is not None and not door.takes_goods and cause not in REPAIRING_CAUSES:
            raise Refused("out_of_service")
        if self._shopper_busy():
            raise Refused("busy")
        if session is None and self._remote.spent():
            raise Refused("remote_limit")

    def _take_presence(self, body: Mapping[str, Any]) -> None:
        self._presence.check(str(body["code"]))
        with self._journal.writing() as db:
            session, until = self._presence.take(db, str(body["staff"]))
            self._finish(db, body["id"], "done", data={"session": session, "until": to_iso(until)})

    def _conclude(self, command: str, opening: Opening) -> bool:
        if opening.outcome is None:
            return False
        status, code = OUTCOMES[opening.outcome]
        door = self._bank.doors.get(opening.door)
        seen = {"door": door.state, "item": door.item} if door is not None else {}
        with self._journal.writing() as db:
            self._finish(db, command, status, code, {**seen, "pulses": opening.pulses})
        reached("command_settled")
        self._current = None
        return True

    def _settle(self, body: Mapping[str, Any], status: str, code: str | None = None) -> None:
        with self._journal.writing() as db:
            self._finish(db, body["id"], status, code)

    def _finish(
        self,
        db: sqlite3.Connection,
        command: str,
        status: str,
        code: str | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep a result. What was presented as proof of presence is not kept with it."""
        log.info("command %s: %s%s", command, status, f" ({code})" if code else "")
        result = {"command": command, "status": status, "code": code, "data": dict(data or {})}
        db.execute(
            "UPDATE commands SET result = ?, body = '{}', reported = 0 WHERE id = ?", (json.dumps(result), command)
        )
        self._journal.on_news()
