"""A stand-in for the bridge's kiosk server: the same HTTP interface, with every answer decided by the test."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import flask
from werkzeug.serving import WSGIRequestHandler, make_server

import firmware_bridge

KIOSK = Path(firmware_bridge.__file__).parent / "kiosk"
CONTENT_SECURITY_POLICY = "default-src 'self'"
LONGEST_WAIT = 10.0


def door(number: int, row: int, column: int, height: int, **more: Any) -> dict[str, Any]:
    """One door as the kiosk's state lists it."""
    plain = {"size": "M", "accessible": False, "state": "shut", "in_service": True, "suspect": False, "reminders": 0}
    return {"number": number, "row": row, "column": column, "height": height, **plain, **more}


def bank_of_doors(columns: int = 4) -> list[dict[str, Any]]:
    """Six doors a column, numbered downwards: heights 1, 1, 2, 2, 3, 3 (rows and columns count from 0)."""
    doors: list[dict[str, Any]] = []
    for column in range(columns):
        row = 0
        for height in (1, 1, 2, 2, 3, 3):
            doors.append(door(len(doors) + 1, row, column, height))
            row += height
    return doors


def session(phase: str, **more: Any) -> dict[str, Any]:
    """A shopper's session at door 7, the only door of the order, unless told otherwise."""
    plain = {"id": "s1", "who": "shopper", "door": 7, "doors_left": 0, "doors_total": 1}
    resting = {"can_reopen": False, "sensor": "door", "reminders": 0, "left_open": False}
    return {**plain, "phase": phase, **resting, **more}


def calm_state() -> dict[str, Any]:
    """Nobody at the bank, everything well."""
    return {
        "bank": {"name": "Entrance"},
        "store": {"name": "Harbour Street"},
        "ready": True,
        "trouble": None,
        "online": True,
        "refused": False,
        "presence": {"code": "482913", "seconds_left": 17},
        "paused_seconds": 0,
        "assist": False,
        "quarantined": False,
        "doors": bank_of_doors(),
        "session": None,
        "scan": None,
        "staff": None,
    }


class QuietHandler(WSGIRequestHandler):
    """Serves without a line per request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


class KioskStub:
    """The scripted bridge. `show()` changes the state, `verdicts` answers codes and scans, `asked` is what came in."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._seq = 1
        self._state = calm_state()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.verdicts: list[dict[str, Any]] = []
        self.away = False
        self.refuses = False
        self.px_per_mm = 5.5
        self.language = "en"
        self.beats = 0
        self.polls = 0
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True, request_handler=QuietHandler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    @property
    def state(self) -> dict[str, Any]:
        """What the page is told now."""
        return self._state

    def show(self, **changes: Any) -> None:
        """Change the state and wake whoever waits for it."""
        with self._changed:
            self._state.update(changes)
            self._seq += 1
            self._changed.notify_all()

    def start_over(self) -> None:
        """Everything as new, the page may stay."""
        self.asked.clear()
        self.verdicts.clear()
        self.away = self.refuses = False
        self.px_per_mm = 5.5
        self.language = "en"
        self.show(**calm_state())

    def posts(self, path: str) -> list[dict[str, Any]]:
        """The bodies posted to one path, oldest first."""
        return [body for where, body in list(self.asked) if where == path]

    def answer(self, verdict: str, retry_after: int | None = None) -> None:
        """Queue the verdict for the next code or scan."""
        self.verdicts.append({"verdict": verdict, "retry_after": retry_after})

    def stop(self) -> None:
        """Stop serving."""
        self.show()
        self._server.shutdown()
        self._server.server_close()

    def _app(self) -> flask.Flask:
        app = flask.Flask("kiosk_stub", template_folder=str(KIOSK / "templates"), static_folder=str(KIOSK / "static"))
        app.add_url_rule("/", view_func=self._page)
        app.add_url_rule("/api/state", view_func=self._get_state)
        app.add_url_rule("/api/<path:name>", view_func=self._post, methods=["POST"])
        app.after_request(self._protect)
        return app

    def _page(self) -> str:
        return flask.render_template("kiosk.html", px_per_mm=self.px_per_mm, language=self.language)

    def _get_state(self) -> flask.typing.ResponseReturnValue:
        since = int(flask.request.args.get("since", "0"))
        self.polls += 1
        self.beats += flask.request.args.get("page") == "1"
        with self._changed:
            if not self.away:
                self._changed.wait_for(lambda: self._seq > since or self.away, timeout=LONGEST_WAIT)
            if self.away:
                return {"code": "starting", "message": "The bridge is starting."}, 503
            return {"seq": self._seq, **self._state}

    def _post(self, name: str) -> flask.typing.ResponseReturnValue:
        path = f"/api/{name}"
        self.asked.append((path, flask.request.get_json()))
        if self.refuses or self.away:
            return {"code": "refused", "message": "Not now."}, 409
        if name in ("code", "scan", "staff/sign-in"):
            return self.verdicts.pop(0) if self.verdicts else {"verdict": "no", "retry_after": None}
        if name == "done":
            self.show(session=None)
        if name == "staff/sign-out":
            self.show(staff=None)
        return {"ok": True}

    def _protect(self, response: flask.Response) -> flask.Response:
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["Cache-Control"] = "no-store"
        return response
