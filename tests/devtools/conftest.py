"""A supervisor to watch from outside."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest

SECONDS = 60


class Supervised:
    """A supervisor in a process of its own, with what it printed so far."""

    def __init__(self, programs: list[dict[str, Any]]) -> None:
        self.lines: list[str] = []
        self._queue: Queue[str] = Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.devtools.supervised", json.dumps(programs)], stdout=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._queue.put(line.rstrip())

    def wait_for(self, text: str, times: int = 1) -> str:
        """Wait until a line with this text was printed so many times; return the last of them."""
        deadline = time.monotonic() + SECONDS
        while len(found := [line for line in self.lines if text in line]) < times:
            try:
                self.lines.append(self._queue.get(timeout=max(0, deadline - time.monotonic())))
            except Empty:
                pytest.fail(f"never said {text!r} {times} times: {self.lines}")
        return found[-1]

    def pid_of(self, name: str, times: int = 1) -> int:
        """The process id that the program `name` printed when it started for the n-th time."""
        return int(self.wait_for(f"{name:<8} | pid ", times).rpartition(" ")[2])

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        while not self._queue.empty():
            self.lines.append(self._queue.get())
        return code


@pytest.fixture
def supervise() -> Iterator[Callable[..., Supervised]]:
    """Start a supervisor over programs such as `{"name": "a", "code": "..."}`."""
    running: list[Supervised] = []

    def start(*programs: dict[str, Any]) -> Supervised:
        running.append(Supervised(list(programs)))
        return running[-1]

    yield start
    for supervised in running:
        supervised.process.kill()
        supervised.process.wait()
        supervised.process.stdout.close()


def is_alive(pid: int) -> bool:
    """Whether a process exists and is more than a zombie."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether the condition comes true before the deadline."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        os.sched_yield()
        time.sleep(0.01)
    return True
