"""The page on which somebody sets up the doors, and what it asks. Only this machine may, or who comes through SSH."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flask
from werkzeug.exceptions import HTTPException

from firmware_bridge.bus import Bus
from firmware_bridge.changes import Changes
from firmware_bridge.commission import keep, labels
from firmware_bridge.commission.course import CannotGoOn
from firmware_bridge.commission.entry import Entry
from firmware_bridge.commission.one_time import OneTimePin
from firmware_bridge.commission.plan import BadDoor
from firmware_bridge.commission.service import Service
from firmware_bridge.commission.view import view
from firmware_bridge.commission.words import By, Words
from firmware_bridge.config import Config
from firmware_bridge.journal import Journal
from firmware_bridge.judge import Verdict
from firmware_bridge.kiosk.view import Parts as KioskParts
from firmware_bridge.pins import Pins

COOKIE = "installer"
WAIT_SECONDS = 10
LONGEST_TEXT = 256
LARGEST = 100_000


@dataclass(frozen=True)
class Parts:
    """What the page is drawn from, and acts on."""

    kiosk: KioskParts
    service: Service
    entry: Entry
    changes: Changes

    @property
    def journal(self) -> Journal:
        return self.kiosk.journal


def build(
    app: flask.Flask, kiosk: KioskParts, bus: Bus, pins: Pins, config: Config, new_id: Callable[[], str]
) -> Parts:
    """Add `/commission`, its labels, and `/api/commission/...` to the kiosk of a bridge."""
    journal, changes = kiosk.journal, Changes()
    service = Service(journal, bus, kiosk.bank, new_id, Words(pins), config)
    service.clear, service.on_change = lambda: _clear(kiosk), changes.touch
    parts = Parts(kiosk, service, Entry(journal, pins, OneTimePin(config.data_dir)), changes)
    _add(app, parts)
    return parts


def _clear(kiosk: KioskParts) -> bool:
    """Send away who is not at an open door; asked under the bank's lock."""
    job = kiosk.desk.handling.job
    if (job is not None and job.session.is_busy(kiosk.journal.clock.mono())) or not kiosk.handover.clear():
        return False
    kiosk.desk.sign_out()
    return True


def _add(app: flask.Flask, parts: Parts) -> None:
    app.register_error_handler(CannotGoOn, _refused)
    app.register_error_handler(BadDoor, lambda problem: ({"code": "bad_door", "message": str(problem)}, 409))
    app.register_error_handler(OSError, lambda _: ({"code": "disk", "message": "This cannot be kept right now."}, 503))
    _pages(app, parts)
    _signing_in(app, parts)
    _steps(app, parts)


def _pages(app: flask.Flask, parts: Parts) -> None:
    @app.get("/commission")
    def commission_page() -> str:
        _this_machine_only()
        return flask.render_template("commission.html")

    @app.get("/commission/labels.html")
    def commission_labels() -> flask.Response:
        _who(parts, acts=False)
        layout = keep.layout(parts.journal)
        text = labels.page(layout.get("doors", []), layout.get("bank", {}).get("name", ""))
        answer = flask.Response(text, content_type="text/html; charset=utf-8")
        answer.headers["Content-Security-Policy"] = labels.POLICY
        return answer

    @app.get("/commission/labels.zpl")
    def commission_labels_zpl() -> flask.Response:
        _who(parts, acts=False)
        text = labels.zpl(keep.layout(parts.journal).get("doors", []))
        headers = {"Content-Disposition": "attachment; filename=labels.zpl"}
        return flask.Response(text, content_type="text/plain; charset=us-ascii", headers=headers)

    @app.get("/api/commission/state")
    def commission_state() -> dict[str, Any]:
        _this_machine_only()
        if flask.request.args.get("page") == "1":
            parts.kiosk.page_seen = parts.journal.clock.mono()
        if _signed_in(parts, acts=False) is None:
            return {"seq": 0, "step": "sign_in", "closed": keep.is_closed(parts.journal)}
        since = flask.request.args.get("since", "0")
        seq = parts.changes.wait(int(since) if since.isdecimal() and len(since) < 16 else 0, WAIT_SECONDS)
        return {"seq": seq, **view(parts.service)}


def _signing_in(app: flask.Flask, parts: Parts) -> None:
    @app.post("/api/commission/sign-in")
    def commission_sign_in() -> flask.Response:
        _this_machine_only()
        body = _Body()
        if body.has("one_time"):
            verdict, token = parts.entry.by_one_time_pin(body.text("one_time"), body.text("name"))
        else:
            verdict, token = parts.entry.by_badge(body.text("badge"), body.text("pin"))
        answer = flask.jsonify({"verdict": verdict.verdict, "retry_after": verdict.retry_after})
        if token is not None:
            answer.set_cookie(COOKIE, token, httponly=True, samesite="Strict")
        return answer

    @app.post("/api/commission/sign-out")
    def commission_sign_out() -> flask.Response:
        _who(parts, acts=True)
        parts.entry.sign_out()
        parts.changes.touch()
        answer = flask.jsonify({"ok": True})
        answer.delete_cookie(COOKIE, httponly=True, samesite="Strict")
        return answer


def _steps(app: flask.Flask, parts: Parts) -> None:
    service = parts.service

    def step(name: str, act: Callable[[_Body, By], Verdict | None]) -> None:
        def answered() -> dict[str, Any]:
            by = _who(parts, acts=True)
            service.taken_up(by)
            verdict = act(_Body(), by)
            return {"ok": True} if verdict is None else vars(verdict)

        app.add_url_rule(f"/api/commission/{name}", f"commission_{name}", answered, methods=["POST"])

    def let_move(body: _Body, by: By) -> Verdict:
        said = {name: body.text(name) for name in ("badge", "pin", "name") if body.has(name)}
        return service.let_move(sure=body.switch("sure"), **said)

    def choose(body: _Body, by: By) -> None:
        switches = {name: body.switch(name) for name in ("one_by_one", "resume")}
        service.choose(body.text("board"), body.text("sensor"), body.text("line"), body.whole("count"), **switches)

    def name_door(body: _Body, by: By) -> None:
        described: dict[str, Any] = {name: body.whole(name) for name in ("number", "row", "column", "height")}
        if body.has("cold"):
            described["cold"] = body.text("cold")
        service.name(**described, size=body.text("size"), accessible=body.switch("accessible"))

    step("begin", lambda body, by: service.begin(by))
    step("goods", let_move)
    step("boards", choose)
    step("connect", lambda body, by: service.connect())
    step("take", lambda body, by: service.take())
    step("look-again", lambda body, by: service.look_again())
    step("shut", lambda body, by: service.shut(all_are=body.switch("all_are")))
    step("name", name_door)
    step("again", lambda body, by: service.again())
    step("skip", lambda body, by: service.skip(rest=body.switch("rest")))
    step("undo", lambda body, by: service.undo())
    step("write", lambda body, by: service.write())
    step("leave", lambda body, by: service.leave())


def _refused(problem: CannotGoOn) -> tuple[dict[str, str], int]:
    return {"code": problem.code, "message": str(problem)}, 400 if isinstance(problem, _BadRequest) else 409


class _BadRequest(CannotGoOn):
    """What was sent cannot be."""


class _Body:
    """The request's JSON object, read field by field; what cannot be is refused with the field's name."""

    def __init__(self) -> None:
        body = flask.request.get_json(silent=True) if flask.request.is_json else None
        if not isinstance(body, dict):
            raise _BadRequest("not_json", "Send a JSON object.")
        self._body = body

    def has(self, name: str) -> bool:
        return name in self._body

    def text(self, name: str) -> str:
        value = self._body.get(name)
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise _BadRequest(f"bad_{name}", f"{name} must be short text.")
        return value

    def whole(self, name: str) -> int:
        value = self._body.get(name)
        if type(value) is not int or abs(value) > LARGEST:
            raise _BadRequest(f"bad_{name}", f"{name} must be a whole number.")
        return value

    def switch(self, name: str) -> bool:
        return self._body.get(name, False) is True


def _signed_in(parts: Parts, *, acts: bool) -> By | None:
    return parts.entry.who(flask.request.cookies.get(COOKIE, ""), acts=acts)


def _who(parts: Parts, *, acts: bool) -> By:
    _this_machine_only()
    by = _signed_in(parts, acts=acts)
    if by is None:
        raise _Stranger
    return by


class _Stranger(HTTPException):
    code = 401
    description = "Sign in first."


def _this_machine_only() -> None:
    asker = ipaddress.ip_address(flask.request.remote_addr or "0.0.0.0")  # noqa: S104, nobody's address
    if not asker.is_loopback:
        flask.abort(403)
