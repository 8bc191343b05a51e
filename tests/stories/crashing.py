"""A PostgreSQL cluster of the tests' own, crashed and started again as `pg_ctl restart -m immediate` would."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from devtools.children import die_with
from tests import services

SECONDS = 30


class Crashing:
    """The cluster in one folder. `url` is its `postgres` database's."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.directory = Path(url.partition("host=")[2])
        self._again: subprocess.Popen[bytes] | None = None
        self._pid = int((self.directory / "data" / "postmaster.pid").read_text().split()[0])
        self._command = (Path("/proc") / str(self._own_pid()) / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")

    def crash(self) -> None:
        """Every backend ends at once, and nothing is written down first."""
        os.kill(self._own_pid(), signal.SIGQUIT)
        _until(lambda: not self.answers())

    def start(self) -> None:
        """It recovers from its log."""
        parent = os.getpid()
        become = self._become()

        def prepare() -> None:
            if become:
                become()
            die_with(parent, signal.SIGINT)

        with (self.directory / "log").open("ab") as log:
            self._again = subprocess.Popen(
                self._command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                preexec_fn=prepare,
                start_new_session=True,
            )
        _until(self.answers)

    def stop(self) -> None:
        """End the server that was started here."""
        if self._again is not None:
            self._again.send_signal(signal.SIGINT)
            self._again.wait(SECONDS)

    def answers(self) -> bool:
        """Whether somebody may connect."""
        try:
            psycopg.connect(host=str(self.directory), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _own_pid(self) -> int:
        return self._again.pid if self._again else self._pid

    def _become(self) -> Callable[[], None] | None:
        """As the server ran before: PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            return None
        # A copy of its programs lies here only where there were no user namespaces to be had.
        return services._become_nobody if (self.directory / "postgresql").exists() else services._enter_user_namespace


@contextmanager
def postgresql_to_crash() -> Iterator[Crashing]:
    """A cluster whose commits survive a crash. Raises services.Missing."""
    with services.postgresql({"synchronous_commit": "on"}) as url:
        cluster = Crashing(url)
        try:
            yield cluster
        finally:
            cluster.stop()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the cluster does not do as it is told"
        time.sleep(0.01)
