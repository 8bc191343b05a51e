"""The whole bridge: its parts put together, and the threads that run them.

bus     owns the serial line            ticker  pulses when due, doors left open, commands, sessions, the screen's code
poll    holds a sync open for news      upload  carries events and results up at once
kiosk   waitress' threads               scanner reads QR codes, where the bank has one

A thread that dies of something nobody foresaw ends the bridge: whoever runs it starts it again, and a start is safe.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable

from firmware_bridge import SOFTWARE, adapters, notify, status
from firmware_bridge.backoff import Backoff
from firmware_bridge.bank import Bank
from firmware_bridge.bus import Bus
from firmware_bridge.changes import Changes
from firmware_bridge.cloud import Cloud, CloudError, Identity, NoCode, enrol, load_identity, read_code
from firmware_bridge.commands import Commands
from firmware_bridge.config import Config
from firmware_bridge.deeds import Deeds
from firmware_bridge.desk import Desk
from firmware_bridge.grants import Grants
from firmware_bridge.handover import Handover
from firmware_bridge.held import Held
from firmware_bridge.journal import DamagedJournal, Journal, NotJournaled
from firmware_bridge.judge import Judge
from firmware_bridge.kiosk import commissioning
from firmware_bridge.kiosk.server import kiosk_app
from firmware_bridge.kiosk.serving import KioskServer
from firmware_bridge.kiosk.view import Parts
from firmware_bridge.layout import Layout
from firmware_bridge.logs import Lately
from firmware_bridge.pins import Pins
from firmware_bridge.presence import Presence
from firmware_bridge.protocol.wire import LONGEST_WAIT_SECONDS, PROTOCOL
from firmware_bridge.rotation import Keyring
from firmware_bridge.salvage import keep_copy
from firmware_bridge.scanner import Scanner
from firmware_bridge.sync import Sync
from firmware_bridge.worklist import WorkList

log = logging.getLogger(__name__)

TICK_SECONDS, BUSY_TICK_SECONDS = 0.1, 0.02
UPKEEP_SECONDS, FAILING_UPKEEP_SECONDS = 60.0, 2.0
ENROL_SECONDS = 5.0
STOP_SECONDS = 5.0
REFUSALS = ("bad_signature", "revoked")
"""What the service says to a bridge that was revoked or replaced, or whose key it does not know."""


def new_id() -> str:
    return secrets.token_hex(16)


def six_digits() -> str:
    return f"{secrets.randbelow(10**6):06d}"


class Agent:
    """One bridge on one bank. `start` returns once the kiosk answers; `ended` is set when it cannot go on."""

    def __init__(self, config: Config, journal: Journal, lately: Lately | None = None) -> None:
        """`lately` hears what is logged of doors. Raises OSError when the kiosk's address is taken."""
        self.journal = journal
        self.lately = lately or Lately()
        self.ended = threading.Event()
        self.failed = False
        self._config = config
        self._stopping = threading.Event()
        self._news = threading.Event()
        self._wake = threading.Event()
        self._online = threading.Event()
        self._threads: list[threading.Thread] = []
        self._upkeep_due = 0.0
        self.bus = Bus(adapters.chosen(journal.read, config.port))
        self.bank = Bank(journal, self.bus.fire, new_id)
        self.bus.listener = self.bank
        deeds, held = Deeds(journal), Held(journal)
        grants, presence = Grants(journal, deeds, held), Presence(journal, six_digits, new_id)
        changes = Changes()
        self.judge = Judge(journal, grants, presence)
        self.handover = Handover(journal, self.bank, grants, self.judge, new_id)
        self.commands = Commands(journal, self.bank, presence, self.handover.shopper_busy, self.handover.show_staff)
        self.sync = Sync(journal, self.bank, grants, self.commands, self._use_layout)
        self.pins = Pins(journal, held, presence)
        work = WorkList(held, deeds, grants, self.bank)
        self.desk = Desk(journal, self.bank, self.pins, work, presence, self.handover)
        self.parts = Parts(journal, self.bank, self.handover, self.judge, presence, changes, self.desk)
        journal.on_news = self._news.set
        self.bank.on_change += [changes.touch, self._news.set, self._wake.set]
        self.handover.on_change = self.desk.on_change = changes.touch
        app = kiosk_app(self.parts, config.kiosk_host, config.px_per_mm, config.language)
        status.add(app, self)
        self.commissioning = commissioning.build(app, self.parts, self.bus, self.pins, config, new_id)
        self._kiosk = KioskServer(app, config.kiosk_host, config.kiosk_port)
        self.kiosk_url = self._kiosk.url
        self.started = time.monotonic()
        self.online_since: float | None = None
        self.synced_at: float | None = None
        self.refused: str | None = None
        self._ticks = 0
        self._scanner = Scanner(config.scanner, self.parts.scans.heard) if config.scanner else None

    def start(self) -> None:
        """Resolve what the last run left open, then let every thread go."""
        try:
            self.commands.recover()
            self.journal.append("bridge_started", {"software": SOFTWARE, "protocol": PROTOCOL})
            kept = self.sync.kept_layout()
            if kept is not None:
                self._use_layout(kept)
            self.commissioning.service.restore()
        except NotJournaled as problem:
            log.error("the journal cannot be used (%s): the kiosk will say so", problem)
        self._threads = [self._spawn(target) for target in (self.bus.run, self._tick, self._kiosk.run)]
        if self._scanner:
            self._threads.append(self._spawn(self._scanner.run))
        self._spawn(self._poll)
        feeding = notify.feeding_seconds()
        if feeding is not None:
            self._spawn(lambda: self._feed(feeding))
        (self._config.data_dir / "address").write_text(self.kiosk_url, encoding="ascii")
        log.info("the kiosk is at %s", self.kiosk_url)

    def stop(self) -> None:
        """Finish cleanly; nothing is pulsed any more. A sync still held open is left to itself: with the journal
        closed it can change nothing."""
        self._stopping.set()
        for event in (self._news, self._wake, self._online):
            event.set()
        self.bus.stop()
        if self._scanner:
            self._scanner.stop()
        self.parts.changes.stop()
        self.commissioning.changes.stop()
        self._kiosk.stop()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _spawn(self, target: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                target()
            except Exception:
                if not self._stopping.is_set():
                    log.exception("the bridge cannot go on")
                    self.failed = True
                    self.ended.set()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def _feed(self, seconds: float) -> None:
        parts = {"line": lambda: self.bus.beats, "ticker": lambda: self._ticks, "journal": lambda: self.journal.beats}
        watchdog = notify.Watchdog(parts)
        while not self._stopping.wait(seconds):
            watchdog.feed()

    def _use_layout(self, layout: Layout) -> None:
        self.bank.configure(layout)
        if not self.bank.closed:
            self.bus.configure(layout.board, layout.boards)

    def _tick(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(BUSY_TICK_SECONDS if self.bank.opening or self.handover.session else TICK_SECONDS)
            self._wake.clear()
            self._ticks += 1
            failing = self.journal.failing
            try:
                self.bank.tick()
                self.handover.tick()
                self.desk.tick()
                while self.commands.step():
                    self.handover.tick()
                if self.parts.presence.tick():
                    self.parts.changes.touch()
                self._keep_up()
            except NotJournaled as problem:
                if not self._stopping.is_set():
                    log.error("the journal cannot be used (%s)", problem)
            if failing != self.journal.failing:
                self.parts.changes.touch()
            if self.journal.damaged:
                # Whoever runs the bridge starts it again, and that start sets the file aside and saves what it holds.
                raise DamagedJournal("the journal is damaged")

    def _keep_up(self) -> None:
        """Now and then: remember what time it was, forget what is old, and find out whether the disk works again."""
        now = time.monotonic()
        if now < self._upkeep_due:
            return
        self._upkeep_due = now + FAILING_UPKEEP_SECONDS
        self.journal.upkeep()
        self._upkeep_due = now + UPKEEP_SECONDS

    def _poll(self) -> None:
        identity = self._identity()
        if identity is None:
            return
        keep_copy(self.journal)
        self.judge.bank_key = self.pins.bank_key = identity.bank_key
        self.parts.enrolled = True
        self.parts.changes.touch()
        keys = Keyring(self.journal, identity)
        self._spawn(lambda: self._upload(keys))
        cloud, backoff = self._line(keys), Backoff()
        while not self._stopping.is_set():
            # The first answer after a silence is asked for at once: it says that the service is there again.
            online = self._exchange(cloud, LONGEST_WAIT_SECONDS if self._online.is_set() else 0)
            self._set_online(online)
            if online:
                backoff.reset()
            else:
                self._stopping.wait(backoff.next())
        cloud.close()

    def _line(self, keys: Keyring) -> Cloud:
        return Cloud(keys.identity, self._config.cloud_url, self.journal.clock, keys)

    def _upload(self, keys: Keyring) -> None:
        cloud, backoff = self._line(keys), Backoff()
        while self._news.wait() and self._online.wait() and not self._stopping.is_set():
            self._news.clear()
            if self._exchange(cloud, 0):
                backoff.reset()
            else:
                self._news.set()
                self._stopping.wait(backoff.next())
        cloud.close()

    def _exchange(self, cloud: Cloud, wait: float) -> bool:
        """One sync; False when it came to nothing."""
        try:
            if self.sync.exchange(cloud, wait):
                self._news.set()
        except (CloudError, NotJournaled) as problem:
            if self._online.is_set() and not self._stopping.is_set():
                log.warning("offline: %s", problem)
            self._set_refused(getattr(problem, "code", ""))
            return False
        self._set_refused("")
        self._wake.set()
        self.synced_at = self.journal.clock.now()
        return True

    def _set_online(self, online: bool) -> None:
        if online == self._online.is_set() or self._stopping.is_set():
            return
        if online:
            log.info("online")
            self._online.set()
        else:
            self._online.clear()
        self.parts.online = online
        self.online_since = self.journal.clock.now() if online else None
        self.parts.changes.touch()

    def _set_refused(self, code: str) -> None:
        """Remember that the service does not know this bridge any more. Nobody signs a refusal, so nothing is undone
        for it: the store goes on until its leases end."""
        refused = code if code in REFUSALS else None
        if refused == self.refused or self._stopping.is_set():
            return
        if refused:
            log.error("the service does not know this bridge any more (%s): it must be enrolled anew", refused)
        self.refused, self.parts.refused = refused, refused is not None
        self.parts.changes.touch()

    def _identity(self) -> Identity | None:
        """Who we are; enrols first, patiently, when there is a code to do it with."""
        identity, said, backoff = load_identity(self.journal), "", Backoff(longest=ENROL_SECONDS)
        while identity is None and not self._stopping.is_set():
            try:
                identity = enrol(self.journal, self._config.cloud_url, read_code(self._config))
            except (CloudError, NoCode, NotJournaled) as problem:
                if str(problem) != said:
                    said = str(problem)
                    log.warning("not enrolled: %s", said)
                self._stopping.wait(backoff.next())
        return identity
