"""What Shopify would say about a document and its variables before doing anything. An empty list is a yes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.shop.graphql.parse import Enum, Operation, Selected, Variable
from sandbox.shop.graphql.schema import INPUTS, TYPES, bare

LARGEST_PAGE = 250
LARGEST_COST = 1000
_LEAVES: dict[str, tuple[type, ...]] = {
    "ID": (str, int),
    "String": (str,),
    "Int": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
    "URL": (str,),
}

Error = dict[str, Any]


def error(code: str, message: str, path: list[str] | None = None) -> Error:
    """One of GraphQL's top-level errors, shaped as Shopify shapes it."""
    found: Error = {"message": message, "extensions": {"code": code}}
    return {**found, "path": path} if path else found


def check(operation: Operation, variables: Mapping[str, Any]) -> list[Error]:
    """Fields, arguments, variables and their values against the schema."""
    checker = _Checker(operation)
    root = "Mutation" if operation.kind == "mutation" else "QueryRoot"
    checker.selection(root, operation.selection, [f"{operation.kind} {operation.name}".strip()])
    for name in operation.variables.keys() - checker.used:
        checker.errors.append(error("variableNotUsed", f"Variable ${name} is declared but not used"))
    if checker.errors:
        return checker.errors
    errors = []
    for name, kind in operation.variables.items():
        if name not in variables and (name in operation.defaults or not kind.endswith("!")):
            continue
        problem = misfit(variables.get(name), kind)
        if problem:
            errors.append(
                error("INVALID_VARIABLE", f"Variable ${name} of type {kind} was provided invalid value{problem}")
            )
    return errors


def misfit(value: Any, kind: str) -> str:
    """Why a value is not of a type, beginning with a blank; "" when it is."""
    if value is None:
        return " (Expected value to not be null)" if kind.endswith("!") else ""
    kind = kind.removesuffix("!")
    if kind.startswith("["):
        values = value if isinstance(value, list) else [value]
        return next((problem for each in values if (problem := misfit(each, kind[1:-1]))), "")
    if kind in INPUTS:
        return _input_misfit(value, kind)
    expected = _LEAVES.get(kind, (str, Enum))
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        return f" (Could not coerce value to {kind})"
    return ""


def cost_of(kind: str, selection: list[Selected], arguments_of: Any) -> int:
    """Requested cost: a leaf 0, an object 1, a connection as many objects as asked for, a mutation 10."""
    total = 0
    for field in selection:
        inner = TYPES[kind][field.name][0]
        if bare(inner) not in TYPES:
            continue
        below = cost_of(bare(inner), field.selection, arguments_of)
        if kind == "Mutation":
            total += 10 + below
        elif inner.endswith("Connection!"):
            total += 2 + int(arguments_of(field).get("first") or 50) * max(below, 1)
        elif bare(kind).endswith("Connection"):
            total += below + (1 if field.name == "nodes" else 0)
        else:
            total += 1 + below
    return total


def _input_misfit(value: Any, kind: str) -> str:
    if not isinstance(value, dict):
        return f" (Expected {value!r} to be a key-value object)"
    for name in value:
        if name not in INPUTS[kind]:
            return f" for {name} (Field is not defined on {kind})"
    for name, inner in INPUTS[kind].items():
        problem = misfit(value.get(name), inner)
        if problem:
            return f" for {name}{problem}"
    return ""


class _Checker:
    def __init__(self, operation: Operation) -> None:
        self.errors: list[Error] = []
        self.used: set[str] = set()
        self._declared = operation.variables

    def selection(self, kind: str, selection: list[Selected], path: list[str]) -> None:
        for field in selection:
            here = [*path, field.key]
            if field.name not in TYPES[kind]:
                self._say("undefinedField", f"Field '{field.name}' doesn't exist on type '{kind}'", here)
                continue
            inner, arguments = TYPES[kind][field.name]
            self._arguments(field, arguments, here)
            if bare(inner) not in TYPES and field.selection:
                self._say("selectionMismatch", f"Selections can't be made on scalars (field '{field.name}')", here)
            elif bare(inner) in TYPES and not field.selection:
                self._say("selectionMismatch", f"Field must have selections (field '{field.name}')", here)
            elif field.selection:
                self.selection(bare(inner), field.selection, here)

    def _arguments(self, field: Selected, known: Mapping[str, str], path: list[str]) -> None:
        for name, value in field.arguments.items():
            if name not in known:
                self._say("argumentNotAccepted", f"Field '{field.name}' doesn't accept argument '{name}'", path)
            else:
                self._argument(name, value, known[name], path)
        for name, kind in known.items():
            if kind.endswith("!") and name not in field.arguments:
                self._say(
                    "missingRequiredArguments", f"Field '{field.name}' is missing required arguments: {name}", path
                )
        if "first" in known and not {"first", "last"} & field.arguments.keys():
            self._say("BAD_REQUEST", "you must provide one of first or last", path)

    def _argument(self, name: str, value: Any, kind: str, path: list[str]) -> None:
        if isinstance(value, Variable):
            self.used.add(value.name)
            declared = self._declared.get(value.name)
            if declared is None:
                self._say("variableNotDefined", f"Variable ${value.name} is used but not declared", path)
            elif declared != kind and declared.removesuffix("!") != kind:
                self._say(
                    "variableMismatch",
                    f"Type mismatch on variable ${value.name} and argument {name} ({declared} / {kind})",
                    path,
                )
            return
        problem = misfit(value, kind)
        if problem:
            self._say("argumentLiteralsIncompatible", f"Argument '{name}' has an invalid value{problem}", path)

    def _say(self, code: str, message: str, path: list[str]) -> None:
        self.errors.append(error(code, message, path))
