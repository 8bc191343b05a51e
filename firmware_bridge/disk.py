"""Room on the disk for what must be remembered, and a reserve for the last of it.

Below `TIGHT` nothing is opened that puts goods in or hands them out: it could not be recorded to its end. What
happened to doors already open, and the staff's way to take goods out, is still written; if the disk fills up all the
same, a ballast file is given up for it.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

MIB = 1024 * 1024
BALLAST = 8 * MIB
TIGHT, ROOMY = 24 * MIB, 48 * MIB
"""Free bytes below which the disk counts as tight, and above which as well again."""
BUDGET = 512 * MIB
"""Of the journal alone. 500 doors that move ten times a day fill a fifth of it in 30 days without the internet."""
NEEDS_ROOM = frozenset({"grant", "load"})
"""Causes of an opening that wait for room; the others lead goods out."""
DISPENSABLE = frozenset({"code_refused", "clock_moved"})
"""Events left out while room is short, and no others."""


class Disk:
    """The folder's file system as the journal sees it."""

    def __init__(self, folder: Path, free: Callable[[Path], int] | None = None) -> None:
        self.tight = False
        self._ballast = folder / "ballast"
        self._folder = folder
        self._free = free or _free

    def free(self) -> int:
        """Bytes that may still be written beside the ballast."""
        return self._free(self._folder)

    def look(self, used: int) -> bool:
        """Judge anew, `used` bytes being the journal's; keeps the ballast while there is room. True when it changed."""
        free = self.free()
        was, limit = self.tight, ROOMY if self.tight else TIGHT
        self.tight = free < limit or used > BUDGET
        if not self.tight and not self._has_ballast():
            self.tight = not self._take_ballast()
        if was != self.tight:
            log.log(*_words(self.tight, free))
        return was != self.tight

    def release(self) -> None:
        """The disk is full: give the ballast up, so that the last events and the way out can be written."""
        self.tight = True
        try:
            self._ballast.unlink()
        except OSError:
            return
        log.error("the disk is full: the reserve is given up for the last events")

    def _has_ballast(self) -> bool:
        try:
            return self._ballast.stat().st_size >= BALLAST
        except OSError:
            return False

    def _take_ballast(self) -> bool:
        try:
            with self._ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, BALLAST)
        except OSError as problem:
            log.error("no reserve can be kept on the disk (%s)", problem.strerror)
            return False
        return True


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _words(tight: bool, free: int) -> tuple[int, str, int]:
    if tight:
        return (
            logging.ERROR,
            "the disk is nearly full (%d MB left): no door opens by code until there is room",
            free // MIB,
        )
    return logging.INFO, "the disk has room again (%d MB)", free // MIB
