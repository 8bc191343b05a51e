"""The master's way to the boards: a pseudo-terminal like a serial adapter's, or a TCP port like a network bridge's."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import socket
import tempfile
import tty
from pathlib import Path

ROOM_SECONDS = 1.0


class PtyEnd:
    """A pseudo-terminal, reached by links that are there while it is plugged in.

    The kernel gives a freed terminal's number to whoever asks next, so a bridge that outlives its bank and knows the
    number would open a stranger's line. It is told a link of this bank's own instead.
    """

    def __init__(self) -> None:
        self._master = self._slave = -1
        self._folder = Path(tempfile.mkdtemp(prefix="lockbank-"))
        self._links = [self._folder / "line"]

    @property
    def address(self) -> str:
        return str(self._links[0])

    @property
    def ends(self) -> list[int]:
        """What to wait for."""
        return [self._master] if self._master >= 0 else []

    def plug(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        for link in self._links:
            self._point(link)

    def unplug(self) -> None:
        for link in self._links:
            link.unlink(missing_ok=True)
        for end in (self._master, self._slave):
            if end >= 0:
                os.close(end)
        self._master = self._slave = -1

    def close(self) -> None:
        self.unplug()
        shutil.rmtree(self._folder, ignore_errors=True)

    def link(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._links.append(path)
        self._point(path)

    def hear(self, end: int) -> bytes:
        try:
            return os.read(end, 4096)
        except OSError:
            return b""

    def say(self, data: bytes) -> int:
        """How many bytes found room within a while; when nobody reads, the rest is gone, as it is on a real line."""
        written = 0
        with contextlib.suppress(OSError, ValueError):
            while written < len(data) and select.select([], [self._master], [], ROOM_SECONDS)[1]:
                written += os.write(self._master, data[written:])
        return written

    def _point(self, link: Path) -> None:
        fresh = link.with_name(link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(link)


class TcpEnd:
    """A port of this machine that serves one master at a time; the newest wins. It keeps its number when unplugged."""

    def __init__(self) -> None:
        self._port = 0
        self._listener: socket.socket | None = None
        self._master: socket.socket | None = None

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self._port}"

    @property
    def ends(self) -> list[int]:
        return [end.fileno() for end in (self._listener, self._master) if end is not None]

    def plug(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._listener.setblocking(False)
        self._port = self._listener.getsockname()[1]

    def unplug(self) -> None:
        for end in (self._master, self._listener):
            if end is not None:
                end.close()
        self._listener = self._master = None

    def close(self) -> None:
        self.unplug()

    def link(self, path: Path) -> None:
        raise ValueError("a TCP port needs no link")

    def hear(self, end: int) -> bytes:
        try:
            if self._listener is not None and end == self._listener.fileno():
                self._welcome()
                return b""
            data = self._master.recv(4096) if self._master else b""
        except OSError:
            return b""
        if not data and self._master:
            self._master.close()
            self._master = None
        return data

    def say(self, data: bytes) -> int:
        with contextlib.suppress(OSError):
            if self._master:
                self._master.sendall(data)
                return len(data)
        return 0

    def _welcome(self) -> None:
        fresh, _ = self._listener.accept()
        if self._master:
            self._master.close()
        fresh.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fresh.settimeout(1)
        self._master = fresh
