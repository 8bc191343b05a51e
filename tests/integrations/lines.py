"""Lines to talk to that behave badly: raw sockets, one answer (or none) per connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Answer = Callable[[socket.socket], None]


@dataclass
class Line:
    url: str
    heard: list[bytes] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)


def says(text: bytes) -> Answer:
    """Answer with these bytes and hang up."""
    return lambda connection: connection.sendall(text)


def hangs_up(connection: socket.socket) -> None:
    """Say nothing and hang up."""


@contextmanager
def line(*answers: Answer | None) -> Iterator[Line]:
    """A server that gives each connection the next answer; None keeps it waiting until the test is over."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        it = Line(f"http://127.0.0.1:{server.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(server, it, answers), daemon=True)
        thread.start()
        yield it
        it.done.set()
        server.shutdown(socket.SHUT_RDWR)  # wakes a thread that still waits for somebody to call
        thread.join(5)


def _serve(server: socket.socket, it: Line, answers: tuple[Answer | None, ...]) -> None:
    for answer in answers:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            it.heard.append(connection.recv(65536))
            if answer is None:
                it.done.wait(10)
            else:
                answer(connection)


def closed_port() -> str:
    """An address nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"
