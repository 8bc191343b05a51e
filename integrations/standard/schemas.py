"""The order schema that any shop may speak, documented in docs/standard-orders.md. Unknown fields are ignored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate, validates_schema

from bopis.ports import Money
from integrations.standard.fields import Id, Moment, capitals, many, part, text, whole, word, yes_no

EVENTS = ("order.created", "order.updated", "order.cancelled")
STATUSES = ("open", "on_hold", "closed", "cancelled")
METHODS = ("pickup", "other")
_SOON = dt.timedelta(hours=1)


class Ours(Schema):
    class Meta:
        unknown = EXCLUDE


class Total(Ours):
    amount = fields.String(required=True, metadata={"description": "A decimal text.", "example": "42.50"})
    currency = capitals("ISO 4217.", 3, "Is three capital letters.", required=True)

    @validates_schema
    def _is_money(self, data: Mapping[str, str], **_: Any) -> None:
        try:
            Money.of(data["amount"], data["currency"])
        except ValueError:
            raise ValidationError("Is a decimal text such as 19.99.", "amount") from None


class Line(Ours):
    id = Id("The shop's id of this line, unique in its order.", required=True)
    title = text("What people call it.", 500)
    quantity = whole("How many pieces.", 10_000, required=True)
    sku = text("The shop's number of the article: by it sizes are known.")
    weight_grams = whole("Of one piece.", 1_000_000, load_default=None, allow_none=True)
    sides_mm = fields.List(
        whole("", 10_000),
        load_default=None,
        allow_none=True,
        validate=validate.Length(equal=3),
        metadata={"description": "Height, width and depth of one packed piece, in millimetres."},
    )
    cost = part(Total, "Of all its pieces together, discounts taken off and taxes in it.")


class Location(Ours):
    id = Id("Stable; mapped to a store once.", required=True)
    name = text("What people see.")


class Unit(Ours):
    id = Id(
        "Unique in the shop. May be left out where the order has one unit: then the order's.",
        load_default=None,
        allow_none=True,
    )
    method = word("What is not picked up is not ours.", METHODS)
    status = word("`closed`: nothing is left to hand over.", STATUSES)
    location = part(Location, "Where it is picked up; needed for that.")
    phone = text("Of whoever picks up, where that is not whoever ordered.", 50)
    email = text("Likewise.")
    lines = many(fields.Nested(Line), "What is in it.", 1000)

    @validates_schema
    def _has_a_place(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["method"] == "pickup" and data["location"] is None:
            raise ValidationError("Is needed to pick up.", "location")
        _all_different([line["id"] for line in data["lines"]], "lines", "Two lines have the same id.")


class Customer(Ours):
    first_name = text("How messages greet.")
    phone = text("For the message with the code: with +, or as the order's country writes it.", 50)
    email = text("For where no text reaches.")
    locale = text("The language of messages, such as `en`.", 35)


class Order(Ours):
    id = Id("The shop's own; never used again.", required=True)
    name = text("What people call it; the `id` if left out.", 100)
    updated_at = Moment("When the order changed. Of two versions the one changed later counts.", required=True)
    paid = yes_no("Goods of an unpaid order wait.", required=True)
    pay_later = yes_no("It is to be paid when it is picked up.", load_default=False)
    cancelled_at = Moment("When it was called off; null while it was not.", load_default=None, allow_none=True)
    country = capitals(
        "ISO 3166-1; reads phone numbers that do not begin with +.",
        2,
        "Is two capital letters (ISO 3166-1).",
        load_default="",
        allow_none=True,
    )
    customer = part(Customer, "Whoever ordered; staff are asked to reach those without phone and e-mail.")
    total = part(Total, "What the order costs now.")
    units = many(fields.Nested(Unit), "What one store hands over at a time is a unit.", 100)

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

    id = Id("The order's.", required=True)
    updated_at = Moment("When it changed last.", required=True)


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


def changed_at(order: Mapping[str, Any]) -> dt.datetime | None:
    """When it changed, of an order that is not read whole; None if it does not say so."""
    try:
        moment: dt.datetime = Changed(only=("updated_at",)).load({"updated_at": order.get("updated_at")})["updated_at"]
    except ValidationError:
        return None
    return moment


def _all_different(ids: list[Any], name: str, words: str) -> None:
    if len(set(ids)) < len(ids):
        raise ValidationError(words, name)
