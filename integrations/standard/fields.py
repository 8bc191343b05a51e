"""What stands in our own schema beside plain texts and numbers, each with what a program's reader is told of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

_ID = validate.Regexp(r"[\x21-\x7e]([\x20-\x7e]{0,98}[\x21-\x7e])?\Z", error="Is 1 to 100 printable ASCII characters.")
# As JSON Schema writes them: an ECMA-262 expression that is searched for, and knows no \Z.
_SHOWN_ID = {"type": ["string", "integer"], "maxLength": 100, "pattern": "^[!-~]([ -~]{0,98}[!-~])?$"}
_SHOWN_MOMENT = {"type": "string", "format": "date-time", "example": "2026-11-22T09:30:00Z"}


class Id(fields.Field[str]):
    """A text, or a whole number of any size, as text."""

    def __init__(self, said: str, **kwargs: Any) -> None:
        super().__init__(metadata={**_SHOWN_ID, "description": said}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str):
            raise ValidationError("Is a text or a whole number.")
        _ID(text)
        return text


class Moment(fields.Field[dt.datetime]):
    """ISO 8601 with its offset from UTC."""

    def __init__(self, said: str, **kwargs: Any) -> None:
        super().__init__(metadata={**_SHOWN_MOMENT, "description": said}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> dt.datetime:
        try:
            moment = dt.datetime.fromisoformat(re.sub(r"(?<=\.\d{6})\d+", "", value))
            if moment.tzinfo is not None:
                return moment.astimezone(dt.UTC)
        except (TypeError, ValueError, OverflowError):
            pass
        raise ValidationError("Is a time with its offset, such as 2026-11-22T09:30:00Z.")


def text(said: str, longest: int = 255) -> fields.String:
    """A text that may be left out."""
    return fields.String(
        load_default="", allow_none=True, validate=validate.Length(max=longest), metadata={"description": said}
    )


def capitals(said: str, length: int, error: str, **kwargs: Any) -> fields.String:
    """So many capital letters; none at all where it may be left out."""
    letters = f"[A-Z]{{{length}}}" if kwargs.get("required") else f"([A-Z]{{{length}}})?"
    return fields.String(
        validate=validate.Regexp(letters + r"\Z", error=error),
        metadata={"description": said, "pattern": f"^{letters}$"},
        **kwargs,
    )


def whole(said: str, most: int, **kwargs: Any) -> fields.Integer:
    """A whole number from 1 on, not one in quotes."""
    return fields.Integer(
        strict=True, validate=validate.Range(1, most), metadata={"description": said} if said else {}, **kwargs
    )


def yes_no(said: str, **kwargs: Any) -> fields.Boolean:
    """True or false, and nothing else that could be taken for it."""
    return fields.Boolean(truthy={True}, falsy={False}, metadata={"description": said}, **kwargs)


def word(said: str, among: tuple[str, ...]) -> fields.String:
    """One of some words; the first, where it is left out."""
    return fields.String(load_default=among[0], validate=validate.OneOf(among), metadata={"description": said})


def part(schema: Any, said: str) -> fields.Nested:
    """Something with fields of its own, which may be left out."""
    return fields.Nested(schema, load_default=None, allow_none=True, metadata={"description": said})


def many(of: fields.Field[Any], said: str, most: int) -> fields.List:
    """A list that must be there."""
    return fields.List(of, required=True, validate=validate.Length(max=most), metadata={"description": said})
