"""Finds sound frames in a stream of anything, however the bytes are cut up and whatever else is on the line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
Found = tuple[int, T | None]
Look = Callable[[bytes], Found[T]]
"""Looks at the front of what has arrived: (0, None) it needs more bytes; (n, None) drop n, no frame begins there;
(n, value) a sound frame of n bytes."""

MORE: tuple[int, None] = (0, None)
SKIP: tuple[int, None] = (1, None)


class Scanner(Generic[T]):
    """Holds less than one frame: `longest` bytes at most."""

    def __init__(self, look: Look[T], longest: int) -> None:
        self._look = look
        self._longest = longest
        self._held = b""

    def feed(self, data: bytes) -> list[T]:
        """Take what has arrived; what it completed, mostly nothing."""
        held, at, found = self._held + data, 0, []
        while at < len(held):
            length, value = self._look(held[at : at + self._longest])
            if value is not None:
                found.append(value)
            elif not length:
                if len(held) - at < self._longest:
                    break
                length = 1
            at += length
        self._held = held[at:]
        return found


def fixed(head: bytes, length: int, read: Callable[[bytes], T | None]) -> Scanner[T]:
    """For frames that begin with `head` and are `length` bytes long; `read` says None of an unsound one."""

    def look(held: bytes) -> Found[T]:
        if not head.startswith(held[: len(head)]):
            start = held.find(head[0], 1)
            return (start if start > 0 else len(held)), None
        if len(held) < length:
            return MORE
        value = read(held[:length])
        return SKIP if value is None else (length, value)

    return Scanner(look, length)
