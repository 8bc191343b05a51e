"""The order schema that any shop may speak, documented in docs/standard-orders.md. Unknown fields are ignored."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate, validates_schema

from bopis.ports import Money

EVENTS = ("order.created", "order.updated", "order.cancelled")
STATUSES = ("open", "on_hold", "closed", "cancelled")
METHODS = ("pickup", "other")
_ID = validate.Regexp(r"[\x21-\x7e]([\x20-\x7e]{0,98}[\x21-\x7e])?\Z", error="Is 1 to 100 printable ASCII characters.")
_SOON = dt.timedelta(hours=1)


class Ours(Schema):
    class Meta:
        unknown = EXCLUDE


class Id(fields.Field[str]):
    """A text, or a whole number of any size, as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str):
            raise ValidationError("Is a text or a whole number.")
        _ID(text)
        return text


class Moment(fields.Field[dt.datetime]):
    """ISO 8601 with its offset from UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> dt.datetime:
        try:
            moment = dt.datetime.fromisoformat(re.sub(r"(?<=\.\d{6})\d+", "", value))
            if moment.tzinfo is not None:
                return moment.astimezone(dt.UTC)
        except (TypeError, ValueError, OverflowError):
            pass
        raise ValidationError("Is a time with its offset, such as 2026-11-22T09:30:00Z.")


def _text(longest: int = 255) -> fields.String:
    return fields.String(load_default="", allow_none=True, validate=validate.Length(max=longest))


class Total(Ours):
    amount = fields.String(required=True)
    currency = fields.String(required=True, validate=validate.Regexp("[A-Z]{3}\\Z", error="Is three capital letters."))

    @validates_schema
    def _is_money(self, data: Mapping[str, str], **_: Any) -> None:
        try:
            Money.of(data["amount"], data["currency"])
        except ValueError:
            raise ValidationError("Is a decimal text such as 19.99.", "amount") from None


class Line(Ours):
    id = Id(required=True, metadata={"description": "The shop's id of this line, unique in its order."})
    title = _text(500)
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1, 10_000))
    sku = _text()
    weight_grams = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.Range(1, 1_000_000),
        metadata={"description": "Of one piece."},
    )
    sides_mm = fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, 10_000)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(equal=3),
        metadata={"description": "Height, width and depth of one packed piece, in millimetres."},
    )
    cost = fields.Nested(
        Total,
        load_default=None,
        allow_none=True,
        metadata={"description": "Of all its pieces together, discounts taken off and taxes in it."},
    )


class Location(Ours):
    id = Id(required=True, metadata={"description": "Stable; mapped to a store once."})
    name = _text()


class Unit(Ours):
    id = Id(
        load_default=None,
        allow_none=True,
        metadata={"description": "Unique in the shop. May be left out where the order has one unit: then the order's."},
    )
    method = fields.String(load_default="pickup", validate=validate.OneOf(METHODS))
    status = fields.String(load_default="open", validate=validate.OneOf(STATUSES))
    location = fields.Nested(Location, load_default=None, allow_none=True)
    phone = _text(50)
    email = _text()
    lines = fields.List(fields.Nested(Line), required=True, validate=validate.Length(max=1000))

    @validates_schema
    def _has_a_place(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["method"] == "pickup" and data["location"] is None:
            raise ValidationError("Is needed to pick up.", "location")
        _all_different([line["id"] for line in data["lines"]], "lines", "Two lines have the same id.")


class Customer(Ours):
    first_name = _text()
    phone = _text(50)
    email = _text()
    locale = _text(35)


class Order(Ours):
    id = Id(required=True)
    name = _text(100)
    updated_at = Moment(required=True, metadata={"description": "Of two versions the one changed later counts."})
    paid = fields.Boolean(required=True, truthy={True}, falsy={False})
    pay_later = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    cancelled_at = Moment(load_default=None, allow_none=True)
    country = fields.String(
        load_default="",
        allow_none=True,
        validate=validate.Regexp("([A-Z]{2})?\\Z", error="Is two capital letters (ISO 3166-1)."),
    )
    customer = fields.Nested(Customer, load_default=None, allow_none=True)
    total = fields.Nested(Total, load_default=None, allow_none=True)
    units = fields.List(fields.Nested(Unit), required=True, validate=validate.Length(max=100))

    @validates_schema
    def _units_are_told_apart(self, data: Mapping[str, Any], **_: Any) -> None:
        if len(data["units"]) > 1:
            for number, unit in enumerate(data["units"]):
                if unit["id"] is None:
                    raise ValidationError({"units": {number: {"id": ["Is needed where there are several units."]}}})
        _all_different([unit["id"] for unit in data["units"]], "units", "Two units have the same id.")

    @post_load
    def _filled(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        for unit in data["units"]:
            unit["id"] = unit["id"] or data["id"]
        return {**data, "name": data["name"] or data["id"]}


class Event(Ours):
    type = fields.String(required=True, validate=validate.OneOf(EVENTS))
    data = fields.Nested(Order, required=True)


class Changed(Ours):
    """One of the orders a shop lists as changed."""

    id = Id(required=True)
    updated_at = Moment(required=True)


class ChangedOrders(Ours):
    orders = fields.List(fields.Nested(Changed), required=True)
    next = fields.String(load_default=None, allow_none=True)


class Misfit(Exception):
    """What was sent is not what we document; the text says where and why, and never repeats a value."""


def load(schema: Schema, payload: Any) -> dict[str, Any]:
    """Read a payload, or raise Misfit with every mistake in it, the first ones in full."""
    if not isinstance(payload, dict):
        raise Misfit("the body is not a JSON object")
    try:
        return schema.load(payload)
    except ValidationError as error:
        found = list(mistakes(error.messages))
        more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
        raise Misfit("; ".join(f"{path}: {words}" for path, words in found[:5]) + more) from None


def mistakes(messages: Any, path: str = "") -> list[tuple[str, str]]:
    """(`units[0].lines[1].quantity`, what is wrong there) for each of marshmallow's messages."""
    if isinstance(messages, dict):
        found = []
        for name, inner in messages.items():
            here = f"{path}[{name}]" if isinstance(name, int) else f"{path}.{name}" if path else str(name)
            found += mistakes(inner, path if name == "_schema" else here)
        return found
    return [(path or "the order", str(words)) for words in (messages if isinstance(messages, list) else [messages])]


def is_too_new(order: Mapping[str, Any], now: dt.datetime) -> bool:
    """Whether it says to have been changed in the future: it would outlive every true change until then."""
    return bool(order["updated_at"] > now + _SOON)


def _all_different(ids: list[Any], name: str, words: str) -> None:
    if len(set(ids)) < len(ids):
        raise ValidationError(words, name)
