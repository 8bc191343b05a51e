"""What the page asks for staff: signing in and out, and the steps of loading and taking back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask

from firmware_bridge.bank import Refused
from firmware_bridge.desk import Desk

Text = Callable[[str], str]


def add(app: flask.Flask, desk: Desk, text: Text) -> None:
    """`POST /api/staff/...`; `text` reads one short text of the request's body."""
    app.register_error_handler(
        Refused, lambda refused: ({"code": refused.code, "message": "That cannot be done."}, 409)
    )

    @app.post("/api/staff/sign-in")
    def staff_sign_in() -> dict[str, Any]:
        verdict = desk.sign_in(text("badge"), text("pin"))
        return {"verdict": verdict.verdict, "retry_after": verdict.retry_after}

    def about(name: str, act: Callable[[str], None]) -> None:
        def view() -> dict[str, Any]:
            act(text("pickup"))
            return {"ok": True}

        app.add_url_rule(f"/api/staff/{name}", f"staff_{name}", view, methods=["POST"])

    def button(name: str, press: Callable[[], None]) -> None:
        def view() -> dict[str, Any]:
            text("press")
            press()
            return {"ok": True}

        app.add_url_rule(f"/api/staff/{name}", f"staff_{name}", view, methods=["POST"])

    @app.post("/api/staff/find")
    def staff_find() -> dict[str, Any]:
        desk.handling.find(text("text"))
        return {"ok": True}

    about("load", desk.handling.load)
    about("take-out", desk.handling.take_out)
    about("set-aside", desk.handling.set_aside)
    about("all-in", desk.handling.all_in)
    about("reclaim", desk.handling.reclaim)
    about("empty", desk.handling.confirm_empty)
    button("another", desk.handling.another)
    button("too-small", desk.handling.too_small)
    button("list", desk.handling.leave_door)
    button("sign-out", desk.sign_out)
