"""The bridge as its own process, killed without warning at the worst moments."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest
import requests

from sandbox.lockbank import LockBank
from tests.firmware_bridge.fake_cloud import FakeCloud
from tests.firmware_bridge.process import ROOT, Process
from tests.firmware_bridge.world import grant, until


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
