"""`dev.py test`: the whole suite in parallel, with everything it needs fetched as far as this machine allows."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from . import ROOT, browser

MEMORY = Path("/dev/shm")
"""A folder that is kept in memory, on Linux."""
ROOM = 4 << 30
"""Bytes that must be free there, for every database, virtual environment and browser's profile of one run."""


def main(arguments: list[str]) -> int:
    """Become pytest with these arguments; `--all` adds the long matrices."""
    browser.obtain()
    workers = max(4, min(2 * (os.cpu_count() or 2), 8))  # many wait for hardware and other processes
    defaults = ["-n", str(workers), "--dist", "loadgroup", "-q"]
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "pytest", *defaults, *arguments], without_a_disk(os.environ))


def without_a_disk(environment: Mapping[str, str]) -> dict[str, str]:
    """The same environment, its temporary files in memory where there is room: every commit of the service and of the
    bridge waits for the disk, as it must, and the tests make tens of thousands."""
    if "TMPDIR" in environment or not _has_room(MEMORY):
        return dict(environment)
    return {**environment, "TMPDIR": str(MEMORY)}


def _has_room(folder: Path) -> bool:
    """Whether programs can be kept and run there, and all of the suite fits."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    return shutil.disk_usage(folder).free >= ROOM and not os.statvfs(folder).f_flag & os.ST_NOEXEC
