"""What the boards hang on: a serial device, or a TCP connection to a box that passes the same bytes on."""

from __future__ import annotations

import contextlib
import select
import socket
import termios
from typing import Protocol
from urllib.parse import urlsplit

import serial

CONNECT_SECONDS = 2.0
WRITE_SECONDS = 1.0
CHUNK = 4096
TCP = "tcp://"
LINE_ERRORS = (OSError, termios.error)
"""serial.SerialException is an OSError; a vanished USB adapter also shows as termios.error."""


class Line(Protocol):
    """Bytes out and in. Everything may raise LINE_ERRORS once the line is gone."""

    def fileno(self) -> int: ...
    def write(self, data: bytes) -> None: ...
    def read(self, seconds: float) -> bytes:
        """What arrives within so long, as soon as something does; empty: nothing did."""

    def close(self) -> None: ...


class SerialLine:
    """A serial device of our own; nobody else can open it meanwhile."""

    def __init__(self, path: str, baud: int) -> None:
        self._port = serial.Serial(path, baud, timeout=0, write_timeout=WRITE_SECONDS, exclusive=True)
        with contextlib.suppress(*LINE_ERRORS, ValueError):
            # USB adapters otherwise gather bytes for 16 ms; what has no such setting needs none.
            self._port.set_low_latency_mode(low_latency_settings=True)

    def fileno(self) -> int:
        return self._port.fileno()

    def write(self, data: bytes) -> None:
        self._port.write(data)
        self._port.flush()

    def read(self, seconds: float) -> bytes:
        select.select([self], [], [], max(0.0, seconds))
        return self._port.read(CHUNK)

    def close(self) -> None:
        with contextlib.suppress(*LINE_ERRORS):
            self._port.close()


class TcpLine:
    """A stream: what was one frame may come in pieces, and two may come as one."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), CONNECT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._socket.settimeout(WRITE_SECONDS)

    def fileno(self) -> int:
        return self._socket.fileno()

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read(self, seconds: float) -> bytes:
        if not select.select([self], [], [], max(0.0, seconds))[0]:
            return b""
        data = self._socket.recv(CHUNK)
        if not data:
            raise ConnectionResetError("the other end hung up")
        return data

    def close(self) -> None:
        self._socket.close()


def open_line(address: str, baud: int) -> Line:
    """Open a device by its path, or `tcp://host:port`. Raises LINE_ERRORS or ValueError."""
    if not address.startswith(TCP):
        return SerialLine(address, baud)
    parts = urlsplit(address)
    if not parts.hostname or not parts.port:
        raise ValueError(f"{address} is not tcp://host:port")
    return TcpLine(parts.hostname, parts.port)
