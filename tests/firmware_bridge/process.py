"""The bridge as its own process on a folder that outlives it: started, pressed, killed, looked into from outside."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import requests

from sandbox.lockbank import LockBank
from tests.firmware_bridge.fake_cloud import FakeCloud
from tests.firmware_bridge.world import until

ROOT = Path(__file__).parents[2]
KILLED = -signal.SIGKILL


class Process:
    """`python -m firmware_bridge run`."""

    def __init__(self, folder: Path, cloud: FakeCloud, locks: LockBank) -> None:
        self.folder, self.log = folder, ""
        (folder / "code").write_text(cloud.code)
        (folder / "bridge.toml").write_text(
            f'data_dir = "data"\ncloud_url = "{cloud.url}"\nport = "{locks.path}"\nkiosk_port = 0\n'
            'enrolment_code_file = "code"\n'
        )
        try:
            self.start()
        except BaseException:
            self.end()
            raise

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """However the test went, nothing is left running."""
        if self.runs:
            self.kill()

    def start(self, dies_at: str = "") -> None:
        """`dies_at`: the failpoint at which it dies by itself; then nothing is waited for."""
        self.log = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "firmware_bridge", "run", "--config", str(self.folder / "bridge.toml")],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "BRIDGE_DIES_AT": dies_at},
        )
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        if dies_at:
            return
        self.ready()

    def ready(self) -> None:
        """Wait until it serves its bank."""
        self.url = until(lambda: re.search(r"http://[\w.:]+", self.log), 60).group()
        until(lambda: all(door["state"] == "shut" for door in self.state()["doors"]) and self.state()["ready"])

    def _read(self) -> None:
        for line in self.process.stderr:
            self.log += line

    def state(self) -> dict[str, Any]:
        return requests.get(f"{self.url}/api/state", timeout=15).json()

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Press something at the kiosk."""
        return requests.post(f"{self.url}/api/{path}", json=body, timeout=15).json()

    def code(self, code: str) -> str:
        return self.post("code", code=code)["verdict"]

    def kill(self, signum: int = signal.SIGKILL) -> int:
        os.kill(self.process.pid, signum)
        return self._ended(10)

    def dies(self) -> None:
        """It has died by itself, as by a power cut."""
        assert self._ended(30) == KILLED

    def _ended(self, seconds: float) -> int:
        status = self.process.wait(seconds)
        self.reader.join(5)
        self.process.stderr.close()
        return status

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def find(self, sql: str) -> list[tuple[Any, ...]]:
        """Look into the journal from outside."""
        db = sqlite3.connect(f"file:{self.folder / 'data' / 'journal.db'}?mode=ro", uri=True)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()
