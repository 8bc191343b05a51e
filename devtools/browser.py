"""Chromium for the tests: found on the machine, or fetched where the machine allows it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
DOWNLOADS = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
"""What Chromium needs to start as root and in a container, and to call nobody but us."""
HOW_TO_GET_IT = (
    "no Chromium: install the package chromium, or run `.venv/bin/python -m playwright install chromium`, "
    "or name one in CHROMIUM_BIN"
)


def find() -> str | None:
    """The path of a Chromium on this machine, or None."""
    if named := os.environ.get("CHROMIUM_BIN"):
        return named if shutil.which(named) else None
    for name in (*NAMES, *PLACES):
        if path := shutil.which(name):
            return path
    for downloads in DOWNLOADS:
        for path in sorted(Path(downloads).expanduser().glob("chromium*/chrome-*/[cC]hrom*"), reverse=True):
            if path.is_file() and os.access(path, os.X_OK):
                return str(path)
    return None


def obtain() -> str | None:
    """The path of a Chromium, installed from Debian's packages if we may; else None, after saying why."""
    if path := find():
        return path
    if os.geteuid() == 0 and shutil.which("apt-get") and not os.environ.get("CHROMIUM_BIN"):
        _say("Installing Chromium ...")
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            done = subprocess.run(["apt-get", "-q", *words], env=environment, capture_output=True, text=True)
        if path := find():
            return path
        _say(done.stderr.strip()[-500:])
    _say(f"The browser tests are left out, {HOW_TO_GET_IT}.")
    return None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
