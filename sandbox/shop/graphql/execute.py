"""Run a checked operation: root fields are functions, below them objects are dictionaries keyed by field name."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.shop.graphql import validate
from sandbox.shop.graphql.parse import Operation, Selected, Variable
from sandbox.shop.graphql.schema import TYPES, bare

Resolver = Callable[[Mapping[str, Any]], Any]


class Failed(Exception):
    """A root field answers with a top-level error instead of a value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def cost_now(operation: Operation, variables: Mapping[str, Any]) -> int:
    """What an operation asks to spend; 0 for one that will be refused anyway."""
    if validate.check(operation, variables):
        return 0
    values = {**operation.defaults, **variables}
    root = "Mutation" if operation.kind == "mutation" else "QueryRoot"
    return validate.cost_of(
        root,
        operation.selection,
        lambda field: {name: _filled(value, values) for name, value in field.arguments.items()},
    )


def run(
    operation: Operation, variables: Mapping[str, Any], resolvers: Mapping[str, Resolver]
) -> tuple[dict[str, Any], int]:
    """The answer's `data` or `errors`, and the requested cost."""
    errors = validate.check(operation, variables)
    if errors:
        return {"errors": errors}, 0
    values = {**operation.defaults, **variables}

    def arguments_of(field: Selected) -> dict[str, Any]:
        return {name: _filled(value, values) for name, value in field.arguments.items()}

    root = "Mutation" if operation.kind == "mutation" else "QueryRoot"
    cost = validate.cost_of(root, operation.selection, arguments_of)
    if cost > validate.LARGEST_COST:
        message = f"Query cost is {cost}, which exceeds the single query max cost limit ({validate.LARGEST_COST})."
        return {"errors": [validate.error("MAX_COST_EXCEEDED", message)]}, cost
    data = {}
    for field in operation.selection:
        try:
            found = resolvers[field.name](arguments_of(field))
            data[field.key] = _shape(TYPES[root][field.name][0], found, field, arguments_of)
        except Failed as failure:
            return {"errors": [validate.error(failure.code, str(failure), [field.key])], "data": None}, cost
    return {"data": data}, cost


def _shape(kind: str, value: Any, field: Selected, arguments_of: Callable[[Selected], Mapping[str, Any]]) -> Any:
    if value is None or bare(kind) not in TYPES:
        return value
    if kind.endswith("Connection!"):
        value = _page(value, arguments_of(field))
    if isinstance(value, list):
        return [_shape(bare(kind), each, field, arguments_of) for each in value]
    return {
        inner.key: _shape(TYPES[bare(kind)][inner.name][0], value[inner.name], inner, arguments_of)
        for inner in field.selection
    }


def _page(values: list[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    first = arguments.get("first") or 0
    if not 1 <= first <= validate.LARGEST_PAGE:
        raise Failed("BAD_REQUEST", f"first must be between 1 and {validate.LARGEST_PAGE}")
    start = _index(arguments.get("after"))
    nodes = values[start : start + first]
    return {
        "nodes": nodes,
        "pageInfo": {
            "hasNextPage": start + first < len(values),
            "hasPreviousPage": start > 0,
            "startCursor": _cursor(start) if nodes else None,
            "endCursor": _cursor(start + len(nodes)) if nodes else None,
        },
    }


def _cursor(index: int) -> str:
    return base64.b64encode(f"after:{index}".encode()).decode()


def _index(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("after:"))
    except (binascii.Error, ValueError):
        raise Failed("BAD_REQUEST", "Invalid cursor for current pagination sort.") from None


def _filled(value: Any, variables: Mapping[str, Any]) -> Any:
    return variables.get(value.name) if isinstance(value, Variable) else value
