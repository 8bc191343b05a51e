"""Errors as programs read them: RFC 9457, with our stable `code` and, for what was sent, where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from flask import Response, json, request

from bopis.errors import Invalid

API = "/api/v1"
_MOST_PLACES = 20


class Misplaced(Invalid):
    """What was sent is wrong in one place or more: JSON pointer, or a parameter's name, → what is wrong there."""

    def __init__(self, code: str, message: str, where: Mapping[str, str]) -> None:
        super().__init__(code, message)
        self.where = where


class WrongType(Invalid):
    """What was sent is not written as it must be (415)."""

    status = 415


def wants_problem() -> bool:
    """Whether a program of a developer's asks, at whatever address under the API."""
    return request.path == API or request.path.startswith(f"{API}/")


def problem(status: int, code: str, message: str, where: Mapping[str, str] | None = None) -> Response:
    """The answer; `type` leads to what our own pages say of the code."""
    body: dict[str, object] = {
        "type": f"{API}/#problem-{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": message,
    }
    if where:
        body["errors"] = [{"at": at, "detail": said} for at, said in list(where.items())[:_MOST_PLACES]]
    response = Response(json.dumps(body), status, content_type="application/problem+json")
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="bopis"'
    return response
