"""The kiosk's browser is ended when its page hangs, and left alone when it lives or the bridge is away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from firmware_bridge.screen import PATIENCE_SECONDS, Screen
from tests.firmware_bridge.test_killed import ROOT
from tests.firmware_bridge.test_units import unit
from tests.firmware_bridge.world import until

LIVES_ON = [sys.executable, "-c", "import time; time.sleep(100)"]
DEAF = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(100)"]


class Minutes:
    """Time that passes by a quarter of a minute with each look, and what the bridge says at each."""

    def __init__(self, *told: float | str | None) -> None:
        self.told, self.looks, self.now = told, 0, 0.0
        self.screen = Screen(LIVES_ON, self.ask, lambda: self.now, look_seconds=0)

    def ask(self) -> float | None:
        self.now += PATIENCE_SECONDS / 4
        self.looks += 1
        if self.looks > len(self.told):
            self.screen.stop()
            return 0.0
        said = self.told[self.looks - 1]
        if isinstance(said, str):
            raise ConnectionRefusedError(said)
        return said

    def was_left_alone(self) -> bool:
        return self.screen.run()


@pytest.mark.parametrize(
    "told",
    [
        [3.0] * 20,
        [None, None, None, 1.0, *[9.0] * 10],
        [*[5.0] * 5, 31.0, 46.0, 61.0, 0.5, *[5.0] * 9],
        ["the bridge is away"] * 20,
        [2.0, *["the bridge starts anew"] * 9, None, None, None, 4.0],
    ],
    ids=["it lives", "it starts slowly", "it stalls and comes back", "no bridge", "a bridge that starts anew"],
)
def test_a_browser_whose_page_lives_or_may_is_left_alone(told: list[float | str | None]) -> None:
    assert Minutes(*told).was_left_alone()


@pytest.mark.parametrize(
    "told", [[None] * 9, [5.0, *[31.0 + 15 * n for n in range(9)]]], ids=["it never paints", "it hangs"]
)
def test_a_browser_whose_page_stays_silent_for_a_minute_is_ended(told: list[float | None]) -> None:
    assert not Minutes(*told).was_left_alone()


@pytest.fixture
def bridge() -> Iterator[HTTPServer]:
    """Something that says at /livez that the page spoke a moment ago."""

    class Livez(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"ok": true, "page_seconds": 1.5}')

        def log_message(self, *words: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Livez) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def started(folder: Path, port: int, *browser: str) -> subprocess.Popen[str]:
    settings = f'data_dir = "data"\ncloud_url = "http://127.0.0.1:9"\nport = "/dev/null"\nkiosk_port = {port}\n'
    (folder / "bridge.toml").write_text(settings)
    command = [sys.executable, "-m", "firmware_bridge", "screen", "--config", str(folder / "bridge.toml"), "--"]
    return subprocess.Popen([*command, *browser], cwd=ROOT, stderr=subprocess.PIPE, text=True)


def child_of(pid: int) -> int | None:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(found[0]) if found else None


@pytest.mark.parametrize("browser", [LIVES_ON, DEAF], ids=["polite", "deaf"])
def test_stopped_it_takes_the_browser_with_it(tmp_path: Path, bridge: HTTPServer, browser: list[str]) -> None:
    with started(tmp_path, bridge.server_port, *browser) as process:
        child = until(lambda: child_of(process.pid))
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(20) == 0
    assert not Path(f"/proc/{child}").exists()


def test_a_browser_that_ends_by_itself_ends_it_too_for_systemd_to_see(tmp_path: Path, bridge: HTTPServer) -> None:
    with started(tmp_path, bridge.server_port, sys.executable, "-c", "") as process:
        assert process.wait(20) == 1


def test_without_a_browser_it_says_so(tmp_path: Path, bridge: HTTPServer) -> None:
    process = started(tmp_path, bridge.server_port, "/usr/bin/no-such-browser")
    _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "no-such-browser" in said
    assert "Traceback" not in said


def test_the_kiosks_unit_starts_its_browser_so() -> None:
    service = unit("bopis-kiosk.service")["Service"]
    before, _, browser = service["ExecStart"].partition(" -- ")
    assert before.split()[:2] == ["/opt/bopis-bridge/bin/bopis-bridge", "screen"]
    assert browser.startswith("/usr/bin/cage -d -- /usr/bin/chromium")
    assert (service["Type"], service["Restart"]) == ("notify", "always")
    assert int(service["WatchdogSec"]) >= 30
