"""What we ask of whoever carries messages to addresses that merchants gave us."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Protocol

GONE = "gone"
"""The code of the PermanentFailure that says: this address will never take anything again."""


@dataclass(frozen=True)
class HookCall:
    """One message to an address of a merchant's. `secrets` sign it, newest first; `attempts` counts this one."""

    endpoint_id: str
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    message_id: str
    at: dt.datetime
    body: bytes = field(repr=False)
    attempts: int = 1


class HookSender(Protocol):
    """Something that carries messages to addresses merchants gave us."""

    def check(self, url: str) -> str:
        """The URL as it is kept. No I/O. Raises ValueError, whose text is for whoever typed it in."""

    def send(self, call: HookCall) -> None:
        """Send one message, harmless to repeat. Raises TemporaryFailure or PermanentFailure."""
