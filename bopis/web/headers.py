"""What every answer says about how it may be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

_HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(self), microphone=(), geolocation=()"),
    ("Cache-Control", "no-store"),
)


def add_headers(app: Flask) -> None:
    """Set the headers an answer does not set itself; nothing dynamic is stored by anyone on the way."""
    # Around the app, where headers are a plain list: a hook within it takes ten times as long, in every request.
    answer = app.wsgi_app

    def answer_with_headers(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            given = {name.lower() for name, _ in headers}
            more = [header for header in _HEADERS if header[0].lower() not in given]
            return start_response(status, headers + more, *error)

        return answer(environ, start)

    app.wsgi_app = answer_with_headers  # type: ignore[method-assign]
