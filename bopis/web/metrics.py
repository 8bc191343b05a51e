"""What Prometheus reads: this process's requests, counted as they happen, and the service's state, asked when scraped.

Requests are counted in each process; where `PROMETHEUS_MULTIPROC_DIR` names a folder (`gunicorn.conf.py` makes one),
the workers of one server add up. Everything else is one question to the database, so it is right whoever is asked.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from functools import lru_cache

from flask import Blueprint, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from bopis.db import Database
from bopis.errors import Forbidden
from bopis.web.edge import Answered
from bopis.web.gauges import Gauges

LOOPBACK = frozenset({"127.0.0.1", "::1"})
_FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Real-Ip")
"""What a proxy on this machine adds: then whoever asks may be anywhere."""
_OWN = CollectorRegistry()
REQUESTS = Counter("bopis_requests", "Requests answered.", ("method", "route", "status"), registry=_OWN)
SECONDS = Histogram(
    "bopis_request_seconds",
    "How long an answer took, held-open ones included.",
    ("route",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30),
    registry=_OWN,
)


def blueprint(database: Database, token: str) -> Blueprint:
    """`GET /metrics`, for this machine, or for whoever brings `token` as a bearer."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def metrics() -> Response:
        if not _may_read(token):
            raise Forbidden("not_allowed", "Metrics are read from this machine, or with the token of METRICS_TOKEN.")
        state = CollectorRegistry()
        state.register(Gauges(database))
        return Response(generate_latest(_counted()) + generate_latest(state), content_type=CONTENT_TYPE_LATEST)

    return routes


def count(answered: Answered) -> None:
    """Count a request."""
    one_more, observe = _counters(answered.method, answered.route, answered.status)
    one_more()
    observe(answered.seconds)


@lru_cache(maxsize=1024)
def _counters(method: str, route: str, status: int) -> tuple[Callable[[], None], Callable[[float], None]]:
    # To find them by their labels takes as long as to count.
    return REQUESTS.labels(method, route, str(status)).inc, SECONDS.labels(route).observe


def _counted() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return _OWN
    everyone = CollectorRegistry()
    MultiProcessCollector(everyone)
    return everyone


def _may_read(token: str) -> bool:
    if request.remote_addr in LOOPBACK and not any(name in request.headers for name in _FORWARDED):
        return True
    shown = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(shown.encode(), f"Bearer {token}".encode())
