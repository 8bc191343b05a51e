"""A crowd of bridges in one thread: each keeps a signed sync open, settles what it is told, and asks again."""

from __future__ import annotations

import json
import secrets
import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.filled import DOORS, made
from bopis import clock
from devtools import Trouble
from firmware_bridge.protocol import signatures
from firmware_bridge.protocol.wire import LONGEST_WAIT_SECONDS, PROTOCOL

PATH = "/bridge/v1/sync"
AT_ONCE = 20
"""So many bridges are new at a time: the claim is about those that stay, not about a storm."""
DOOR_STATES = {str(number): {"door": "shut", "item": "absent", "in_service": True} for number in range(1, DOORS + 1)}
BUSY = 503
ASK_AGAIN = 1.0
"""Seconds after which a bridge that was told to come back does."""
HELD_AFTER = 0.3
"""Seconds without an answer after which a sync counts as held."""


class _Bridge:
    """One bridge's connection and what it knows."""

    def __init__(self, number: int) -> None:
        self.number, self.id = number, made("bridges", number)
        self.socket: socket.socket | None = None
        self.cursor: str | None = None
        self.layout: str | None = None
        self.settled: list[str] = []
        self.asked = 0.0
        self.was_held = False
        self.answered = 0.0
        self.answer = b""

    def is_held(self) -> bool:
        """Whether its sync has been without an answer for so long that it is held open."""
        if self.cursor is not None and self.asked < time.monotonic() - HELD_AFTER:
            self.was_held = True
            return True
        return False


class Crowd:
    """`size` bridges that all sign with `key`. Everything happens while one of its methods runs."""

    def __init__(self, port: int, size: int, key: Ed25519PrivateKey) -> None:
        self.size = size
        self.refused: Counter[int] = Counter()
        """How often which status came back instead of an answer."""
        self._port, self._key = port, key
        self._bridges = [_Bridge(number) for number in range(1, size + 1)]
        self._ready = selectors.DefaultSelector()
        self._new: set[int] = set()
        """Which of them wait for their first answer."""
        self._later: deque[tuple[float, _Bridge]] = deque()
        """Who was sent away, and when it asks again."""

    def connect(self, count: int) -> None:
        """Let the first `count` bridges be connected and past their first answer."""
        for number, bridge in enumerate(self._bridges[:count]):
            if bridge.socket is None:
                self._until(lambda: len(self._new) < AT_ONCE, 120)
                bridge.socket = socket.create_connection(("127.0.0.1", self._port))
                self._ready.register(bridge.socket, selectors.EVENT_READ, bridge)
                self._new.add(number)
                self._ask(bridge)
                self._turn(0.0)
        self._until(lambda: not self._new, 120)

    def settle(self, seconds: float) -> None:
        """Let every sync have been held once. Never are all at the same time: some are always just asking again."""
        left = [bridge for bridge in self._bridges if not bridge.was_held]
        deadline = time.monotonic() + seconds
        while left := [bridge for bridge in left if not (bridge.was_held or bridge.is_held())]:
            self._until(left[0].is_held, deadline - time.monotonic())

    def until_held(self, number: int) -> None:
        """Let one bridge's sync be held open."""
        self._until(self._bridges[number - 1].is_held, 60)

    def answered(self, number: int) -> float:
        """Wait for one bridge's next answer; when it came, on the monotonic clock."""
        bridge = self._bridges[number - 1]
        since = bridge.answered
        self._until(lambda: bridge.answered != since, 60)
        return bridge.answered

    def close(self) -> None:
        """Hang up."""
        for bridge in self._bridges:
            if bridge.socket is not None:
                bridge.socket.close()
        self._ready.close()

    def _until(self, condition: Callable[[], object], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise Trouble("The bridges' server does not keep up with so many syncs.")
            self._turn(0.05)

    def _turn(self, pause: float) -> None:
        while self._later and self._later[0][0] < time.monotonic():
            self._ask(self._later.popleft()[1])
        for key, _ in self._ready.select(pause):
            self._hear(key.data)

    def _hear(self, bridge: _Bridge) -> None:
        assert bridge.socket is not None
        data = bridge.socket.recv(262_144)
        if not data:
            raise Trouble("The bridges' server hung up.")
        bridge.answer += data
        head, gap, content = bridge.answer.partition(b"\r\n\r\n")
        if not gap or len(content) < _length(head):
            return
        bridge.answered, bridge.answer = time.monotonic(), b""
        if not head.startswith(b"HTTP/1.1 200"):
            self._refused(bridge, int(head[9:12]))
            return
        said = json.loads(content)
        bridge.cursor = said["cursor"]
        self._new.discard(bridge.number - 1)
        bridge.layout = said["layout"]["hash"] if said["layout"] else bridge.layout
        bridge.settled = [command["id"] for command in said["commands"]]
        self._ask(bridge)

    def _refused(self, bridge: _Bridge, status: int) -> None:
        if status != BUSY:
            raise Trouble(f"The bridges' server refuses a sync with {status}.")
        self.refused[status] += 1
        self._later.append((time.monotonic() + ASK_AGAIN, bridge))

    def _ask(self, bridge: _Bridge) -> None:
        now = clock.now()
        body = json.dumps(
            {
                "protocol": PROTOCOL,
                "cursor": bridge.cursor,
                "boot_id": "boot-1",
                "time": now.isoformat(),
                "clock": "synced",
                "wait": LONGEST_WAIT_SECONDS,
                "layout": bridge.layout,
                "doors": DOOR_STATES,
                "events": [],
                "results": [
                    {"command": command, "status": "done", "code": None, "data": {}} for command in bridge.settled
                ],
            }
        ).encode()
        host = "127.0.0.1"
        request = signatures.Request("POST", f"http://{host}{PATH}", {"Content-Type": "application/json"}, body)
        signatures.sign_request(request, key_id=bridge.id, key=self._key, now=now, nonce=secrets.token_hex(16))
        lines = [f"POST {PATH} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        bridge.asked = time.monotonic()
        assert bridge.socket is not None
        bridge.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
