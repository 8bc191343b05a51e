"""Somebody at a terminal: reads what a program asks and types the answers."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path


class Terminal:
    """One program on a pseudo-terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "firmware_bridge", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self.said, self._read = "", 0

    def sees(self, text: str, seconds: float = 20) -> str:
        """Wait until this is said after what was seen last; returns what came before it."""
        deadline = time.monotonic() + seconds
        while (at := self.said.find(text, self._read)) < 0:
            assert time.monotonic() < deadline, f"never said {text!r}:\n{self.said[-1500:]}"
            if select.select([self._master], [], [], 0.1)[0]:
                try:
                    self.said += os.read(self._master, 4096).decode()
                except OSError:
                    raise AssertionError(f"ended without {text!r}:\n{self.said[-1500:]}") from None
        before, self._read = self.said[self._read : at], at + len(text)
        return before

    def answers(self, question: str, answer: str = "") -> None:
        """Wait for a question, then type."""
        self.sees(question)
        self.sees(": ")
        os.write(self._master, answer.encode() + b"\n")

    def ends(self) -> int:
        """Wait for the end; returns the exit status."""
        while True:
            try:
                self.said += os.read(self._master, 4096).decode()
            except OSError:
                break
        return self.process.wait(10)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        os.close(self._master)
