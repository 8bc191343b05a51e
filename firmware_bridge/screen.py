"""The kiosk's browser, watched: what its page tells the bridge says whether it lives, and one that hangs is ended.

The program in front of the browser runs as the browser's user and needs no rights of its own: systemd starts both
anew when it ends.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Sequence
from http.client import HTTPException
from typing import Any

from firmware_bridge import notify
from firmware_bridge.config import Config

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
SILENT_SECONDS = 30.0
"""A page that lives asks the bridge every ten seconds."""
PATIENCE_SECONDS = 60.0
"""A browser that starts, or comes back from a stall, gets this long until its page is painted."""
ENDING_SECONDS = 5.0
NOT_FOR_IT = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
"""What systemd tells this process alone."""


class Screen:
    """One browser. `ask` gives the seconds since its page last spoke, None for never; it raises OSError or ValueError
    when the bridge itself does not answer, which is no fault of the browser's."""

    def __init__(
        self,
        command: Sequence[str],
        ask: Callable[[], float | None],
        mono: Callable[[], float] = time.monotonic,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._command, self._ask, self._mono, self._look_seconds = command, ask, mono, look_seconds
        self._stopped = False
        self._alive_at = mono()

    def run(self) -> bool:
        """Start it and watch it until it ends, hangs or is stopped. True when it was stopped. Raises OSError."""
        environment = {name: value for name, value in os.environ.items() if name not in NOT_FOR_IT}
        with subprocess.Popen(self._command, env=environment) as browser:
            notify.tell("READY=1")
            while browser.poll() is None and not self._stopped and not self._hangs():
                notify.tell("WATCHDOG=1")
                self._wait(browser, self._look_seconds)
            _end(browser)
        return self._stopped

    def stop(self) -> None:
        self._stopped = True

    def _hangs(self) -> bool:
        now = self._mono()
        try:
            seconds = self._ask()
        except (OSError, ValueError, HTTPException):
            self._alive_at = now
            return False
        if seconds is not None and seconds <= SILENT_SECONDS:
            self._alive_at = now
        if now - self._alive_at < PATIENCE_SECONDS:
            return False
        log.error("the kiosk's page has been silent for %d s: its browser is ended", now - self._alive_at)
        return True

    def _wait(self, browser: subprocess.Popen[bytes], seconds: float) -> None:
        until = self._mono() + seconds
        while not self._stopped and browser.poll() is None and self._mono() < until:
            time.sleep(min(0.1, seconds))


def page_seconds(config: Config) -> Callable[[], float | None]:
    """Asks the bridge how long its page has been silent."""
    host = f"[{config.kiosk_host}]" if ":" in config.kiosk_host else config.kiosk_host
    url = f"http://{host}:{config.kiosk_port}/livez"

    def ask() -> float | None:
        with urllib.request.urlopen(url, timeout=3) as answer:
            told: Any = json.load(answer)
        seconds = told["page_seconds"] if isinstance(told, dict) and "page_seconds" in told else None
        return float(seconds) if isinstance(seconds, int | float) else None

    return ask


def watch(config: Config, command: Sequence[str]) -> bool:
    """Run the browser until SIGTERM or SIGINT, which gives True, or until it ended or hung. Raises OSError."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    screen = Screen(command, page_seconds(config))
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: screen.stop())
    return screen.run()


def _end(browser: subprocess.Popen[bytes]) -> None:
    browser.terminate()
    try:
        browser.wait(ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        browser.kill()
