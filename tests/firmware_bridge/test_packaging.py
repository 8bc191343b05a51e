"""The bridge installed alone: its own wheel, its own small requirements, and nothing of the service."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from firmware_bridge import SOFTWARE
from sandbox.lockbank import LockBank
from tests.firmware_bridge.fake_cloud import FakeCloud
from tests.firmware_bridge.process import ROOT
from tests.firmware_bridge.world import DOORS, LAYOUT, until


def test_the_wheel_asks_for_what_the_lock_is_made_from() -> None:
    project = tomllib.loads((ROOT / "firmware_bridge" / "pyproject.toml").read_text())["project"]
    wanted = [line for line in (ROOT / "requirements-bridge.in").read_text().splitlines() if line and line[0] != "#"]
    assert project["dependencies"] == wanted


def test_the_wheel_holds_every_package_of_the_bridge() -> None:
    named = tomllib.loads((ROOT / "firmware_bridge" / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    there = {path.parent.relative_to(ROOT) for path in (ROOT / "firmware_bridge").rglob("__init__.py")}
    assert set(named) == {".".join(path.parts) for path in there}


def run(*words: str | Path, **more: object) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=300, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_machine_with_the_wheel_and_the_lock_alone_looks_itself_over_and_opens_its_kiosk(tmp_path: Path) -> None:
    source = tmp_path / "firmware_bridge"
    shutil.copytree(ROOT / "firmware_bridge", source, ignore=shutil.ignore_patterns("__pycache__"))
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, source)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith(f"bopis_bridge-{SOFTWARE}-")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"firmware_bridge", "bopis_bridge"}
    assert "firmware_bridge/systemd/bopis-bridge.service" in names

    machine = tmp_path / "machine"
    venv.create(machine, with_pip=True)
    pip = (machine / "bin" / "python", "-m", "pip", "install", "-q")
    run(*pip, "--require-hashes", "-r", ROOT / "requirements-bridge.txt")
    run(*pip, "--no-deps", wheel)
    run(machine / "bin" / "python", "-m", "pip", "check")
    serve(tmp_path, machine / "bin" / "bopis-bridge")


def serve(folder: Path, bridge: Path) -> None:
    """Enrol, run, ask, look over, end."""
    settings = folder / "bridge.toml"
    with FakeCloud() as cloud, LockBank(doors=DOORS) as locks:
        cloud.tell(layout=LAYOUT)
        settings.write_text(f'data_dir = "data"\ncloud_url = "{cloud.url}"\nport = "{locks.path}"\nkiosk_port = 0\n')
        where = {"cwd": folder, "env": {"PATH": "/usr/bin:/bin", "HOME": str(folder)}}
        assert "Enrolled as bridge" in run(bridge, "enrol", "--config", settings, cloud.code, **where)
        process = subprocess.Popen(
            [str(bridge), "run", "--config", str(settings)], stderr=subprocess.PIPE, text=True, **where
        )
        try:
            until(lambda: len(cloud.doors) == len(DOORS), 30)
            until(lambda: all(door["door"] == "shut" for door in cloud.doors.values()), 30)
            assert "24 shut" in run(bridge, "status", "--config", settings, **where)
            assert re.search(r"ok\s+service: online", run(bridge, "doctor", "--config", settings, **where))
        finally:
            process.terminate()
            _, said = process.communicate(timeout=20)
        assert process.returncode == 0, said
