"""What the bridge tells systemd: that it is ready, what it does, and that it lives. One datagram each, no dependency.

Alive means that the boards' line, the ticker and the journal each got on since the last time. A bridge of which one
hangs is not fed, and systemd starts it again; a start pulses nothing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)


def tell(words: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send one message such as `READY=1`; False where nobody listens. sd_notify(3)."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.connect(address.replace("@", "\0", 1) if address.startswith("@") else address)
        to.sendall(words.encode())
        return True
    return False


def feeding_seconds(environment: Mapping[str, str] = os.environ) -> float | None:
    """How often to feed the watchdog: three times as often as it asks; None where there is none."""
    try:
        return int(environment["WATCHDOG_USEC"]) / 1_000_000 / 3
    except (KeyError, ValueError):
        return None


class Watchdog:
    """Feeds while every part moves. Parts are counters that go up."""

    def __init__(self, parts: Mapping[str, Callable[[], int]], send: Callable[[str], bool] = tell) -> None:
        self._parts = parts
        self._send = send
        self._seen: dict[str, int] = {}
        self._stuck: list[str] = []

    def feed(self) -> bool:
        """Feed if every part has moved since the last call; says which has not."""
        now = {name: part() for name, part in self._parts.items()}
        stuck = [name for name in now if self._seen.get(name) == now[name]]
        if stuck and stuck != self._stuck:
            log.error("not getting on: %s; the watchdog is not fed", ", ".join(stuck))
        self._seen, self._stuck = now, stuck
        return not stuck and self._send("WATCHDOG=1")
