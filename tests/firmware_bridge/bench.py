"""The bridge's inner parts on a clock the test moves by hand, before an imagined bank of doors. No threads."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from firmware_bridge.bank import Bank
from firmware_bridge.boards import Ask, BoardStatus
from firmware_bridge.bus import Pulse
from firmware_bridge.clock import Clock, to_iso
from firmware_bridge.commands import Commands
from firmware_bridge.deeds import Deeds
from firmware_bridge.desk import Desk
from firmware_bridge.grants import Grants
from firmware_bridge.handover import Handover
from firmware_bridge.held import Held
from firmware_bridge.journal import Journal
from firmware_bridge.judge import Judge, Verdict
from firmware_bridge.layout import read_layout
from firmware_bridge.pins import Pins
from firmware_bridge.presence import Presence
from firmware_bridge.worklist import WorkList
from tests.firmware_bridge.fake_cloud import BANK_KEY
from tests.firmware_bridge.world import LAYOUT, grant

START = 1_800_000_000.0


class Bench:
    """One bridge's worth of parts. `restart` forgets what was in memory, as a power cut does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.elapsed = 0.0
        self.slept: list[float] = []
        self.open: set[int] = set()
        self.items: set[int] = set()
        self.stuck: set[int] = set()
        self.silent = False
        self.pulses: list[int] = []
        self.boots = itertools.count(1)
        self.restart(told=True)

    def restart(self, told: bool = False) -> None:
        """Start anew on the same journal; `told`: the service has said what time it is."""
        if hasattr(self, "journal"):
            self.journal.close()
        self.journal = Journal(self.folder / "journal.db", f"boot-{next(self.boots)}")
        floor = float(self.journal.read("floor") or 0)
        self.journal.clock = Clock(lambda: self.wall, lambda: self.elapsed, floor)
        ids = (f"{self.journal.boot_id}-{n}" for n in itertools.count(1))
        digits = (f"{n:06d}" for n in itertools.count(100_001))
        self.bank = Bank(self.journal, self._fire, lambda: next(ids))
        self.grants = Grants(self.journal)
        self.presence = Presence(self.journal, lambda: next(digits), lambda: next(ids))
        self.judge = Judge(self.journal, self.grants, self.presence)
        self.judge.bank_key = BANK_KEY
        self.handover = Handover(self.journal, self.bank, self.grants, self.judge, lambda: next(ids), self._sleep)
        self.commands = Commands(
            self.journal, self.bank, self.presence, self.handover.shopper_busy, self.handover.show_staff
        )
        held, deeds = Held(self.journal), Deeds(self.journal)
        self.pins = Pins(self.journal, held, self.presence)
        self.pins.bank_key = BANK_KEY
        self.work = WorkList(held, deeds, self.grants, self.bank)
        self.desk = Desk(self.journal, self.bank, self.pins, self.work, self.presence, self.handover, self._sleep)
        self.commands.recover()
        self.bank.configure(read_layout(LAYOUT))
        self.look()
        if told:
            self.journal.clock.believe(self.now)

    @property
    def now(self) -> float:
        """The true time, epoch seconds."""
        return START + self.elapsed

    @property
    def wall(self) -> float:
        """What the computer's own clock says."""
        return self.now

    def pass_time(self, seconds: float, step: float = 0.1) -> None:
        """Let time pass; the bus reads and everything due is done meanwhile."""
        until = self.elapsed + seconds
        while self.elapsed < until - 1e-9:
            self.elapsed = min(until, self.elapsed + step)
            self.look()
            self.tick()

    def tick(self) -> None:
        self.bank.tick()
        self.handover.tick()
        self.desk.tick()
        while self.commands.step():
            self.handover.tick()
        self.presence.tick()

    def look(self, reads: int = 2) -> None:
        """The bus asks both boards, `reads` times."""
        for board in (0, 1) * reads:
            shut = {channel: board * 16 + channel + 1 not in self.open for channel in range(16)}
            items = {channel: board * 16 + channel + 1 in self.items for channel in range(16)}
            status = None if self.silent else BoardStatus(board, shut, items)
            self.bank.on_reading(Ask(board, tuple(range(16))), status)

    def shut(self, number: int) -> None:
        self.open.discard(number)
        self.pass_time(0.2)

    def holds(self, *places: int | None, **more: Any) -> None:
        """Give the bridge a grant for these doors; None is the counter."""
        with self.journal.writing() as db:
            self.grants.apply(db, [grant(*places, now=self.now, **more)], reset=False)

    def revoke(self, grant_id: str = "grant-1") -> None:
        with self.journal.writing() as db:
            self.grants.apply(db, [{"id": grant_id, "version": 1, "revoked": True}], reset=False)

    def types(self, code: str = "047193508") -> Verdict:
        """Somebody types a code; the line and the timers then get a moment."""
        verdict = self.handover.present_code(code)
        self.pass_time(0.2)
        return verdict

    def phase(self) -> str | None:
        return self.handover.session.phase if self.handover.session else None

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [event["data"] for event in self.journal.events(1000) if event["kind"] == kind]

    def fill_disk(self) -> None:
        """No page more can be written."""
        self.journal.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.journal.db.execute("PRAGMA query_only = ON")

    def free_disk(self) -> None:
        self.journal.db.execute("PRAGMA query_only = OFF")

    def command(self, kind: str, seconds: float = 30, id: str = "command-1", **fields: Any) -> None:
        """A command arrives with a sync."""
        body = {
            "id": id,
            "kind": kind,
            "issued_at": to_iso(self.now),
            "expires_at": to_iso(self.now + seconds),
            "actor": "staff:1",
            **fields,
        }
        with self.journal.writing() as db:
            self.commands.receive(db, [body])

    def result(self, id: str = "command-1") -> dict[str, Any] | None:
        rows = self.journal.rows("SELECT result FROM commands WHERE id = ?", id)
        return json.loads(rows[0]["result"]) if rows and rows[0]["result"] else None

    def _fire(self, pulse: Pulse) -> None:
        number = pulse.board * 16 + pulse.channel + 1
        self.pulses.append(number)
        self.bank.on_pulse(pulse, sent=True)
        if number not in self.stuck:
            self.open.add(number)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds
