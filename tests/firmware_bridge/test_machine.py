"""The bridge as a technician meets it: doctor, status, metrics, logs, and what systemd hears."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import flask
import pytest
import requests

from firmware_bridge import status
from firmware_bridge.notify import Watchdog, feeding_seconds, tell
from sandbox.lockbank import LockBank
from tests.firmware_bridge.fake_cloud import FakeCloud
from tests.firmware_bridge.process import ROOT, Process
from tests.firmware_bridge.world import grant, until


def command(folder: Path, *words: str) -> tuple[int, str]:
    """`bopis-bridge` as a technician types it; its exit code and all it says."""
    done = subprocess.run(
        [sys.executable, "-m", "firmware_bridge", *words, "--config", str(folder / "bridge.toml")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout or done.stderr


def findings(folder: Path) -> dict[str, tuple[str, str, str]]:
    _, said = command(folder, "doctor", "--json")
    return {each["about"]: (each["level"], each["words"], each["do"]) for each in json.loads(said)}


def test_status_says_for_programs_and_for_people_how_the_bridge_is(bridge: Process, cloud: FakeCloud) -> None:
    until(lambda: requests.get(f"{bridge.url}/status", timeout=15).json()["journal"]["waiting_events"] == 0)
    body = requests.get(f"{bridge.url}/status", timeout=15).json()
    assert body["well"], body["troubles"]
    assert body["doors"] == {"count": 24, "shut": 24, "open": 0, "unknown": 0, "out_of_service": []}
    assert body["online_since"] is not None
    assert body["line"]["boards"]["0"]["answered"] > 0
    assert body["clock"]["state"] == "synced"
    assert body["memory_bytes"] < 80_000_000
    code, said = command(bridge.folder, "status")
    assert code == 0
    assert "24 shut" in said


def test_metrics_hold_the_same_in_prometheus_text(bridge: Process) -> None:
    text = requests.get(f"{bridge.url}/metrics", timeout=15).text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert values["bridge_online"] == "1"
    assert values['bridge_doors{state="shut"}'] == "24"
    assert int(values['bridge_board_total{board="0",what="asked"}']) > 0
    assert all(re.fullmatch(r"-?[0-9.e+]+", value) for value in values.values())


def test_status_holds_no_secret(bridge: Process, cloud: FakeCloud) -> None:
    cloud.tell(grants=[grant(7)])
    until(lambda: bridge.find("SELECT * FROM grants"))
    said = requests.get(f"{bridge.url}/status", timeout=15).text
    secrets = [row[0] for row in bridge.find("SELECT value FROM meta WHERE name IN ('private_key', 'identity')")]
    held = json.loads(next(each for each in secrets if each.startswith("{")))
    assert not any(secret in said for secret in (*secrets, held["bank_key"], '"047"', "verifier"))


def test_offline_with_events_waiting_it_says_so_and_its_exit_code_too(bridge: Process, cloud: FakeCloud) -> None:
    cloud.silence(True)
    bridge.code("000000000")
    until(lambda: requests.get(f"{bridge.url}/status", timeout=15).json()["online"] is False)
    body = requests.get(f"{bridge.url}/status", timeout=15).json()
    assert body["journal"]["waiting_events"] > 0
    assert body["journal"]["oldest_waiting_seconds"] >= 0
    code, said = command(bridge.folder, "status")
    assert code == 1
    assert "Offline" in said


def test_doctor_finds_everything_in_its_place_with_the_bridge_running_and_without(bridge: Process) -> None:
    bridge.find("SELECT 1")
    for _ in range(2):
        found = findings(bridge.folder)
        assert {level for level, _, _ in found.values()} <= {"ok", "warn"}, found
        assert all("answers" in found[board][1] for board in ("board 0", "board 1"))
        assert "24 doors" in found["journal"][1]
        if bridge.process.poll() is None:
            assert found["service"][1] == "online"
            bridge.kill()


def test_doctor_names_a_dead_board_a_missing_device_and_what_to_do(
    bridge: Process, locks: LockBank, tmp_path: Path
) -> None:
    bridge.kill()
    locks.boards[1].dead = True
    level, words, do = findings(bridge.folder)["board 1"]
    assert (level, words) == ("fail", "does not answer")
    assert "power" in do
    settings = (tmp_path / "bridge.toml").read_text()
    (tmp_path / "bridge.toml").write_text(settings.replace(str(locks.path), "/dev/serial/by-id/none"))
    found = findings(bridge.folder)
    assert found["lock boards’ line"][0] == "fail"
    assert command(tmp_path, "doctor")[0] == 1


def test_exit_codes_tell_a_wrong_setting_from_a_bridge_that_does_not_run(bridge: Process, tmp_path: Path) -> None:
    bridge.kill()
    assert command(tmp_path, "status")[0] == 3
    with (tmp_path / "bridge.toml").open("a") as settings:
        settings.write('colour = "red"\n')
    code, said = command(tmp_path, "doctor")
    assert code == 2
    assert "colour" in said


def test_a_bridge_that_is_enrolled_stays_who_it_is_until_it_is_asked_twice(bridge: Process, cloud: FakeCloud) -> None:
    bridge.kill()
    before = bridge.find("SELECT value FROM meta WHERE name = 'private_key'")
    assert "Enrolled already" in command(bridge.folder, "enrol", "WRONG")[1]
    assert command(bridge.folder, "enrol", "--anew", cloud.code)[0] == 0
    assert bridge.find("SELECT value FROM meta WHERE name = 'private_key'") != before


def test_logs_in_json_say_what_happened_to_which_door(
    tmp_path: Path, cloud: FakeCloud, locks: LockBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = Process(tmp_path, cloud, locks)
    bridge.kill()
    with (tmp_path / "bridge.toml").open("a") as settings:
        settings.write('log_format = "json"\n')
    bridge.start()
    cloud.tell(grants=[grant(7)])
    until(lambda: bridge.find("SELECT * FROM grants"))
    bridge.code("047193508")
    until(lambda: '"door": 7' in bridge.log)
    bridge.kill()
    lines = [json.loads(line) for line in bridge.log.splitlines()]
    about = [line["words"] for line in lines if line.get("door") == 7]
    assert about[0] == "door 7: pulse 1 (grant)"
    assert all({"at", "level", "from", "words"} <= set(line) for line in lines)


def test_status_says_what_happened_to_which_door_lately_and_never_with_which_code(
    bridge: Process, cloud: FakeCloud
) -> None:
    cloud.tell(grants=[grant(7)])
    until(lambda: bridge.find("SELECT * FROM grants"))
    bridge.code("047193508")
    until(lambda: "door 7: open (grant)" in requests.get(f"{bridge.url}/status", timeout=15).text)
    code, said = command(bridge.folder, "status")
    assert code == 0
    assert re.search(r"lately:\n  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  door 7: pulse 1 \(grant\)", said)
    assert re.search(r"board 0: asked \d+ times, 0\.0 % unanswered or damaged; 1 pulses, 0 rejected", said)
    _, said = command(bridge.folder, "status", "--door", "7")
    assert [line[21:] for line in said.splitlines()] == ["door 7: pulse 1 (grant)", "door 7: open (grant)"]
    assert "Nothing happened" in command(bridge.folder, "status", "--door", "8")[1]
    _, line = command(bridge.folder, "status", "--line")
    assert re.search(r"s ago  out   ([0-9A-F]{2} )+", line)
    body = requests.get(f"{bridge.url}/status", timeout=15).text + said + line
    assert not any(secret in body for secret in ("047193508", "193508", "04719"))


def test_systemd_hears_that_it_is_ready_and_that_it_lives_and_that_it_stops(
    tmp_path: Path, cloud: FakeCloud, locks: LockBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        path = tmp_path / "notify"
        ear.bind(str(path))
        ear.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        monkeypatch.setenv("WATCHDOG_USEC", "1500000")
        bridge = Process(tmp_path, cloud, locks)
        heard.append(ear.recv(200).decode())
        heard.append(ear.recv(200).decode())
        bridge.kill(15)
        while "STOPPING=1" not in heard:
            heard.append(ear.recv(200).decode())
    assert heard[0].startswith("READY=1\n")
    assert heard[1] == "WATCHDOG=1"


@pytest.mark.parametrize("stuck", ["line", "ticker", "journal"])
def test_the_watchdog_is_fed_only_while_every_part_gets_on(stuck: str) -> None:
    beats = {"line": 0, "ticker": 0, "journal": 0}
    sent: list[str] = []
    dog = Watchdog({name: lambda name=name: beats[name] for name in beats}, lambda words: not sent.append(words))

    def moves(*names: str) -> bool:
        for name in names:
            beats[name] += 1
        return dog.feed()

    assert moves(*beats)
    assert moves(*beats)
    assert not moves(*(name for name in beats if name != stuck))
    assert moves(*beats)
    assert sent == ["WATCHDOG=1"] * 3


def test_without_systemd_nothing_is_told() -> None:
    assert not tell("READY=1", {})
    assert feeding_seconds({}) is None
    assert feeding_seconds({"WATCHDOG_USEC": "30000000"}) == 10


def test_status_is_for_this_machine_only() -> None:
    app = flask.Flask("status")
    status.add(app, None)
    client = app.test_client()
    for path in ("/status", "/metrics", "/doors", "/line"):
        assert client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403
