"""At the app's edge, where an answer leaves it: who wants to know of every request is told here.

Outside Flask's hooks, of which each costs more than all that is done with an answer here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from flask import Flask, g, request

STARTED = "bopis.started"
"""Where in its environ a request says when it came, by the performance counter, if the app was asked only later."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Answered(NamedTuple):
    """A request and how it ended. No address, which may hold a shopper's link."""

    method: str
    """`OTHER` for what nobody uses: a name may be made up by whoever asks."""
    route: str
    """The address's pattern; `none` where there is none."""
    status: int
    seconds: float
    about: dict[str, Any]
    """What its view left in `g.about`: ids of what it was about."""


def tell(app: Flask, *listeners: Callable[[Answered], None]) -> None:
    """Let them hear of every request when its answer begins."""
    answer = app.wsgi_app

    def answer_and_tell(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started = environ.get(STARTED) or time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            seconds, rule, method = time.perf_counter() - started, request.url_rule, environ["REQUEST_METHOD"]
            answered = Answered(
                method if method in _METHODS else "OTHER",
                rule.rule if rule else "none",
                int(status[:3]),
                seconds,
                g.get("about", {}),
            )
            for listen in listeners:
                listen(answered)
            return start_response(status, headers, *error)

        return answer(environ, start)

    app.wsgi_app = answer_and_tell  # type: ignore[method-assign]
