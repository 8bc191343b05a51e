"""`dev.py check`: style, form and the direction of imports."""

from __future__ import annotations

import subprocess
import sys

from . import ROOT

CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("pytest", "-q", "tests/test_architecture.py"),
)


def main(arguments: list[str]) -> int:
    """Run every check, even after one failed; with `--fix`, put right what can be put right first."""
    if arguments == ["--fix"]:
        for words in (("check", "--fix", "."), ("format", ".")):
            subprocess.run([sys.executable, "-m", "ruff", *words], cwd=ROOT)
    codes = [subprocess.run([sys.executable, "-m", *check], cwd=ROOT).returncode for check in CHECKS]
    return int(any(codes))
