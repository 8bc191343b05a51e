"""What the API can be asked, each said once: its address, scope, what it takes, what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema

from bopis.access.models import ApiKey


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked. `path` is Flask's, below the API's own address."""

    name: str
    method: str
    path: str
    scope: str
    summary: str
    answer: type[Schema]
    """Of one thing; a list answers with many of it."""
    about: str = ""
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    is_list: bool = False
    status: int = 200
    problems: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """What it may answer beside what every operation of its kind may: status → codes."""

    @property
    def is_deed(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"

    @property
    def names_one(self) -> bool:
        """Whether its address names one thing."""
        return "<" in self.path

    def refusals(self) -> dict[int, tuple[str, ...]]:
        """Every status that says no, with its codes."""
        found: dict[int, tuple[str, ...]] = {
            400: ("bad_parameter", *(("bad_cursor",) if self.is_list and self.query else ())),
            401: ("not_signed_in",),
            403: ("missing_scope",),
            429: ("too_many_requests",),
            500: ("internal_error",),
            503: ("database_unavailable",),
        }
        if self.names_one:
            found[404] = ("not_found",)
        if self.is_deed:
            found[400] = ("bad_parameter", "bad_json", "bad_field", "bad_idempotency_key")
            found[409] = ("idempotency_key_in_use",)
            found[413] = ("too_large",)
            found[415] = ("unsupported_media_type",)
            found[422] = ("idempotency_key_reused",)
        for status, codes in self.problems.items():
            found[status] = (*found.get(status, ()), *codes)
        return dict(sorted(found.items()))


@dataclass(frozen=True)
class Call:
    """What was asked, by whom, checked."""

    key: ApiKey
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]

    @property
    def actor(self) -> str:
        """Whoever asks, as the timeline names them."""
        return f"api:{self.key.id}"


@dataclass(frozen=True)
class Page:
    """One page of a list; `after` leads to the next, None on the last."""

    rows: list[Any]
    after: str | None
