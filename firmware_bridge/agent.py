"""The whole bridge: its parts put together, and the threads that run them.

bus     owns the serial line            ticker  pulses when due, doors left open, commands, sessions, the screen's code
poll    holds a sync open for news      upload  carries events and results up at once
kiosk   waitress' threads
"""

from __future__ import annotations

import fcntl
import logging
import random
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from waitress.server import create_server

from firmware_bridge import SOFTWARE
from firmware_bridge.bank import Bank
from firmware_bridge.bus import Bus
from firmware_bridge.changes import Changes
from firmware_bridge.cloud import Cloud, CloudError, Identity, enrol, load_identity
from firmware_bridge.commands import Commands
from firmware_bridge.config import Config
from firmware_bridge.grants import Grants
from firmware_bridge.handover import Handover
from firmware_bridge.journal import BadJournal, Journal, NotJournaled
from firmware_bridge.kiosk.server import kiosk_app
from firmware_bridge.kiosk.view import Parts
from firmware_bridge.layout import Layout
from firmware_bridge.presence import Presence
from firmware_bridge.protocol.wire import LONGEST_WAIT_SECONDS, PROTOCOL
from firmware_bridge.sync import Sync

log = logging.getLogger(__name__)

TICK_SECONDS, BUSY_TICK_SECONDS = 0.1, 0.02
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
FLOOR_SECONDS = 60
KIOSK_THREADS = 16


def new_id() -> str:
    return secrets.token_hex(16)


def six_digits() -> str:
    return f"{secrets.randbelow(10**6):06d}"


def open_data(config: Config) -> tuple[Journal, IO[str]]:
    """Open the journal, alone: the second value is the lock to keep. Raises BadJournal."""
    try:
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = Path(config.data_dir, "lock").open("w", encoding="ascii")
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as problem:
        raise BadJournal(f"Another bridge is running on {config.data_dir}.") from problem
    except OSError as problem:
        raise BadJournal(f"The folder {config.data_dir} cannot be used ({problem.strerror}).") from problem
    return Journal(config.data_dir / "journal.db", boot_id=secrets.token_hex(8)), held


class Backoff:
    """Pauses that double from 1 s to 60 s, each drawn between nothing and that, so that stores do not come back in
    step."""

    def __init__(self, draw: Callable[[float, float], float] = random.uniform) -> None:
        self._draw = draw
        self._most = FIRST_PAUSE

    def next(self) -> float:
        most, self._most = self._most, min(self._most * 2, LONGEST_PAUSE)
        return self._draw(0, most)

    def reset(self) -> None:
        self._most = FIRST_PAUSE


class Agent:
    """One bridge on one bank. `start` returns once the kiosk answers; `stop` ends everything."""

    def __init__(self, config: Config, journal: Journal) -> None:
        self._config = config
        self._journal = journal
        self._stopping = threading.Event()
        self._news = threading.Event()
        self._wake = threading.Event()
        self._online = threading.Event()
        self._threads: list[threading.Thread] = []
        self.bus = Bus(config.port)
        self.bank = Bank(journal, self.bus.fire, new_id)
        self.bus.listener = self.bank
        grants, presence, changes = Grants(journal), Presence(journal, six_digits, new_id), Changes()
        self.handover = Handover(journal, self.bank, grants, presence, new_id)
        self.commands = Commands(journal, self.bank, presence, self.handover.shopper_busy, self.handover.show_staff)
        self.sync = Sync(journal, self.bank, grants, self.commands, self._use_layout)
        self.parts = Parts(journal, self.bank, self.handover, presence, changes)
        journal.on_news = self._news.set
        self.bank.on_change += [changes.touch, self._news.set, self._wake.set]
        self.handover.on_change = changes.touch
        self._kiosk = create_server(kiosk_app(self.parts, config.kiosk_host, config.px_per_mm),
                                    host=config.kiosk_host, port=config.kiosk_port, threads=KIOSK_THREADS,
                                    ident=None, max_request_body_size=16 * 1024)

    @property
    def kiosk_url(self) -> str:
        host = self._config.kiosk_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._kiosk.effective_port}"

    def start(self) -> None:
        """Resolve what the last run left open, then let every thread go."""
        self.commands.recover()
        self._journal.append("bridge_started", {"software": SOFTWARE, "protocol": PROTOCOL})
        kept = self.sync.kept_layout()
        if kept is not None:
            self._use_layout(kept)
        for target in (self.bus.run, self._tick, self._kiosk.run):
            self._threads.append(_spawn(target))
        _spawn(self._poll)
        log.info("the kiosk is at %s", self.kiosk_url)

    def stop(self) -> None:
        """Finish cleanly; nothing is pulsed any more. A sync still held open is left to itself: with the journal
        closed it can change nothing."""
        self._stopping.set()
        for event in (self._news, self._wake, self._online):
            event.set()
        self.bus.stop()
        self.parts.changes.stop()
        self._kiosk.close()
        self._kiosk.task_dispatcher.shutdown(timeout=1)
        deadline = time.monotonic() + 5
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._journal.close()

    def _use_layout(self, layout: Layout) -> None:
        self.bank.configure(layout)
        self.bus.configure(layout.board, layout.boards)

    def _tick(self) -> None:
        floor_due = 0.0
        while not self._stopping.is_set():
            self._wake.wait(BUSY_TICK_SECONDS if self.bank.opening or self.handover.session else TICK_SECONDS)
            self._wake.clear()
            try:
                self.bank.tick()
                self.handover.tick()
                while self.commands.step():
                    self.handover.tick()
                if self.parts.presence.tick():
                    self.parts.changes.touch()
                if self._journal.clock.state == "synced" and time.monotonic() >= floor_due:
                    floor_due = time.monotonic() + FLOOR_SECONDS
                    self._journal.write("floor", str(self._journal.clock.now()))
            except NotJournaled as problem:
                log.error("the journal cannot be used (%s)", problem)

    def _poll(self) -> None:
        identity = self._identity()
        if identity is None:
            return
        self.handover.unlock(identity.bank_key)
        self.parts.enrolled = True
        self.parts.changes.touch()
        _spawn(lambda: self._upload(identity))
        cloud, backoff = Cloud(identity, self._config.cloud_url, self._journal.clock), Backoff()
        while not self._stopping.is_set():
            # The first answer after a silence is asked for at once: it says that the service is there again.
            if self._exchange(cloud, LONGEST_WAIT_SECONDS if self._online.is_set() else 0):
                backoff.reset()
                self._set_online(True)
            else:
                self._set_online(False)
                self._stopping.wait(backoff.next())
        cloud.close()

    def _upload(self, identity: Identity) -> None:
        cloud, backoff = Cloud(identity, self._config.cloud_url, self._journal.clock), Backoff()
        while self._news.wait() and self._online.wait() and not self._stopping.is_set():
            self._news.clear()
            if self._exchange(cloud, 0):
                backoff.reset()
            else:
                self._news.set()
                self._stopping.wait(backoff.next())
        cloud.close()

    def _exchange(self, cloud: Cloud, wait: float) -> bool:
        try:
            if self.sync.exchange(cloud, wait):
                self._news.set()
            self._wake.set()
        except CloudError as problem:
            if self._online.is_set() and not self._stopping.is_set():
                log.warning("offline: %s", problem)
            return False
        except NotJournaled as problem:
            if not self._stopping.is_set():
                log.error("a sync could not be kept (%s)", problem)
            return False
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
        self.parts.changes.touch()

    def _identity(self) -> Identity | None:
        """Who we are; enrols first, patiently, when there is a code to do it with."""
        identity, backoff, said = load_identity(self._journal), Backoff(), ""
        while identity is None and not self._stopping.is_set():
            try:
                identity = enrol(self._journal, self._config.cloud_url, read_code(self._config))
            except (CloudError, NoCode, NotJournaled) as problem:
                if str(problem) != said:
                    said = str(problem)
                    log.warning("not enrolled: %s", said)
                self._stopping.wait(min(backoff.next(), 5.0))
        return identity


def _spawn(target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread


class NoCode(Exception):
    """There is no enrolment code to use; the text says where one was looked for."""


def read_code(config: Config) -> str:
    """The one-time code from its file. Raises NoCode."""
    path = config.enrolment_code_file
    try:
        code = path.read_text(encoding="ascii").strip() if path else ""
    except (OSError, UnicodeDecodeError) as problem:
        raise NoCode(f"The enrolment code file {path} cannot be read yet.") from problem
    if not code:
        raise NoCode("There is no enrolment code: set enrolment_code_file or run `python -m firmware_bridge enrol`.")
    return code
