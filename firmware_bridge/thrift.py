"""How this process uses the small machine it runs on: little memory, and no thread waits long for another."""

from __future__ import annotations

import ctypes
import sys

LARGE = 1024 * 1024
SWITCH_SECONDS = 0.001
"""The line's thread must not wait the usual 5 ms for each thread that is busy."""
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
"""As in glibc's malloc.h."""


def be_thrifty() -> None:
    """Give large memory back as soon as it is free. To be called before the first thread.

    A code's Argon2id needs 19 MiB for an instant; left to itself, glibc keeps them, in each of several arenas. Without
    glibc nothing is changed, and nothing needs to be.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, LARGE)
        mallopt(_ARENA_MAX, 1)
