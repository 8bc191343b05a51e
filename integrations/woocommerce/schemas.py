"""What of a shop's payloads we read, and nothing else: unknown fields are ignored, missing ones are named."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields

from bopis.errors import PermanentFailure
from integrations.payloads import Id, Vendor, utc


class Gmt(fields.Field[dt.datetime | None]):
    """A time of a field that ends in `_gmt`: it names no zone and means UTC. WordPress' year 0 is none."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dt.datetime | None:
        if str(value).startswith(("0000", "-")):
            return None
        return utc(value)


class Pieces(fields.Field[int]):
    """A quantity; plugins sell half metres, which take the room of one."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise ValidationError("Not a quantity.") from None
        if not abs(number) < 1_000_000:
            raise ValidationError("Not a quantity.")
        return math.ceil(number) if number >= 0 else math.floor(number)


def _text() -> fields.String:
    return fields.String(load_default="", allow_none=True)


class Entry(Vendor):
    key = fields.String(required=True)
    value = fields.Raw(load_default=None, allow_none=True)


def _metas() -> fields.List:
    return fields.List(fields.Nested(Entry), load_default=list)


class Address(Vendor):
    first_name = _text()
    country = _text()
    email = _text()
    phone = _text()


class OrderLine(Vendor):
    id = Id(required=True)
    name = _text()
    quantity = Pieces(required=True)
    sku = _text()
    total = fields.String(load_default="", allow_none=True)
    total_tax = fields.String(load_default="", allow_none=True)
    product_id = fields.Integer(load_default=0, allow_none=True)
    variation_id = fields.Integer(load_default=0, allow_none=True)


class ShippingLine(Vendor):
    id = Id(required=True)
    method_id = _text()
    method_title = _text()
    instance_id = fields.Raw(load_default="", allow_none=True)
    meta_data = _metas()


class RefundTotal(Vendor):
    total = fields.String(required=True)


class Order(Vendor):
    id = Id(required=True)
    number = _text()
    status = fields.String(required=True)
    currency = fields.String(required=True)
    modified = Gmt(load_default=None, allow_none=True, data_key="date_modified_gmt")
    created = Gmt(load_default=None, allow_none=True, data_key="date_created_gmt")
    paid = Gmt(load_default=None, allow_none=True, data_key="date_paid_gmt")
    total = fields.String(required=True)
    method = fields.String(load_default="", allow_none=True, data_key="payment_method")
    billing = fields.Nested(Address, load_default=dict)
    shipping = fields.Nested(Address, load_default=dict)
    lines = fields.List(fields.Nested(OrderLine), required=True, data_key="line_items")
    shipping_lines = fields.List(fields.Nested(ShippingLine), required=True)
    refunds = fields.List(fields.Nested(RefundTotal), load_default=list)
    meta_data = _metas()


class RefundedLine(Vendor):
    quantity = Pieces(load_default=0)
    product_id = fields.Integer(load_default=0, allow_none=True)
    variation_id = fields.Integer(load_default=0, allow_none=True)
    meta_data = _metas()


class Refund(Vendor):
    id = Id(required=True)
    reason = _text()
    lines = fields.List(fields.Nested(RefundedLine), load_default=list, data_key="line_items")


class ChangedOrder(Vendor):
    id = Id(required=True)
    modified = Gmt(load_default=None, allow_none=True, data_key="date_modified_gmt")


class Dimensions(Vendor):
    length = _text()
    width = _text()
    height = _text()


class Product(Vendor):
    id = Id(required=True)
    weight = _text()
    dimensions = fields.Nested(Dimensions, load_default=None, allow_none=True)


class Zone(Vendor):
    id = fields.Integer(required=True)
    """0 is "everywhere else"."""


class ZoneMethod(Vendor):
    instance_id = Id(required=True)
    title = _text()
    method_id = fields.String(required=True)
    enabled = fields.Boolean(required=True)


class Note(Vendor):
    note = fields.String(required=True)


class Webhook(Vendor):
    id = Id(required=True)
    name = _text()
    status = fields.String(required=True)
    topic = fields.String(required=True)
    url = fields.String(load_default="", allow_none=True, data_key="delivery_url")


class NewKey(Vendor):
    consumer_key = fields.String(required=True)
    consumer_secret = fields.String(required=True)
    permissions = fields.String(required=True, data_key="key_permissions")


def read(schema: Schema, payload: Any, name: str) -> dict[str, Any]:
    """Read a part of an answer. Raises PermanentFailure with the dotted path of what is wrong, never a value."""
    if not isinstance(payload, dict):
        raise PermanentFailure("unexpected_answer", f"the shop's {name} is not an object")
    try:
        return schema.load(payload)
    except ValidationError as error:
        path = ".".join([name, *_path(error.messages)])
        raise PermanentFailure("unexpected_answer", f"the shop's answer lacks {path}") from None


def _path(messages: Any) -> list[str]:
    names = []
    while isinstance(messages, dict) and messages:
        name, messages = next(iter(messages.items()))
        names.append(str(name))
    return names
