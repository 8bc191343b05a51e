"""What stands behind `dev.py`: the virtual environment, the embedded servers and the supervisor of a development copy.

Nothing here is part of the product. This module and `environment` run before anything is installed, so they use the
standard library alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

OLDEST_PYTHON = "3.11"
ROOT = Path(__file__).resolve().parent.parent


class Trouble(Exception):
    """Something the person at the keyboard can put right; the text is one sentence that says what and how."""


@dataclass(frozen=True)
class Command:
    """One command of `dev.py`."""

    sentence: str
    needs: str
    """The lock file whose packages it runs with."""


COMMANDS = {
    "run": Command("start everything on this machine and print the pages' addresses", "requirements.txt"),
    "test": Command("run the tests on SQLite, PostgreSQL, Valkey and Chromium", "requirements-test.txt"),
    "demo": Command("walk one order from the shop to an open door, with times", "requirements.txt"),
    "bench": Command("measure what the documents claim, one line per claim", "requirements-test.txt"),
    "check": Command("look at style and at the direction of imports", "requirements-test.txt"),
    "lock": Command("write the requirements' hashed locks anew", "uv==0.13.9"),
}
