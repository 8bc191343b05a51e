"""The units that systemd runs a bridge by: sound, fed by a watchdog, and shut in."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from firmware_bridge.config import read_config

UNITS = Path(__file__).parents[2] / "firmware_bridge" / "systemd"


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read(UNITS / name)
    return parser


@pytest.mark.parametrize("name", ["bopis-bridge.service", "bopis-kiosk.service"])
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path, name: str) -> None:
    # Programs that this machine lacks are not what is verified.
    text = (UNITS / name).read_text()
    for program in ("/opt/bopis-bridge/bin/bopis-bridge", "/usr/bin/cage"):
        text = text.replace(f"ExecStart={program}", "ExecStart=/bin/true")
    (tmp_path / name).write_text(text)
    shutil.copy(UNITS / "bopis-bridge.service", tmp_path / "bopis-bridge.copy")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], capture_output=True, text=True, timeout=50
    )
    about = [line for line in done.stderr.splitlines() if name in line]
    assert about == []


def test_the_bridge_is_restarted_watched_and_starts_without_the_internet() -> None:
    parts = unit("bopis-bridge.service")
    service = parts["Service"]
    assert (service["Type"], service["Restart"]) == ("notify", "always")
    assert 10 <= int(service["WatchdogSec"]) <= 60
    assert "network-online" not in parts["Unit"].get("After", "")
    assert service["StateDirectoryMode"] == "0700"
    assert service["NoNewPrivileges"] == "true"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""


def test_the_kiosk_reaches_this_machine_alone_and_keeps_nothing() -> None:
    service = unit("bopis-kiosk.service")["Service"]
    assert (service["IPAddressDeny"], service["IPAddressAllow"]) == ("any", "localhost")
    assert "--user-data-dir=/run/bopis-kiosk" in service["ExecStart"]
    assert "--kiosk" in service["ExecStart"]


def test_the_settings_given_as_an_example_are_good_ones() -> None:
    config = read_config(UNITS / "bridge.toml")
    assert config.data_dir == Path("/var/lib/bopis-bridge")
    assert f"http://{config.kiosk_host}:{config.kiosk_port}/" in (UNITS / "bopis-kiosk.service").read_text()
