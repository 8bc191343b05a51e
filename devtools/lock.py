"""`dev.py lock`: requirements*.in become locks with hashes that hold for every system and every Python we support."""

from __future__ import annotations

import subprocess
import sys

from . import OLDEST_PYTHON, ROOT, Trouble

NAMES = ("requirements", "requirements-bridge", "requirements-test")


def main(arguments: list[str]) -> int:
    """Write the locks anew; versions already locked stay unless `--upgrade` is given. Raises Trouble."""
    for name in NAMES:
        lock = ROOT / f"{name}.txt"
        options = ["--universal", "--generate-hashes", "--no-header", "--quiet", *arguments]
        if name != NAMES[0]:
            options += ["--constraints", f"{NAMES[0]}.txt"]  # one version of each package in all locks
        compile_ = [sys.executable, "-m", "uv", "pip", "compile", "--python-version", OLDEST_PYTHON, *options]
        done = subprocess.run(
            [*compile_, f"{name}.in", "--output-file", lock.name], cwd=ROOT, capture_output=True, text=True
        )
        if done.returncode:
            raise Trouble(f"{done.stderr.strip()}\nCould not lock {name}.in; the reason stands above.")
        head = f"# Written by `python3 dev.py lock` from {name}.in; do not edit.\n"
        lock.write_text(head + "".join(line for line in lock.open() if not line.startswith("# Written by")))
        print(f"{lock.name}: {sum('==' in line for line in lock.open())} packages")
    return 0
