"""One line for each request: what kind, how it ended, how long it took; never the address, which may hold a link.

A view that has more to say of its request leaves the ids in `g.about`: one line costs less than two.
"""

from __future__ import annotations

import logging

from flask import Flask, Response, g, request

from bopis.logs import REQUESTS, its
from bopis.web.metrics import route, took

log = logging.getLogger(REQUESTS)
_OFTEN = frozenset({"/livez", "/readyz", "/metrics", "/static/<name>"})


def log_requests(app: Flask) -> None:
    """Install it."""

    @app.after_request
    def say(response: Response) -> Response:
        status, where = response.status_code, route()
        level = logging.WARNING if status >= 500 else logging.INFO
        if (level == logging.WARNING or where not in _OFTEN) and log.isEnabledFor(level):
            method, ms = request.method, round(took() * 1000, 1)
            told = its(method=method, route=where, status=status, ms=ms, **g.get("about", {}))
            log.log(level, "%s %s %s", method, where, status, extra=told)
        return response
