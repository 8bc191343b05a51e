"""The kiosk's local pages: loopback only, the same origin only, and nothing that survives a shopper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import flask
from werkzeug.exceptions import HTTPException

from firmware_bridge.handover import PROBLEMS, NothingToDo
from firmware_bridge.journal import NotJournaled
from firmware_bridge.judge import Verdict
from firmware_bridge.kiosk import staff
from firmware_bridge.kiosk.view import Parts, state

LONGEST_BODY = 4096
LONGEST_TEXT = 256
STATE_WAIT_SECONDS = 10
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Refusal(Exception):
    """A request that is not answered; `code` is stable, `message` one sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


def kiosk_app(parts: Parts, host: str, px_per_mm: float, language: str = "en") -> flask.Flask:
    """The page and its API for one bank. `host` is the address it is served on, `language` what it first speaks."""
    app = flask.Flask(__name__, static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_BODY
    app.before_request(lambda: _check_origin(host))
    app.after_request(_harden)
    app.register_error_handler(Refusal, lambda refusal: _error(refusal.status, refusal.code, refusal.message))
    app.register_error_handler(NothingToDo, lambda _: _error(409, "nothing_to_do", "There is nothing to do that to."))
    app.register_error_handler(NotJournaled, lambda _: _error(503, "disk", "This cannot be kept right now."))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unforeseen)
    _pages(app, parts, {"px_per_mm": px_per_mm, "language": language})
    _shopper(app, parts)
    staff.add(app, parts.desk, _text)
    return app


def _pages(app: flask.Flask, parts: Parts, shown: dict[str, Any]) -> None:
    @app.get("/")
    def page() -> str:
        return flask.render_template("kiosk.html", **shown)

    @app.get("/livez")
    def livez() -> dict[str, Any]:
        return {
            "ok": True,
            "enrolled": parts.enrolled,
            "online": parts.online,
            "page_seconds": parts.page_seconds(),
        }

    @app.get("/api/state")
    def read_state() -> dict[str, Any]:
        since = flask.request.args.get("since", "0")
        if not (since.isascii() and since.isdecimal() and len(since) < 16):
            raise Refusal(400, "bad_since", "since must be a number.")
        if flask.request.args.get("page") == "1":
            parts.page_seen = parts.journal.clock.mono()
        return state(parts, parts.changes.wait(int(since), STATE_WAIT_SECONDS))


def _shopper(app: flask.Flask, parts: Parts) -> None:
    @app.post("/api/code")
    def code() -> dict[str, Any]:
        return _verdict(parts, parts.handover.present_code(_text("code")))

    @app.post("/api/scan")
    def scan() -> dict[str, Any]:
        return _verdict(parts, parts.scans.present(_text("text")))

    @app.post("/api/problem")
    def problem() -> dict[str, Any]:
        named = _text("problem")
        if named not in PROBLEMS:
            raise Refusal(400, "bad_problem", f"problem must be one of {', '.join(PROBLEMS)}.")
        parts.handover.problem(named)
        return {"ok": True}

    def button(name: str, press: Callable[[], None]) -> None:
        def view() -> dict[str, Any]:
            _body()
            press()
            return {"ok": True}

        app.add_url_rule(f"/api/{name}", name, view, methods=["POST"])

    button("again", parts.handover.again)
    button("next", parts.handover.next)
    button("done", parts.handover.done)


def _verdict(parts: Parts, verdict: Verdict) -> dict[str, Any]:
    parts.changes.touch()
    return {"verdict": verdict.verdict, "retry_after": verdict.retry_after}


def _body() -> dict[str, Any]:
    if not flask.request.is_json:
        raise Refusal(415, "not_json", "Send JSON.")
    body = flask.request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Refusal(400, "not_json", "Send a JSON object.")
    return body


def _text(name: str) -> str:
    value = _body().get(name)
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise Refusal(400, f"bad_{name}", f"{name} must be short text.")
    return value


def _check_origin(host: str) -> None:
    """Only pages served from here may speak to it. A browser says whose page is asking; a name that was made to
    point at this machine shows in the Host header."""
    asked = urlsplit(f"//{flask.request.host}").hostname
    if asked not in {host, "localhost", "127.0.0.1", "::1"}:
        raise Refusal(403, "wrong_host", "This page is reached by its own address only.")
    if flask.request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        raise Refusal(403, "wrong_origin", "Another site's page may not ask this.")
    origin = flask.request.headers.get("Origin")
    if origin is not None and origin != flask.request.host_url.rstrip("/"):
        raise Refusal(403, "wrong_origin", "Another site's page may not ask this.")


def _harden(answer: flask.Response) -> flask.Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer


def _error(status: int, code: str, message: str) -> tuple[dict[str, str], int]:
    return {"code": code, "message": message}, status


def _http_error(problem: HTTPException) -> tuple[dict[str, str], int]:
    return _error(problem.code or 500, problem.name.lower().replace(" ", "_"), problem.description or "")


def _unforeseen(problem: Exception) -> tuple[dict[str, str], int]:
    flask.current_app.logger.exception("the kiosk could not answer")
    return _error(500, "unforeseen", "Something went wrong here.")
