"""Questions to the machine before and while things start: is this port free, does that server answer."""

from __future__ import annotations

import http.client
import random
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from . import Trouble

FREE_PORTS = range(20_000, 30_000, 10)
"""Below every system's ephemeral ports, where a client's own end might sit on ours."""


def answers(url: str) -> bool:
    """Whether a server answers a GET now, with anything below 500."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=1)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


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
