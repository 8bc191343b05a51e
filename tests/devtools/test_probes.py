"""A probe tells whether a server answers, and never makes anyone wait."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from devtools import Trouble
from devtools.probes import HttpProbe, check_ports, free_ports
from tests.devtools.conftest import eventually


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port that is listened to, where nobody answers yet."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def url_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}/livez"


def answer(listener: socket.socket, status: str) -> None:
    connection, _ = listener.accept()
    with connection:
        assert connection.recv(1000).startswith(b"GET /livez HTTP/1.0\r\n")
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())


def test_nobody_there_is_no_answer() -> None:
    assert HttpProbe(f"http://127.0.0.1:{free_ports(1)}/livez")() is False


def test_a_server_that_listens_but_does_not_answer_is_not_waited_for(listener: socket.socket) -> None:
    probe = HttpProbe(url_of(listener))
    began = time.monotonic()

    assert not any(probe() for _ in range(10))

    assert time.monotonic() - began < 1
    answer(listener, "200 OK")
    assert eventually(probe)


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "302 Found"])
def test_an_answer_to_a_question_asked_earlier_counts(listener: socket.socket, status: str) -> None:
    probe = HttpProbe(url_of(listener))
    assert probe() is False

    answer(listener, status)

    assert eventually(probe)


def test_a_server_that_fails_is_asked_again(listener: socket.socket) -> None:
    probe = HttpProbe(url_of(listener))
    probe()
    answer(listener, "503 Service Unavailable")
    later = threading.Thread(target=answer, args=(listener, "200 OK"))
    later.start()

    assert eventually(probe)
    later.join()


def test_free_ports_can_be_listened_to() -> None:
    first = free_ports(5)

    check_ports(dict.fromkeys(range(first, first + 4), "a test"))


def test_a_port_for_the_mighty_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: tuple[str, int]) -> None:
        raise PermissionError

    monkeypatch.setattr(socket.socket, "bind", refuse)

    with pytest.raises(Trouble, match="may not be used by an ordinary user"):
        check_ports({80: "the pages"})
