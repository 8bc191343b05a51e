"""Requests checked at the border: parameters, bodies, cursors."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError
from werkzeug.datastructures import MultiDict

from bopis.errors import Invalid
from bopis.web.api_v1.fields import storable
from bopis.web.problems import Misplaced, WrongType

ROWS, MOST_ROWS = 50, 200
"""Of one page: usually, and at most."""
_LONGEST_CURSOR = 200


def query(schema: Schema) -> dict[str, Any]:
    """The address's parameters. Raises Misplaced, which names each that is wrong."""
    given: MultiDict[str, str] = request.args
    twice = [name for name in given if len(given.getlist(name)) > 1]
    if twice:
        raise Misplaced("bad_parameter", "A parameter stands here twice.", {twice[0]: "Give it once."})
    return _load(schema, given.to_dict(), "bad_parameter", "A parameter is not accepted.", "")


def body(schema: Schema) -> dict[str, Any]:
    """The JSON body. Raises WrongType, Invalid, or Misplaced with a JSON pointer to each field that is wrong."""
    if request.mimetype != "application/json":
        raise WrongType("unsupported_media_type", "Send JSON, with Content-Type: application/json.")
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise Invalid("bad_json", "Send a JSON object.")
    odd = next(_unstorable(given), None)
    if odd is not None:
        raise Misplaced("bad_field", "A field is not accepted.", {odd: "Holds a sign that cannot be kept."})
    return _load(schema, given, "bad_field", "A field is not accepted.", "/")


def _unstorable(value: Any, at: str = "") -> Iterator[str]:
    """The JSON pointer of each text that no database of ours takes."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, under in inside:
        yield from _unstorable(under, f"{at}/{_step(name)}")
    if isinstance(value, str) and not storable(value):
        yield at


def _load(schema: Schema, given: Any, code: str, message: str, start: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as problem:
        raise Misplaced(code, message, dict(_places(problem.messages, start))) from None
    return loaded


def _places(messages: Any, at: str) -> Iterator[tuple[str, str]]:
    """Each place and what is wrong there; a JSON pointer (RFC 6901) if `at` begins one."""
    if isinstance(messages, dict):
        for name, under in messages.items():
            step = "" if name == "_schema" else _step(name)
            yield from _places(under, f"{at}/{step}" if at not in ("", "/") and step else f"{at}{step}")
    else:
        yield at, str(messages[0] if isinstance(messages, list) and messages else messages)


def _step(name: object) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")


def cursor_of(text: str) -> str:
    """A key as the next page's address carries it."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(written: str | None) -> str:
    """The key that a page starts behind; empty for the first page. Raises Misplaced."""
    if not written:
        return ""
    try:
        padded = written[:_LONGEST_CURSOR] + "=" * (-len(written[:_LONGEST_CURSOR]) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not text or not storable(text):
        raise bad_cursor()
    return text


def bad_cursor() -> Misplaced:
    """For a cursor that we did not write."""
    return Misplaced("bad_cursor", "This cursor is none of ours. Begin without one.", {"cursor": "Not a cursor."})
