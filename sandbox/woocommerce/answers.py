"""What the API answers, and how WordPress words a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    payload: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    warns: bool = False
    """PHP has something to say before it."""


class WpError(Exception):
    """A refusal, with WordPress' own code."""

    def __init__(self, status: int, code: str, message: str, **data: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.data = status, code, message, data

    def body(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "data": {"status": self.status, **self.data}}


def invalid(name: str, words: str) -> WpError:
    """A parameter the schema does not allow."""
    return WpError(400, "rest_invalid_param", f"Invalid parameter(s): {name}", params={name: words})
