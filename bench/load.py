"""A small load generator: a process of its own that keeps connections open and sends signed deliveries.

`closed`: as many as the server takes, each connection waiting for its answer before it sends again. With a rate: so
many a second at fixed times; what finds no idle connection waits, and its waiting counts.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.orders import KINDS
from devtools import ROOT

LEAD = 0.5
"""Seconds a generator has to get ready."""


@dataclass
class Answers:
    """What came back: seconds each answer took, and how many were not 2xx."""

    seconds: float
    times: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return len(self.times) / self.seconds


def send(
    port: int,
    path: str,
    seconds: float,
    *,
    connections: int = 16,
    rate: float = 0.0,
    processes: int = 2,
    kind: str = "shopify",
) -> Answers:
    """Send deliveries of one of `orders.KINDS` to a server on this machine for so long, from several processes."""
    task = {
        "kind": kind,
        "port": port,
        "path": path,
        "seconds": seconds,
        "connections": connections // processes,
        "rate": rate / processes,
        "at": time.monotonic() + LEAD,
    }
    command = [sys.executable, "-m", "bench.load", json.dumps(task)]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(processes)]
    total = Answers(seconds)
    for process in running:
        output, _ = process.communicate(timeout=seconds + 60)
        if process.returncode:
            raise RuntimeError("a load generator failed")
        said = json.loads(output)
        total.times += said["times"]
        total.refused += said["refused"]
    return total


class _Line:
    """One connection: idle, or waiting for the answer to what was to be sent at `due`."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due = 0.0
        self._answer = b""

    def ask(self, request: bytes, due: float) -> None:
        self.due, self._answer = due, b""
        self.socket.sendall(request)

    def listen(self) -> int | None:
        """The answer's status once it is whole. Raises ConnectionError when the server hangs up."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server hung up")
        self._answer += data
        head, gap, content = self._answer.partition(b"\r\n\r\n")
        if not gap or len(content) < _length(head):
            return None
        return int(head[9:12])


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


class Generator:
    """The loop of one process."""

    def __init__(self, port: int, path: str, connections: int, rate: float, kind: str) -> None:
        self._deliveries = KINDS[kind](f"127.0.0.1:{port}", path)
        self._lines = [_Line(port) for _ in range(connections)]
        self._rate = rate
        self._ready = selectors.DefaultSelector()
        for line in self._lines:
            self._ready.register(line.socket, selectors.EVENT_READ, line)

    def run(self, seconds: float) -> Answers:
        """Send for so long; answers that come later are not counted."""
        found, idle = Answers(seconds), deque(self._lines)
        start = now = time.monotonic()
        due = start
        while now < start + seconds:
            while idle and (not self._rate or due <= now):
                idle.popleft().ask(self._deliveries.next(), due if self._rate else time.monotonic())
                due += 1 / self._rate if self._rate else 0.0
            pause = max(0.0, due - now) if self._rate and idle else 0.2
            for key, _ in self._ready.select(min(pause, start + seconds - now)):
                self._hear(key.data, found, idle)
            now = time.monotonic()
        return found

    def _hear(self, line: _Line, found: Answers, idle: deque[_Line]) -> None:
        status = line.listen()
        if status is None:
            return
        if 200 <= status < 300:
            found.times.append(time.monotonic() - line.due)
        else:
            found.refused += 1
        idle.append(line)


def main(arguments: Sequence[str]) -> None:
    """Do one task and write what came of it."""
    task = json.loads(arguments[0])
    generator = Generator(task["port"], task["path"], task["connections"], task["rate"], task["kind"])
    time.sleep(max(0.0, task["at"] - time.monotonic()))
    found = generator.run(task["seconds"])
    print(json.dumps({"times": [round(seconds, 6) for seconds in found.times], "refused": found.refused}))


if __name__ == "__main__":
    main(sys.argv[1:])
