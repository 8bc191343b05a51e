"""A GraphQL document with one operation, read into plain values. Fragments are refused, and directives but on a field.

A directive's argument counts as one of its field's, by the name `@directive.argument`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"""[\s,]*(?:\#[^\n]*[\s,]*)*
    (?:(?P<name>[A-Za-z_]\w*)|(?P<variable>\$[A-Za-z_]\w*)|(?P<number>-?\d+(?:\.\d+)?)
    |(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<mark>[{}()\[\]:!=@])|(?P<end>\Z))""",
    re.VERBOSE,
)


class BadDocument(Exception):
    """The document is not GraphQL, or uses a part of it the sandbox does not speak."""


@dataclass(frozen=True)
class Variable:
    name: str


@dataclass(frozen=True)
class Enum:
    name: str


@dataclass(frozen=True)
class Selected:
    """One field as asked for."""

    key: str
    name: str
    arguments: dict[str, Any]
    selection: list[Selected]


@dataclass(frozen=True)
class Operation:
    kind: str
    name: str
    variables: dict[str, str]
    """Declared type by name, written as in the document: `[ID!]!`."""
    defaults: dict[str, Any]
    selection: list[Selected] = field(default_factory=list)


def parse(document: str) -> Operation:
    """Read the one operation. Raises BadDocument."""
    reader = _Reader(document)
    try:
        return reader.operation()
    except RecursionError:
        raise BadDocument("nested too deep") from None


class _Reader:
    def __init__(self, document: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while True:
            found = _TOKEN.match(document, at)
            if not found:
                raise BadDocument(f"syntax error at character {at}")
            kind = str(found.lastgroup)
            self._tokens.append((kind, found[kind]))
            if kind == "end":
                break
            at = found.end()
        self._at = 0

    def operation(self) -> Operation:
        kind = "query"
        name = ""
        variables: dict[str, str] = {}
        defaults: dict[str, Any] = {}
        if self._kind() == "name":
            kind = self._take("name")
            if kind not in ("query", "mutation"):
                raise BadDocument(f"cannot read {kind}")
            if self._kind() == "name":
                name = self._take("name")
            if self._skip("("):
                while not self._skip(")"):
                    self._variable(variables, defaults)
        operation = Operation(kind, name, variables, defaults, self._selection())
        self._take("end")
        return operation

    def _variable(self, variables: dict[str, str], defaults: dict[str, Any]) -> None:
        name = self._take("variable")[1:]
        self._mark(":")
        variables[name] = self._type()
        if self._skip("="):
            defaults[name] = self._value()

    def _type(self) -> str:
        if self._skip("["):
            text = f"[{self._type()}"
            self._mark("]")
            text += "]"
        else:
            text = self._take("name")
        return text + "!" if self._skip("!") else text

    def _selection(self) -> list[Selected]:
        self._mark("{")
        fields = []
        while not self._skip("}"):
            fields.append(self._field())
        if not fields:
            raise BadDocument("an empty selection")
        return fields

    def _field(self) -> Selected:
        key = name = self._take("name")
        if self._skip(":"):
            name = self._take("name")
        arguments = self._arguments()
        while self._skip("@"):
            directive = self._take("name")
            arguments |= {f"@{directive}.{argument}": value for argument, value in self._arguments().items()}
        selection = self._selection() if self._peek("{") else []
        return Selected(key, name, arguments, selection)

    def _arguments(self) -> dict[str, Any]:
        arguments = {}
        if self._skip("("):
            while not self._skip(")"):
                argument = self._take("name")
                self._mark(":")
                arguments[argument] = self._value()
        return arguments

    def _value(self) -> Any:
        kind, text = self._tokens[self._at]
        if kind == "variable":
            return Variable(self._take("variable")[1:])
        if kind == "number":
            return json.loads(self._take("number"))
        if kind == "string":
            return json.loads(self._take("string"))
        if kind == "name":
            self._at += 1
            words = {"true": True, "false": False, "null": None}
            return words[text] if text in words else Enum(text)
        if self._skip("["):
            values = []
            while not self._skip("]"):
                values.append(self._value())
            return values
        self._mark("{")
        members = {}
        while not self._skip("}"):
            name = self._take("name")
            self._mark(":")
            members[name] = self._value()
        return members

    def _kind(self) -> str:
        return self._tokens[self._at][0]

    def _peek(self, mark: str) -> bool:
        return self._tokens[self._at] == ("mark", mark)

    def _skip(self, mark: str) -> bool:
        if self._peek(mark):
            self._at += 1
            return True
        return False

    def _mark(self, mark: str) -> None:
        if not self._skip(mark):
            raise BadDocument(f"expected {mark!r}, found {self._tokens[self._at][1]!r}")

    def _take(self, kind: str) -> str:
        found, text = self._tokens[self._at]
        if found != kind:
            raise BadDocument(f"expected a {kind}, found {text!r}")
        self._at += 1
        return text
