"""Is this machine ready to open doors? Each finding says ok, warn or fail, and what to do; nothing is changed.

A running bridge owns the line and the journal: then it is asked. Otherwise the boards are asked here, one by one.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests

from firmware_bridge import adapters
from firmware_bridge.bus import Bus
from firmware_bridge.commission.probe import Idle
from firmware_bridge.config import Config
from firmware_bridge.disk import TIGHT
from firmware_bridge.layout import BadLayout, Layout, read_layout

OK, WARN, FAIL = "ok", "warn", "fail"
ASKING_SECONDS = 4.0
BAD_SHARE = 0.05
LINE_SECONDS = 10
CLOCK_OFF_SECONDS = 60


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    level: str
    about: str
    words: str
    do: str = ""


def examine(config: Config) -> Iterator[Finding]:
    """Everything, the most basic first."""
    yield Finding(OK, "settings", "can be read")
    yield _disk(config)
    running = _running(config)
    yield Finding(OK, "bridge", "runs" if running else "does not run; its parts are looked at one by one")
    layout, journal = _journal(config)
    yield journal
    port = _line(config)
    yield _device(port, "lock boards’ line")
    yield from _boards_as_told(running) if running else _boards(port, layout)
    if config.scanner:
        yield _device(config.scanner, "scanner")
    yield from _service(config, running)
    yield _battery()


def running_status(config: Config, path: str = "/status") -> dict[str, Any] | None:
    """What a running bridge says of itself at one of `status`' addresses; None when none answers."""
    try:
        where = (config.data_dir / "address").read_text(encoding="ascii").strip()
        told = requests.get(f"{where}{path}", timeout=3).json()
    except (OSError, ValueError, requests.RequestException):
        return None
    return told if isinstance(told, dict) else None


def _running(config: Config) -> dict[str, Any] | None:
    """Its status, if a bridge holds the data folder."""
    try:
        with (config.data_dir / "lock").open("r", encoding="ascii") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return running_status(config)
    except OSError:
        return None
    return None


def _disk(config: Config) -> Finding:
    folder = config.data_dir if config.data_dir.exists() else config.data_dir.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding(FAIL, "disk", f"{folder} cannot be written", "Run as the bridge’s user, or give it the folder.")
    free = shutil.disk_usage(folder).free
    if free < TIGHT:
        return Finding(FAIL, "disk", f"{free // 1_000_000} MB left in {folder}", "Make room: no door opens by code.")
    return Finding(OK, "disk", f"{free // 1_000_000} MB left in {folder}")


def _journal(config: Config) -> tuple[Layout | None, Finding]:
    path = config.data_dir / "journal.db"
    if not path.exists():
        return None, Finding(WARN, "journal", "none yet", "Enrol it: bopis-bridge enrol --config FILE CODE")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            sound = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            kept = dict(db.execute("SELECT name, value FROM meta WHERE name IN ('layout', 'identity')").fetchall())
    except sqlite3.Error as problem:
        sound, kept = str(problem), {}
    if sound != "ok":
        return None, Finding(
            FAIL, "journal", f"damaged ({sound})", "Start the bridge: it saves what it can. Then change the disk."
        )
    try:
        layout = read_layout(json.loads(kept["layout"])) if "layout" in kept else None
    except (BadLayout, ValueError):
        layout = None
    if "identity" not in kept:
        return layout, Finding(
            WARN, "journal", "sound, not enrolled", "Enrol it: bopis-bridge enrol --config FILE CODE"
        )
    doors = f", {len(layout.doors)} doors" if layout else ", no layout yet"
    return layout, Finding(OK, "journal", f"sound, enrolled{doors}")


def _device(path: str, about: str) -> Finding:
    trouble = adapters.look(path).trouble
    if trouble == adapters.AWAY:
        there = adapters.found()
        seen = (
            f"Found: {', '.join(Path(each).name for each in there)}." if there else "No serial adapter is plugged in."
        )
        return Finding(FAIL, about, f"{path} {trouble}", f"Plug it in, or correct the setting. {seen}")
    if trouble:
        do = "Add the bridge’s user to the group dialout: usermod -aG dialout bopis-bridge; then start it again."
        return Finding(FAIL, about, f"{path} {trouble}", do)
    if "://" in path:
        return Finding(OK, about, f"{path}, over the network")
    if path.startswith("/dev/tty"):
        return Finding(
            WARN, about, f"{path} may change its name", f"Use the link in {adapters.BY_ID} that leads to it."
        )
    return Finding(OK, about, path)


def _line(config: Config) -> str:
    """The line of the settings, or the one an installer chose instead."""
    try:
        with closing(sqlite3.connect(f"file:{config.data_dir / 'journal.db'}?mode=ro", uri=True)) as db:
            kept = dict(db.execute("SELECT name, value FROM meta WHERE name = ?", (adapters.KEY,)).fetchall())
    except sqlite3.Error:
        kept = {}
    return adapters.chosen(kept.get, config.port)


def _boards(port: str, layout: Layout | None) -> Iterator[Finding]:
    """Ask every board for a while; no coil is fired."""
    if layout is None:
        yield Finding(WARN, "boards", "which hang on the line is not known yet", "Enrol, run, and come back.")
        return
    bus = Bus(port)
    bus.listener = Idle()
    bus.configure(layout.board, layout.boards)
    deadline = time.monotonic() + ASKING_SECONDS
    while time.monotonic() < deadline:
        time.sleep(min(bus.step(), 0.05))
    health = bus.health()
    bus.stop()
    bus.run()  # stopped already: it only lets go of the line
    yield from _judged({str(board): health.get(board, {}) for board in layout.boards})


def _boards_as_told(running: dict[str, Any]) -> Iterator[Finding]:
    yield from _judged(running["line"]["boards"])


def _judged(boards: dict[str, Any]) -> Iterator[Finding]:
    for board, health in sorted(boards.items()):
        about, asked = f"board {board}", health.get("asked", 0)
        share = health.get("error_rate", 1.0)
        if not health.get("answered"):
            yield Finding(
                FAIL,
                about,
                "does not answer",
                "Look at its power, its address switches, and whether A and B are swapped.",
            )
        elif share > BAD_SHARE:
            words = f"answers, but {share:.0%} of {asked} questions came to nothing"
            yield Finding(WARN, about, words, "Look at the cable, its shield and the resistors at its ends.")
        else:
            yield Finding(OK, about, f"answers ({asked} questions, {share:.1%} lost)")


def _service(config: Config, running: dict[str, Any] | None) -> Iterator[Finding]:
    try:
        answer = requests.get(f"{config.cloud_url}/livez", timeout=LINE_SECONDS, allow_redirects=False)
    except requests.exceptions.SSLError:
        do = "Look at this machine’s clock and CA certificates; a proxy that breaks TLS open is not supported."
        yield Finding(FAIL, "service", "its certificate is not believed", do)
        return
    except requests.RequestException as problem:
        words = f"{config.cloud_url} cannot be reached ({type(problem).__name__})"
        yield Finding(
            WARN, "service", words, "Look at network, DNS and firewall. The store goes on by itself for 72 hours."
        )
        return
    if answer.status_code != 200:
        yield Finding(
            WARN, "service", f"answers {answer.status_code}", "Is cloud_url the address of the bridges process?"
        )
    elif running and not running["online"]:
        yield Finding(
            FAIL, "service", "answers, but not this bridge", "Was it revoked? See the bank’s page; enrol it anew."
        )
    else:
        yield Finding(OK, "service", "online" if running else "can be reached")
    yield from _clock(answer.headers.get("Date"))


def _clock(date: str | None) -> Iterator[Finding]:
    try:
        off = time.time() - parsedate_to_datetime(date or "").timestamp()
    except (TypeError, ValueError):
        return
    if abs(off) > CLOCK_OFF_SECONDS:
        words = f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the service’s"
        yield Finding(WARN, "clock", words, "Switch NTP on: timedatectl set-ntp true. Doors open all the same.")
    else:
        yield Finding(OK, "clock", "agrees with the service’s")


def _battery() -> Finding:
    if not sys.platform.startswith("linux") or Path("/dev/rtc0").exists():
        return Finding(OK, "hardware clock", "there")
    do = "Fit one with a battery: after a power cut without the internet the machine does not know the time."
    return Finding(WARN, "hardware clock", "none", do)
