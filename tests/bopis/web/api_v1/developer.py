"""A retailer's program, with a key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from bopis import clock
from bopis.access.actions import create
from bopis.access.scopes import SCOPES
from tests.world import World


class Developer:
    """Whoever holds a key of a world's merchant; with every scope unless some are named."""

    def __init__(
        self, app: Flask, world: World, scopes: Iterable[str] = tuple(SCOPES), store_id: str | None = None
    ) -> None:
        self.client = app.test_client()
        with world.database.transaction() as session:
            made = create(
                session, world.merchant_id, "Stock system", scopes, clock.now(), actor="system", store_id=store_id
            )
        self.key, self.text = made.key, made.text
        self.headers = {"Authorization": f"Bearer {self.text}"}

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(f"/api/v1{path}", query_string=query, headers=self.headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/api/v1{path}", json=body, headers={**self.headers, **named})

    def reads(self, path: str, **query: Any) -> Any:
        """What is answered where it is expected to be there."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def listed(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All of a list, page by page."""
        found, more = [], {}
        while True:
            page = self.reads(path, **query, **more)
            found += page["data"]
            if page["next_cursor"] is None:
                return found
            more = {"cursor": page["next_cursor"]}


def refusal(answer: TestResponse) -> tuple[int, str]:
    """Status and stable code of a no, which is always a problem document."""
    assert answer.content_type == "application/problem+json", answer.text
    told = answer.get_json()
    assert told["status"] == answer.status_code and told["detail"]
    return answer.status_code, told["code"]
