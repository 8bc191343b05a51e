"""Every error as a clear answer with a stable code: JSON for machines, a page for people, never a stack trace."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from bopis.errors import BopisError, Unavailable
from bopis.sealing import NotSealedHere
from bopis.web.problems import Misplaced, problem, wants_problem

_WORDS = {
    400: ("bad_request", "This request cannot be understood."),
    403: ("forbidden", "That is not allowed here."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that kind of request."),
    413: ("too_large", "This is larger than we accept."),
    415: ("unsupported_media_type", "Send JSON."),
}


def answer_errors(app: Flask) -> None:
    """Install the handlers."""

    @app.errorhandler(BopisError)
    def ours(told: BopisError) -> Response:
        where = told.where if isinstance(told, Misplaced) else None
        response = answer(told.status, told.code, told.message, where)
        if hasattr(told, "retry_after"):
            response.headers["Retry-After"] = str(told.retry_after)
        elif isinstance(told, Unavailable):
            response.headers["Retry-After"] = "5"
        return response

    @app.errorhandler(HTTPException)
    def http(told: HTTPException) -> Response:
        status = told.code or 500
        code, message = _WORDS.get(status, ("error", "That did not work."))
        response = answer(status, code, message)
        if status == 405 and told.get_response().headers.get("Allow"):
            response.headers["Allow"] = told.get_response().headers["Allow"]
        return response

    @app.errorhandler(NotSealedHere)
    def sealed(told: NotSealedHere) -> Response:
        current_app.logger.error("sealed with none of SECRET_KEYS: %s", told)
        message = "Something stored here cannot be opened with the keys this service runs with. Please try again later."
        return answer(503, "cannot_be_opened", message)

    @app.errorhandler(Exception)
    def unforeseen(told: Exception) -> Response:
        # The type only: a message could quote what must not be logged; the path could hold a shopper's link.
        rule = request.url_rule.rule if request.url_rule else "?"
        current_app.logger.error("%s on %s", type(told).__name__, rule, exc_info=told)
        return answer(500, "internal_error", "Something went wrong on our side. Please try again.")


def answer(status: int, code: str, message: str, where: Mapping[str, str] | None = None) -> Response:
    """An error as the caller reads it: a page where a browser asks for one, JSON otherwise, a developer's its own."""
    if wants_problem():
        response = problem(status, code, message, where)
    elif request.accept_mimetypes.best_match(["application/json", "text/html"], "application/json") == "text/html":
        response = make_response(render_template("error.html", code=code, message=message), status)
    else:
        response = make_response(jsonify(code=code, message=message), status)
    return response
