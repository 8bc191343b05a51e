"""The reference page, made from the OpenAPI document alone: what a program reads and what a person reads agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template
from markupsafe import Markup, escape

from bopis.access.scopes import SCOPES
from bopis.web.api_v1.codes import CODES
from bopis.web.api_v1.limits import A_SECOND, AT_ONCE
from bopis.web.api_v1.reading import MOST_ROWS, ROWS

_QUOTED = re.compile("`([^`]+)`")


@dataclass(frozen=True)
class Field:
    """A parameter or a field, in words. `refers` names the shape it is of, if it is of one."""

    name: str
    kind: str
    refers: str
    required: bool
    about: str
    where: str = ""


@dataclass(frozen=True)
class Shown:
    """One operation, in words."""

    name: str
    method: str
    path: str
    summary: str
    about: str
    scope: str
    parameters: list[Field]
    body: list[Field]
    answers: str
    is_list: bool
    refusals: list[tuple[str, list[str]]]
    example: str


def page(document: Mapping[str, Any]) -> str:
    """The page for this document."""
    server = document["servers"][0]["url"]
    shapes = document["components"]["schemas"]
    groups: dict[str, list[Shown]] = {}
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            groups.setdefault(said["tags"][0], []).append(_shown(server, path, method.upper(), said, shapes))
    answers = {name: _fields(schema) for name, schema in shapes.items() if not name.endswith("Asked")}
    return render_template(
        "api/reference.html",
        document=document,
        server=server,
        groups=groups,
        shapes=answers,
        scopes=SCOPES,
        codes=CODES,
        code=_code,
        limits={"rows": ROWS, "most": MOST_ROWS, "at_once": AT_ONCE, "a_second": A_SECOND},
    )


def _shown(server: str, path: str, method: str, said: Mapping[str, Any], shapes: Mapping[str, Any]) -> Shown:
    good = next(answer for status, answer in said["responses"].items() if status.startswith("2"))
    schema = good["content"]["application/json"]["schema"]
    items = schema.get("properties", {}).get("data", {}).get("items")
    asked = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    refused = [(status, answer) for status, answer in said["responses"].items() if status >= "400"]
    return Shown(
        said["operationId"],
        method,
        path,
        said["summary"],
        said["description"],
        said["x-scope"],
        [_field(each["name"], each["schema"], each) for each in said["parameters"]],
        _fields(shapes[_refers(asked)]) if asked else [],
        _refers(items or schema),
        items is not None,
        [(status, _QUOTED.findall(answer["description"])) for status, answer in refused],
        _example(server, path, method, bool(asked)),
    )


def _example(server: str, path: str, method: str, has_body: bool) -> str:
    address = f"{server}{path}".replace("{", "$").replace("}", "")
    lines = [f'curl -H "Authorization: Bearer $BOPIS_KEY" "{address}"']
    if method != "GET":
        lines.append('-X POST -H "Idempotency-Key: $(uuidgen)"')
    if has_body:
        lines.append("-H \"Content-Type: application/json\" -d '{…}'")
    return " \\\n  ".join(lines)


def _fields(schema: Mapping[str, Any]) -> list[Field]:
    required = schema.get("required", ())
    return [_field(name, said, {"required": name in required}) for name, said in schema["properties"].items()]


def _field(name: str, schema: Mapping[str, Any], given: Mapping[str, Any]) -> Field:
    about = given.get("description") or schema.get("description") or ""
    return Field(name, _kind(schema), _refers(schema), bool(given.get("required")), about, given.get("in", ""))


def _kind(schema: Mapping[str, Any]) -> str:
    """`text`, `whole number`, `list of …`, and so on."""
    if "enum" in schema:
        return " · ".join(str(word) for word in schema["enum"] if word not in (None, ""))
    kinds = schema.get("type", "")
    named = [kinds] if isinstance(kinds, str) else list(kinds)
    words = {
        "string": "text",
        "integer": "whole number",
        "boolean": "true or false",
        "array": "list",
        "object": "object",
    }
    said = [" or ".join(words.get(kind, kind) for kind in named if kind != "null")] if kinds else []
    if schema.get("format") == "date-time":
        said = ["instant"]
    elif schema.get("format") == "uuid":
        said = ["id"]
    if "minimum" in schema and "maximum" in schema:
        said.append(f"{schema['minimum']} to {schema['maximum']}")
    inner = schema.get("items", {})
    if inner and not _refers(inner):
        said.append(f"of {_kind(inner)}")
    return " ".join(said)


def _refers(schema: Mapping[str, Any]) -> str:
    """The name of the shape that a schema refers to, or an empty text."""
    several: Iterable[Mapping[str, Any]] = (*schema.get("anyOf", ()), *schema.get("allOf", ()), schema.get("items", {}))
    found = [schema.get("$ref", ""), *(each.get("$ref", "") for each in several)]
    return next((ref.rpartition("/")[2] for ref in found if ref), "")


def _code(text: str) -> Markup:
    """The text, what stands in backticks as code."""
    return Markup(_QUOTED.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped the line's length before
