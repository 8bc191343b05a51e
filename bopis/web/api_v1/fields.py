"""What may stand in a request and what an answer consists of. Unknown names are refused, with where they stand."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ID_EXAMPLE = "01934f6e-8a7b-7c3d-9e2f-0123456789ab"


class Asked(Schema):
    """Something a program sends."""

    class Meta:
        unknown = RAISE


class Answer(Schema):
    """Something a program gets: every field is always there."""


class Text(fields.String):
    """Text that every database keeps: no NUL, no half of a surrogate pair."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if not storable(text):
            raise ValidationError("Holds a sign that cannot be kept.")
        return text


class Id(Text):
    """The id of one of our things."""

    def __init__(self, said: str, **kwargs: Any) -> None:
        super().__init__(metadata={**_shown(said, ID_EXAMPLE), "format": "uuid"}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not is_id(text):
            raise ValidationError("Not an id of ours.")
        return text


class Moment(fields.AwareDateTime):
    """An instant in RFC 3339, of a year in which there may be something of ours."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dt.datetime:
        at: dt.datetime = super()._deserialize(value, attr, data, **kwargs)
        if not 2000 <= at.year < 2100:
            raise ValidationError("Not an instant of this century.")
        return at


class Digits(fields.Integer):
    """A whole number as an address carries it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not isinstance(value, str) or not re.fullmatch("[0-9]{1,9}", value):
            raise self.make_error("invalid", input=value)
        return int(value)


def text(said: str, *, example: str | None = None, **kwargs: Any) -> Text:
    """A text field with its description."""
    return Text(metadata=_shown(said, example), **kwargs)


def choice(said: str, among: tuple[str, ...], **kwargs: Any) -> Text:
    """One of some words."""
    return Text(metadata=_shown(said, None), validate=validate.OneOf(among), **kwargs)


def moment(said: str, **kwargs: Any) -> Moment:
    """An instant, in RFC 3339; ours are in UTC."""
    return Moment(format="iso", metadata=_shown(said, "2026-11-22T14:05:00+00:00"), **kwargs)


def whole(said: str, **kwargs: Any) -> fields.Integer:
    """A whole number, not one in quotes."""
    return fields.Integer(strict=True, metadata=_shown(said, None), **kwargs)


def digits(said: str, **kwargs: Any) -> Digits:
    """A whole number among an address's parameters."""
    return Digits(metadata=_shown(said, None), **kwargs)


def part(of: type[Schema], said: str, **kwargs: Any) -> fields.Nested:
    """Something with fields of its own."""
    return fields.Nested(of, metadata=_shown(said, None), **kwargs)


def many(of: type[Schema], said: str) -> fields.List:
    """A list of such things."""
    return fields.List(fields.Nested(of), metadata=_shown(said, None))


def yes_no(said: str, **kwargs: Any) -> fields.Boolean:
    """True or false."""
    return fields.Boolean(metadata=_shown(said, None), **kwargs)


def is_id(value: str) -> bool:
    """Whether one of our ids may look like this."""
    return _ID.fullmatch(value) is not None


def storable(value: str) -> bool:
    """Whether both databases take this text."""
    return "\x00" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _shown(said: str, example: str | None) -> dict[str, Any]:
    return {"description": said} | ({"example": example} if example else {})
