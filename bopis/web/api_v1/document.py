"""The OpenAPI 3.1 document, made from the same operations and schemas that requests are checked with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from bopis.access.scopes import SCOPES
from bopis.web.api_v1.fields import ID_EXAMPLE, Answer, Asked
from bopis.web.api_v1.operations import Operation
from bopis.web.problems import API

VERSION = "1.0.0"
_ABOUT = (
    "Stores, lockers and pickups for a retailer's own programs. Every request carries a key: "
    "`Authorization: Bearer bopis_…`."
)
_PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Leads to what this page says of the code."},
        "title": {"type": "string", "description": "What the status is called."},
        "status": {"type": "integer", "description": "The same as the answer's own."},
        "code": {"type": "string", "description": "Stable: decide by this."},
        "detail": {"type": "string", "description": "For people; may be worded differently one day."},
        "errors": {
            "type": "array",
            "description": "Where what was sent is wrong: a JSON pointer, or the name of a parameter or header.",
            "items": {
                "type": "object",
                "required": ["at", "detail"],
                "properties": {
                    "at": {"type": "string", "description": "The place."},
                    "detail": {"type": "string", "description": "What is wrong with it, for people."},
                },
            },
        },
    },
}
_PLACES = re.compile("<([a-z_]+)>")


def document(operations: Iterable[Operation], public_url: str) -> dict[str, Any]:
    """The whole document, as JSON has it."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name)
    spec = APISpec(
        "Pickup lockers",
        VERSION,
        "3.1.0",
        plugins=[plugin],
        info={"description": _ABOUT},
        servers=[{"url": f"{public_url}{API}"}],
        security=[{"key": []}],
        tags=[{"name": name} for name in dict.fromkeys(_tag(each) for each in operations)],
    )
    shown = ", ".join(f"`{scope}`" for scope in SCOPES)
    spec.components.security_scheme(
        "key", {"type": "http", "scheme": "bearer", "description": f"A key with scopes, of {shown}."}
    )
    spec.components.schema("Problem", _PROBLEM)
    for each in operations:
        path = _PLACES.sub(r"{\1}", each.path)
        spec.path(path, operations={each.method.lower(): _operation(each, plugin)})
    written = spec.to_dict()
    _settle(written)
    return written


def _operation(each: Operation, plugin: MarshmallowPlugin) -> dict[str, Any]:
    parameters = [_place(name) for name in _PLACES.findall(each.path)]
    if each.query:
        assert plugin.converter is not None
        parameters += plugin.converter.schema2parameters(each.query(), location="query")
    parameters.append(_IDEMPOTENCY_KEY if each.is_deed else _IF_NONE_MATCH)
    said: dict[str, Any] = {
        "operationId": each.name,
        "summary": each.summary,
        "description": f"{each.about} Takes the scope `{each.scope}`.".strip(),
        "tags": [_tag(each)],
        "x-scope": each.scope,
        "parameters": parameters,
        "responses": _responses(each),
    }
    if each.body:
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": each.body}}}
    return said


def _place(name: str) -> dict[str, Any]:
    said = f"The {name.removesuffix('_id')}’s id."
    schema = {"type": "string", "format": "uuid", "example": ID_EXAMPLE}
    return {"name": name, "in": "path", "required": True, "description": said, "schema": schema}


_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Made up by you for this one deed, such as a UUID: asked again with it, it is not done again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of an answer you have: what has not changed since is not sent again.",
    "schema": {"type": "string"},
}


def _responses(each: Operation) -> dict[str, Any]:
    good: Any = each.answer
    if each.is_list:
        good = {
            "type": "object",
            "required": ["data", "next_cursor"],
            "properties": {
                "data": {"type": "array", "items": each.answer, "description": "One page of them."},
                "next_cursor": {"type": ["string", "null"], "description": "For the next page; null on the last."},
            },
        }
    found: dict[str, Any] = {
        str(each.status): {
            "description": HTTPStatus(each.status).phrase,
            "content": {"application/json": {"schema": good}},
        }
    }
    if not each.is_deed:
        found["304"] = {"description": "What you have is still so."}
    for status, codes in each.refusals().items():
        found[str(status)] = {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{code}`' for code in codes)}",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return found


def _settle(written: dict[str, Any]) -> None:
    """What answers promise: every field is there."""
    answers = {_name(each) for each in _all(Answer)}
    for name, schema in written["components"]["schemas"].items():
        if name in answers:
            schema["required"] = list(schema["properties"])


def _all(of: type[Schema]) -> Iterable[type[Schema]]:
    for each in of.__subclasses__():
        yield each
        yield from _all(each)


def _name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    # What is sent in a vendor's words may be called as an answer of ours is.
    own = issubclass(kind, Answer | Asked)
    return str(kind.__name__).removesuffix("Answer") if own else f"Sent{kind.__name__}"


def _tag(each: Operation) -> str:
    return each.path.split("/")[1]
