"""What every answer says about how it may be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

_ALWAYS = (("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"))
_WITH_CONTENT = (
    *_ALWAYS,
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(self), microphone=(), geolocation=()"),
)
"""What a browser must know of what it shows; the many answers that show nothing go without."""


def add_headers(app: Flask) -> None:
    """Set the headers an answer does not set itself; nothing dynamic is stored by anyone on the way."""
    # Around the app, where headers are a plain list: a hook within it takes ten times as long, in every request.
    answer = app.wsgi_app

    def answer_with_headers(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            given = {name.lower(): value for name, value in headers}
            wanted = _ALWAYS if given.get("content-length") == "0" else _WITH_CONTENT
            more = [header for header in wanted if header[0].lower() not in given]
            return start_response(status, headers + more, *error)

        return answer(environ, start)

    app.wsgi_app = answer_with_headers  # type: ignore[method-assign]
