"""Lines of several programs on one screen, each behind its program's name."""

from __future__ import annotations

import os
from typing import TextIO

from .supervisor import Stopped

WIDTH = 8
COLOURS = (36, 32, 33, 34, 35, 96, 92, 94)
"""ANSI foregrounds, readable on dark and on light."""


class Log:
    """Writes to a stream; coloured on a terminal unless NO_COLOR is set."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._coloured = stream.isatty() and not os.environ.get("NO_COLOR")
        self._names: list[str] = []
        self._unread = False

    def write(self, name: str, line: str) -> None:
        """One line of one program."""
        if name not in self._names:
            self._names.append(name)
        head = f"{name:<{WIDTH}} |"
        if self._coloured:
            head = f"\x1b[{COLOURS[self._names.index(name) % len(COLOURS)]}m{head}\x1b[0m"
        self.say(f"{head} {line}")

    def say(self, text: str) -> None:
        """Words of our own. Raises Stopped, once, when nobody reads any more."""
        if self._unread:
            return
        try:
            print(text, file=self._stream, flush=True)
        except BrokenPipeError:
            self._unread = True
            raise Stopped from None
