"""Questions to the machine before and while things start: is this port free, does that server answer."""

from __future__ import annotations

import random
import re
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from . import Trouble

PATIENCE = 3.0
"""Seconds to wait for an answer before asking anew."""
FREE_PORTS = range(20_000, 30_000, 10)
"""Below every system's ephemeral ports, where a client's own end might sit on ours."""


class HttpProbe:
    """Called again and again, tells whether a server at this URL answers a GET with anything below 500; never waits."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname, parts.port)
        self._request = f"GET {parts.path or '/'} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode()
        self._connection: socket.socket | None = None
        self._asked_at = 0.0

    def __call__(self) -> bool:
        if self._connection is None:
            self._ask()
        return self._connection is not None and self._listen(self._connection)

    def _ask(self) -> None:
        with suppress(OSError):
            self._connection = socket.create_connection(self._address, timeout=1)
            self._connection.sendall(self._request)
            self._connection.setblocking(False)
            self._asked_at = time.monotonic()

    def _listen(self, connection: socket.socket) -> bool:
        answer = b""
        with suppress(BlockingIOError, ConnectionError):
            answer = connection.recv(64)
            self._asked_at = 0.0
        # A server that binds before it is up may leave a question lying for good: ask anew after a while.
        if time.monotonic() - self._asked_at > PATIENCE:
            connection.close()
            self._connection = None
        return bool(re.match(rb"HTTP/1\.[01] [1-4]", answer))


def check_ports(names: Mapping[int, str]) -> None:
    """Raise Trouble unless every port can be listened to; `names` says what each is for."""
    for port, name in names.items():
        if reason := _why_not(port):
            first = next(iter(names))
            raise Trouble(f"Port {port} (for {name}) {reason}; choose others with: --port {_suggestion(first)}")


def free_ports(count: int) -> int:
    """The first of `count` neighbouring ports that are free now, drawn at random so that two who ask differ."""
    for first in random.sample(FREE_PORTS, len(FREE_PORTS)):
        if not any(_why_not(first + n) for n in range(count)):
            return first
    raise Trouble("No free ports between 20000 and 30000.")


def _why_not(port: int) -> str:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            return "may not be used by an ordinary user"
        except OSError:
            return "is taken by another program"
    return ""


def _suggestion(first: int) -> int:
    return next((port for port in range(first + 10, first + 200, 10) if not _why_not(port)), 8000)
