"""An operator's browser without its screen."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.bopis.web.phone import OWN
from tests.world import PIN


class Operator:
    """Someone signed in, by badge. `page=True` asks as a browser does; otherwise answers are JSON."""

    def __init__(self, app: Flask, badge: str = "A1M") -> None:
        self.client = app.test_client()
        answer = self.client.post("/associate/sign-in", data={"badge": badge, "pin": PIN}, headers=OWN)
        assert answer.status_code == 200, answer.text

    def get(self, path: str, *, page: bool = False) -> TestResponse:
        return self.client.get(f"/ops{path}", headers=_accept(page))

    def post(self, path: str, *, page: bool = False, **form: Any) -> TestResponse:
        return self.client.post(f"/ops{path}", data=form, headers={**OWN, **_accept(page)})

    def reads(self, path: str) -> str:
        """What stands on a page that is expected to be there."""
        answer = self.get(path, page=True)
        assert answer.status_code == 200, answer.text
        return answer.text

    def state(self, path: str = "") -> dict[str, Any]:
        told: dict[str, Any] = self.get(f"{path}/state").get_json()
        return told

    def does(self, path: str, **form: Any) -> None:
        """A deed that is expected to be done."""
        answer = self.post(path, **form)
        assert answer.status_code == 200, answer.text

    def refused(self, path: str, **form: Any) -> tuple[int, str]:
        """A deed that is expected to be refused: status and stable code."""
        answer = self.post(path, **form)
        return answer.status_code, answer.get_json()["code"]


def _accept(page: bool) -> dict[str, str]:
    return {"Accept": "text/html" if page else "application/json"}
