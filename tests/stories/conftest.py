from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from sqlalchemy.orm import Session

from bopis import clock
from bopis.bell import SilentBell
from bopis.claims import LEASE
from bopis.db import Database
from bopis.dispatch import LOOK_FOR
from bopis.inbox import InboxEntry
from bopis.merchants.models import Connection
from bopis.outbox import OutboxEntry
from devtools.run import started
from devtools.stack import Stack
from sandbox.journey import Journey
from tests.conftest import DATABASES, new_database
from tests.invariants import Evidence, violations
from tests.stories.cut_off import Store, running_store
from tests.stories.patient import PatientJourney

PROCESSES = {
    "web": "bopis.app:web",
    "bridges": "bopis.app:bridges",
    "worker": "bopis.jobs",
    "relay": "bopis.relay",
    "bridge": "firmware_bridge",
    "valkey": "valkey-server",
}
"""What the command lines of a copy's processes hold; the sandbox, the world itself, is never taken away."""


@dataclass
class Copy:
    """A whole running copy, its processes by what they run, and what its parts remember."""

    stack: Stack
    database_url: str

    def journey(self) -> Journey:
        """An associate signed in and present."""
        journey = Journey(self.stack.web, self.stack.kiosk, self.stack.sandbox)
        journey.patience = 60
        journey.sign_in()
        journey.take_presence()
        return journey

    def patient_journey(self) -> PatientJourney:
        """People who try again, the associate signed in."""
        journey = PatientJourney(self.stack.web, self.stack.kiosk, self.stack.sandbox)
        journey.sign_in()
        journey.until("the lockers are ready", lambda: journey.state()["ready"] and journey.state()["online"])
        return journey

    def pids(self, words: str) -> list[int]:
        """The processes of this copy, and no other, whose command line holds these words."""
        found = []
        for process in Path("/proc").iterdir():
            try:
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                told = f"DATA_DIR={self.stack.data_dir}\0".encode() in (process / "environ").read_bytes()
            except (OSError, UnicodeDecodeError):
                continue
            # A Valkey writes its title over its environment, and its socket into its title.
            if words in command and (told or str(self.stack.data_dir) in command):
                found.append(int(process.name))
        return found

    def send(self, words: str, number: signal.Signals) -> None:
        """Send a signal to those processes, of which there must be one."""
        found = self.pids(words)
        assert found, f"no {words} runs"
        for pid in found:
            os.kill(pid, number)

    def kill(self, process: str) -> None:
        """kill -9 one of PROCESSES as soon as it is there; then a minute passes for whatever it held."""
        deadline = time.monotonic() + 60
        while not (found := self.pids(PROCESSES[process])):
            assert time.monotonic() < deadline, f"{process} did not come back"
            time.sleep(0.02)
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        self.let_leases_lapse()

    def empty_redis(self) -> None:
        """FLUSHALL, as soon as there is a Redis."""
        with redis.Redis.from_url(f"unix://{self.stack.socket}", retry=Retry(ConstantBackoff(0.1), 100)) as connection:
            connection.flushall()

    @contextmanager
    def paying_here(self) -> Iterator[None]:
        """Meanwhile the merchant lets unpaid orders be loaded, and takes the money through its account for cards."""
        self._choose_account("stripe")
        yield
        self._choose_account("")

    def _choose_account(self, vendor: str) -> None:
        with self._transaction() as session:
            of = {each.vendor: each.id for each in session.scalars(sa.select(Connection))}
            shop = session.get_one(Connection, of["shopify"])
            shop.settings = {**shop.settings, "pay_here": of.get(vendor, "")}

    def let_leases_lapse(self) -> None:
        """Leases taken before now are over, as they would be after a minute; a living holder's word is then refused."""
        now = clock.now()
        with self._transaction() as session:
            for box in (InboxEntry, OutboxEntry):
                session.execute(sa.update(box).where(box.lease_until <= now + LEASE).values(lease_until=now))

    def a_minute_passes(self) -> None:
        """For the outbox, and what nobody is at work on: what waits is due, what was asked was asked a minute ago."""
        now = clock.now()
        with self._transaction() as session:
            unheld = sa.or_(OutboxEntry.lease_until.is_(None), OutboxEntry.lease_until <= now)
            resting = session.scalars(sa.select(OutboxEntry).where(OutboxEntry.state == "waiting", unheld))
            for entry in resting:
                entry.next_at = min(entry.next_at, now)
                if entry.submitted_at is not None:
                    entry.submitted_at = min(entry.submitted_at, now - LOOK_FOR)

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        database = Database(self.database_url, SilentBell())
        with database.transaction() as session:
            yield session
        database.close()

    def evidence(self) -> Evidence:
        """Where everybody's memory of what happened is."""
        return Evidence(self.database_url, self.stack.sandbox, self.stack.data_dir / "bridge" / "journal.db")

    def assert_nothing_is_wrong(self) -> None:
        """Every invariant holds once everything has come to rest."""
        deadline = time.monotonic() + 100
        while found := violations(self.evidence()):
            assert time.monotonic() < deadline, "\n".join(found)
            time.sleep(0.1)


@pytest.fixture(scope="session", params=DATABASES)
def running(request: pytest.FixtureRequest) -> Iterator[Copy]:
    """Everything, once on each kind of database; what a story takes away it gives back."""
    with ExitStack() as cleanup:
        url = ""
        if request.param == "postgresql":
            template = request.getfixturevalue("postgresql_template")
            url = cleanup.enter_context(new_database(template, "template"))
        stack = cleanup.enter_context(started(database_url=url))
        yield Copy(stack, url or f"sqlite:///{stack.data_dir}/bopis.db")


@pytest.fixture
def copy(running: Copy) -> Iterator[Copy]:
    """The running copy, its world well-behaved; whatever a story does, the invariants hold after it."""
    journey = Journey(running.stack.web, running.stack.kiosk, running.stack.sandbox)
    for part in ("shop", "phone"):
        journey.behave(part, reset=True)
    yield running
    running.assert_nothing_is_wrong()


@pytest.fixture
def store(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Store]:
    """A store whose line a story may cut."""
    with running_store(tmp_path, database_url, redis_url) as store:
        yield store
