"""Requests worked on in turns: few at a time, patient, and nothing of them kept while they wait."""

from __future__ import annotations

import io
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bopis.web import turns
from bopis.web.turns import BUSY, WAITED, Turns, Waits


class Pause:
    """A wait that does something meanwhile."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.pause = meanwhile


class Heavy:
    """Something a turn holds."""


def ask(web: Turns, path: str = "/sync", body: io.BytesIO | None = None) -> tuple[str, bytes]:
    said: list[Any] = []
    environ = {"PATH_INFO": path, "HTTP_SIGNATURE": "much", "wsgi.input": body or io.BytesIO(b"body")}
    content = b"".join(web(environ, lambda *told: said.extend(told)))
    return said[0], content


def answering(work: Callable[[dict[str, Any]], bytes]) -> Turns:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        content = work(environ)
        start_response("200 OK", [])
        return [content]

    return Turns(app, "/sync", 100)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Closed until a test opens it, and open after the test whatever happened."""
    event = threading.Event()
    yield event
    event.set()


def test_a_turn_answers_from_a_thread_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "AT_ONCE", 1)
    web = answering(lambda environ: threading.current_thread().name.encode())

    assert {ask(web) for _ in range(5)} == {("200 OK", b"turn_0")}
    assert ask(web, "/elsewhere") == ("200 OK", threading.current_thread().name.encode())


def test_who_waits_holds_nothing_of_its_turn_and_takes_no_turn_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "AT_ONCE", 1)
    held: list[weakref.ref[Heavy]] = []

    def work(environ: dict[str, Any]) -> bytes:
        if environ["PATH_INFO"] != "/sync" or (held and WAITED not in environ):
            return b"another"
        if WAITED in environ:
            return str("HTTP_SIGNATURE" in environ).encode()
        heavy = Heavy()
        held.append(weakref.ref(heavy))
        environ["werkzeug.request"] = heavy
        raise Waits(Pause(meanwhile))

    def meanwhile() -> None:
        assert held[0]() is None
        assert ask(web) == ("200 OK", b"another")

    web = answering(work)
    assert ask(web) == ("200 OK", b"False")


def test_who_would_wait_too_long_for_a_turn_is_told_that_it_is_busy(
    gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "AT_ONCE", 1)
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    began = threading.Event()

    def work(environ: dict[str, Any]) -> bytes:
        if BUSY in environ:
            return b"busy"
        began.set()
        assert gate.wait(10)
        return b"done"

    web = answering(work)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(ask, web)
        assert began.wait(10)
        assert ask(web) == ("200 OK", b"busy")
        gate.set()
        assert first.result(10) == ("200 OK", b"done")


def test_a_slow_sender_takes_no_turn(gate: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert gate.wait(10)
            return super().read(size)

    monkeypatch.setattr(turns, "AT_ONCE", 1)
    web = answering(lambda environ: environ["wsgi.input"].read())
    with ThreadPoolExecutor(1) as other:
        slow = other.submit(ask, web, body=Slow(b"slow"))
        assert ask(web) == ("200 OK", b"body")
        gate.set()
        assert slow.result(10) == ("200 OK", b"slow")


def test_an_app_that_breaks_breaks_its_own_request_alone() -> None:
    def work(environ: dict[str, Any]) -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(answering(work))
