"""The bridge as its own process, killed without warning at the worst moments."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.lockbank import LockBank
from tests.firmware_bridge.fake_cloud import FakeCloud
from tests.firmware_bridge.world import DOORS, LAYOUT, grant, until

ROOT = Path(__file__).parents[2]


class Process:
    """`python -m firmware_bridge run` on a folder that outlives it."""

    def __init__(self, folder: Path, cloud: FakeCloud, locks: LockBank) -> None:
        self.folder, self.log = folder, ""
        (folder / "code").write_text(cloud.code)
        (folder / "bridge.toml").write_text(
            f'data_dir = "data"\ncloud_url = "{cloud.url}"\nport = "{locks.path}"\nkiosk_port = 0\n'
            'enrolment_code_file = "code"\n'
        )
        self.start()

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
        self.url = until(lambda: re.search(r"http://[\w.:]+", self.log), 20).group()
        until(lambda: all(door["state"] == "shut" for door in self.state()["doors"]) and self.state()["ready"])

    def _read(self) -> None:
        for line in self.process.stderr:
            self.log += line

    def state(self) -> dict:
        return requests.get(f"{self.url}/api/state", timeout=5).json()

    def code(self, code: str) -> str:
        return requests.post(f"{self.url}/api/code", json={"code": code}, timeout=5).json()["verdict"]

    def kill(self, signum: int = signal.SIGKILL) -> int:
        os.kill(self.process.pid, signum)
        status = self.process.wait(10)
        self.reader.join(5)
        self.process.stderr.close()
        return status

    def find(self, sql: str) -> list[tuple]:
        """Look into the journal from outside."""
        db = sqlite3.connect(f"file:{self.folder / 'data' / 'journal.db'}?mode=ro", uri=True)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()


@pytest.fixture
def locks() -> Iterator[LockBank]:
    with LockBank(doors=DOORS) as locks:
        yield locks


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with FakeCloud() as cloud:
        cloud.tell(layout=LAYOUT)
        yield cloud


@pytest.fixture
def bridge(tmp_path: Path, cloud: FakeCloud, locks: LockBank) -> Iterator[Process]:
    bridge = Process(tmp_path, cloud, locks)
    yield bridge
    if bridge.process.poll() is None:
        assert bridge.kill(signal.SIGTERM) == 0


def test_killed_between_intent_and_pulse_it_pulses_nothing_afterwards_and_says_unknown(
    bridge: Process, cloud: FakeCloud, locks: LockBank
) -> None:
    first = cloud.command("open", door=1, cause="assist", placement=None, session=None)
    cloud.result(first)
    # The coil of door 1 is still on, so the pulse for door 2 waits for the line while its intent is on the disk.
    second = cloud.command("open", door=2, cause="assist", placement=None, session=None)
    until(lambda: len(bridge.find("SELECT * FROM intents")) == 2)
    bridge.kill()
    assert locks.pulses_of(2) == 0
    locks.shut_door(1)
    bridge.start()
    assert cloud.result(second)["status"] == "unknown"
    unknown = cloud.event("door_unknown", door=2, command=second)
    assert (unknown["reading"], unknown["pulses"]) == ("shut", 1)
    assert [pulse.door for pulse in locks.pulses] == [1]


def test_killed_while_a_code_is_judged_the_count_stays(bridge: Process, cloud: FakeCloud, locks: LockBank) -> None:
    cloud.tell(grants=[grant(7)])
    until(lambda: bridge.find("SELECT * FROM grants"))
    for _ in range(4):
        assert bridge.code("047000000") == "no"

    def guess() -> None:
        with pytest.raises(requests.ConnectionError):
            bridge.code("047000000")

    guessing = threading.Thread(target=guess)
    guessing.start()
    until(lambda: len(bridge.find("SELECT * FROM tries")) == 5)
    bridge.kill()
    guessing.join(5)
    bridge.start()
    assert bridge.code("047193508") == "wait"
    assert locks.pulses == []


def test_told_to_end_it_ends_cleanly_and_quickly(bridge: Process) -> None:
    assert bridge.kill(signal.SIGTERM) == 0
    assert "Traceback" not in bridge.log


def test_no_code_ever_reaches_the_log(bridge: Process, cloud: FakeCloud) -> None:
    cloud.tell(grants=[grant(7)])
    until(lambda: bridge.find("SELECT * FROM grants"))
    bridge.code("047193509")
    bridge.code("047193508")
    bridge.kill(signal.SIGTERM)
    assert "1935" not in bridge.log
    assert cloud.code not in bridge.log
    assert "door 7: pulse 1 (grant)" in bridge.log


def test_a_second_bridge_on_the_same_folder_says_so_and_ends(bridge: Process) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "firmware_bridge", "run", "--config", str(bridge.folder / "bridge.toml")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr.strip().count("\n") == 0
    assert "Another bridge is running" in second.stderr
