"""An associate's phone without its screen: the same requests, answered in JSON or as a page."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.bopis.web.lockers import DIGITS, Lockers
from tests.world import PIN

OWN = {"Sec-Fetch-Site": "same-origin"}


class Phone:
    """One device. `page=True` asks as a browser does; otherwise answers are JSON."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(self, path: str, *, page: bool = False) -> TestResponse:
        return self.client.get(f"/associate{path}", headers=_accept(page))

    def post(
        self, path: str, *, page: bool = False, headers: dict[str, str] | None = None, **form: Any
    ) -> TestResponse:
        sent = {**(OWN if headers is None else headers), **_accept(page)}
        return self.client.post(f"/associate{path}", data=form, headers=sent)

    def sign_in(self, badge: str = "A1", pin: str = PIN, **more: Any) -> TestResponse:
        return self.post("/sign-in", badge=badge, pin=pin, **more)

    def signed_in(self, badge: str = "A1") -> Phone:
        assert self.sign_in(badge).status_code == 200
        return self

    def at(self, lockers: Lockers) -> Phone:
        """Present: the digits on the screen typed in."""
        with lockers.asked_for_digits():
            answer = self.post("/presence", code=DIGITS)
        assert answer.status_code == 200, answer.text
        return self

    def state(self, pickup_id: str) -> dict[str, Any]:
        told: dict[str, Any] = self.get(f"/pickups/{pickup_id}/state").get_json()
        return told

    def do(self, pickup_id: str, deed: str, **form: Any) -> dict[str, Any]:
        """A deed that is expected to be done; what the pickup's state is after it."""
        answer = self.post(f"/pickups/{pickup_id}/{deed}", **form)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.get_json()
        return told

    def refused(self, pickup_id: str, deed: str, **form: Any) -> str:
        """A deed that is expected to be refused; the stable code."""
        answer = self.post(f"/pickups/{pickup_id}/{deed}", **form)
        assert answer.status_code == 409, answer.text
        code: str = answer.get_json()["code"]
        return code


def _accept(page: bool) -> dict[str, str]:
    return {"Accept": "text/html" if page else "application/json"}
