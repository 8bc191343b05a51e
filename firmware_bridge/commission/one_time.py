"""A PIN that lets one installer in: printed on the bridge's own terminal, good once, for ten minutes, for five tries.

Who can run a command as the bridge's user can open every door anyway. On the disk lies a slow hash of it.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

PIN_DIGITS = 8
GOOD_SECONDS = 600
TRIES = 5
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class OneTimePin:
    """One file in the bridge's data folder; an earlier PIN is void as soon as there is a new one."""

    def __init__(self, folder: Path, wall: Callable[[], float] = time.time) -> None:
        self._path, self._wall = folder / "installer-pin", wall

    def offer(self) -> str:
        """A new PIN, to be shown once. Raises OSError."""
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
        self._keep({"hash": _HASHER.hash(pin), "since": self._wall(), "tries": 0})
        return pin

    def take(self, pin: str) -> bool:
        """Whether this is it; then it is void. Every try is on the disk before it is judged. Raises OSError."""
        kept = self._kept()
        if kept is None:
            return False
        self._keep({**kept, "tries": kept["tries"] + 1})
        try:
            right = _HASHER.verify(kept["hash"], pin)
        except (VerificationError, InvalidHashError):
            right = False
        if right or kept["tries"] + 1 >= TRIES:
            self._path.unlink()
        return right

    def _kept(self) -> dict[str, object] | None:
        try:
            kept = json.loads(self._path.read_text(encoding="ascii"))
            age = self._wall() - kept["since"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return kept if 0 <= age < GOOD_SECONDS else None

    def _keep(self, body: dict[str, object]) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            json.dump(body, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
