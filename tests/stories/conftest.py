from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devtools.run import started
from devtools.stack import Stack
from sandbox.journey import Journey


@dataclass
class Copy:
    """A whole running copy, and its processes by what they run."""

    stack: Stack

    def journey(self) -> Journey:
        """An associate signed in and present."""
        journey = Journey(self.stack.web, self.stack.kiosk, self.stack.sandbox)
        journey.sign_in()
        journey.take_presence()
        return journey

    def pids(self, words: str) -> list[int]:
        """The processes of this copy, and no other, whose command line holds these words."""
        found = []
        for process in Path("/proc").iterdir():
            try:
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                ours = f"DATA_DIR={self.stack.data_dir}\0".encode() in (process / "environ").read_bytes()
            except (OSError, UnicodeDecodeError):
                continue
            if ours and words in command:
                found.append(int(process.name))
        return found

    def send(self, words: str, number: signal.Signals) -> None:
        """Send a signal to those processes."""
        for pid in self.pids(words):
            os.kill(pid, number)


@pytest.fixture(scope="session")
def running() -> Iterator[Copy]:
    """Everything on SQLite, started once; what a story takes away it gives back."""
    with started() as stack:
        yield Copy(stack)


@pytest.fixture
def copy(running: Copy) -> Copy:
    """The running copy, its world well-behaved."""
    journey = Journey(running.stack.web, running.stack.kiosk, running.stack.sandbox)
    for part in ("shop", "phone"):
        journey.behave(part, reset=True)
    return running
