"""Around the bridges' app: syncs are worked on in turns, and wait between them without the app.

Whatever works on a sync leaves tens of kilobytes behind in its thread: a deep stack, frames, what the app holds of a
request. So the thread of a connection never does. A few threads do it for all, and the connection's own waits for
them and for news.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Any, Protocol

from bopis.web.edge import STARTED

AT_ONCE = 8
"""So many syncs of one process are worked on at a time; the others wait in line. More would only take each other's
processor and fill the pool of connections, and then be refused."""
PATIENCE = 10.0
"""Seconds in that line after which a bridge is told to come back later."""
WAITED = "bopis.waited"
"""Where in its environ a turn finds the wait that it continues."""
BUSY = "bopis.busy"
"""What stands in its environ when the line was too long."""

_App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_Answer = tuple[str, list[tuple[str, str]], list[bytes]]


class Wait(Protocol):
    """What is left of a request between two turns."""

    def pause(self) -> None:
        """Return when the next turn should come. Holds a thread with little on its stack, and nothing else."""


class Waits(BaseException):
    """Ends a turn without an answer. Like the end of a process no error: nothing answers, counts or logs it."""

    def __init__(self, wait: Wait) -> None:
        super().__init__()
        self.wait = wait


class Turns:
    """A WSGI app that lets another answer `path` in turns, and everything else as it comes."""

    def __init__(self, app: _App, path: str, most_bytes: int) -> None:
        self._app, self._path, self._most_bytes = app, path, most_bytes
        self._threads = ThreadPoolExecutor(AT_ONCE, "turn")

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != self._path:
            return self._app(environ, start_response)
        environ[STARTED] = time.perf_counter()
        # Here, where a slow sender holds up nobody else's turn. One byte more, so that too much is still seen.
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(self._most_bytes + 1))
        while not isinstance(answer := self._turn(environ), tuple):
            answer.pause()
        status, headers, content = answer
        start_response(status, headers)
        return content

    def _turn(self, environ: dict[str, Any]) -> _Answer | Wait:
        turn = self._threads.submit(_take, self._app, environ)
        try:
            return turn.result(PATIENCE)
        except Late:
            if not turn.cancel():
                return turn.result()
            return _take(self._app, environ | {BUSY: True})


def _take(app: _App, environ: dict[str, Any]) -> _Answer | Wait:
    said: list[Any] = []
    try:
        answer = app(environ, lambda *told: said.extend(told))
        try:
            content = list(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
    except Waits as waits:
        # What the turn held hangs on its traceback, and the server holds the environ.
        waits.__traceback__ = waits.__context__ = None
        for name in [name for name in environ if _is_done_with(name)]:
            del environ[name]
        environ["wsgi.input"] = io.BytesIO()
        environ[WAITED] = waits.wait
        return waits.wait
    return said[0], said[1], content


def _is_done_with(name: str) -> bool:
    return (name.startswith("HTTP_") and name != "HTTP_ACCEPT") or name.startswith(("werkzeug.", "CONTENT_"))
