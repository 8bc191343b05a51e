"""One line for each request: what kind, how it ended, how long it took; never the address, which may hold a link.

A view that has more to say of its request leaves the ids in `g.about`: one line costs less than two.
"""

from __future__ import annotations

import logging

from bopis.logs import REQUESTS, Written
from bopis.web.edge import Answered

log = logging.getLogger(REQUESTS)
_OFTEN = frozenset({"/livez", "/readyz", "/metrics", "/static/<name>"})


def say(answered: Answered) -> None:
    """Log it, unless it is one of those that come all the time and went well."""
    method, route, status, seconds, about = answered
    level = logging.WARNING if status >= 500 else logging.INFO
    if (level == logging.WARNING or route not in _OFTEN) and log.isEnabledFor(level):
        told = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1), **about}
        log.handle(Written(log.name, level, f"{method} {route} {status}", told))
