"""What every answer says about how it may be used."""

from __future__ import annotations

from flask import Flask, Response

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


def add_headers(app: Flask) -> None:
    """Set the headers; nothing dynamic is stored by anyone on the way."""

    @app.after_request
    def set_them(response: Response) -> Response:
        # Not `setdefault`: for each header that is missing it makes an exception and throws it away.
        given = {name.lower() for name, _ in response.headers}
        for name, value in _HEADERS.items():
            if name.lower() not in given:
                response.headers.add(name, value)
        return response
