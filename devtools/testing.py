"""`dev.py test`: the whole suite in parallel, with everything it needs fetched as far as this machine allows."""

from __future__ import annotations

import os
import sys

from . import ROOT, browser


def main(arguments: list[str]) -> int:
    """Become pytest with these arguments; `--all` adds the long matrices."""
    browser.obtain()
    workers = max(4, min(2 * (os.cpu_count() or 2), 8))  # many wait for hardware and other processes
    defaults = ["-n", str(workers), "--dist", "loadgroup", "-q"]
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *defaults, *arguments])
