"""What of a shop's payloads we read, and nothing else: unknown fields are ignored, missing ones are named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import Schema, ValidationError, fields

from bopis.errors import PermanentFailure
from integrations.payloads import Id, Vendor, utc


class Utc(fields.Field[dt.datetime]):
    """A time such as `2026-11-22 09:30:00`, which names no zone and means UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> dt.datetime:
        return utc(value)


class Number(fields.Field[Decimal]):
    """A quantity or an amount, which Magento writes as a number with up to four decimals, and sometimes as a text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Decimal:
        try:
            read = Decimal(str(value))
        except InvalidOperation:
            raise ValidationError("Not a number.") from None
        if isinstance(value, bool) or not read.is_finite() or abs(read) >= 10**12:
            raise ValidationError("Not a number.")
        return read


def _number() -> Number:
    return Number(load_default=None, allow_none=True)


def _text() -> fields.String:
    return fields.String(load_default="", allow_none=True)


def _flag() -> fields.Boolean:
    return fields.Boolean(load_default=False, allow_none=True)


class Address(Vendor):
    first_name = fields.String(load_default="", allow_none=True, data_key="firstname")
    country = fields.String(load_default="", allow_none=True, data_key="country_id")
    email = _text()
    phone = fields.String(load_default="", allow_none=True, data_key="telephone")


class Payment(Vendor):
    method = _text()


class Item(Vendor):
    id = Id(required=True, data_key="item_id")
    parent_id = Id(load_default=None, allow_none=True, data_key="parent_item_id")
    kind = fields.String(load_default="", allow_none=True, data_key="product_type")
    is_virtual = _flag()
    name = _text()
    sku = _text()
    ordered = Number(required=True, data_key="qty_ordered")
    cancelled = Number(load_default=None, allow_none=True, data_key="qty_canceled")
    refunded = Number(load_default=None, allow_none=True, data_key="qty_refunded")
    shipped = Number(load_default=None, allow_none=True, data_key="qty_shipped")
    weight = _number()
    row_total = _number()
    tax_amount = _number()
    discount_amount = _number()
    discount_tax_compensation_amount = _number()


class Shipping(Vendor):
    method = _text()


class Assignment(Vendor):
    shipping = fields.Nested(Shipping, load_default=dict)


class Extensions(Vendor):
    pickup_location_code = _text()
    notification_sent = _flag()
    send_notification = _flag()
    assignments = fields.List(fields.Nested(Assignment), load_default=list, data_key="shipping_assignments")


class Comment(Vendor):
    comment = _text()


class Order(Vendor):
    id = Id(required=True, data_key="entity_id")
    number = fields.String(load_default="", allow_none=True, data_key="increment_id")
    state = fields.String(required=True)
    status = fields.String(required=True)
    updated_at = Utc(required=True)
    currency = fields.String(required=True, data_key="order_currency_code")
    grand_total = Number(required=True)
    due = Number(load_default=None, allow_none=True, data_key="total_due")
    paid = Number(load_default=None, allow_none=True, data_key="total_paid")
    refunded = Number(load_default=None, allow_none=True, data_key="total_refunded")
    cancelled = Number(load_default=None, allow_none=True, data_key="total_canceled")
    first_name = fields.String(load_default="", allow_none=True, data_key="customer_firstname")
    email = fields.String(load_default="", allow_none=True, data_key="customer_email")
    billing = fields.Nested(Address, load_default=dict, allow_none=True, data_key="billing_address")
    payment = fields.Nested(Payment, load_default=dict, allow_none=True)
    items = fields.List(fields.Nested(Item), required=True)
    comments = fields.List(fields.Nested(Comment), load_default=list, allow_none=True, data_key="status_histories")
    more = fields.Nested(Extensions, load_default=dict, data_key="extension_attributes")


class ChangedOrder(Vendor):
    id = Id(required=True, data_key="entity_id")
    updated_at = Utc(required=True)


class PickupLocation(Vendor):
    code = fields.String(required=True, data_key="pickup_location_code")
    name = _text()


class SourceItem(Vendor):
    sku = fields.String(required=True)
    quantity = Number(required=True)


class Notified(Vendor):
    is_done = fields.Boolean(required=True, data_key="successful")
    failed = fields.List(Id(), load_default=list, allow_none=True)


class Subscribed(Vendor):
    name = fields.String(required=True)


def read(schema: Schema, payload: Any, name: str) -> dict[str, Any]:
    """Read a part of an answer. Raises PermanentFailure with the dotted path of what is wrong, never a value."""
    if not isinstance(payload, dict):
        raise PermanentFailure("unexpected_answer", f"the shop's {name} is not an object")
    try:
        return schema.load(payload)
    except ValidationError as error:
        path = ".".join([name, *_path(error.messages)])
        raise PermanentFailure("unexpected_answer", f"the shop's answer lacks {path}") from None


def read_items(schema: Schema, payload: Any, name: str) -> list[dict[str, Any]]:
    """Read the `items` of a list. Raises as `read`."""
    items = payload.get("items") if isinstance(payload, dict) else None
    if items is None and isinstance(payload, dict) and payload.get("total_count") == 0:
        return []
    if not isinstance(items, list):
        raise PermanentFailure("unexpected_answer", f"the shop's list of {name} is none")
    return [read(schema, each, name) for each in items]


def _path(messages: Any) -> list[str]:
    names = []
    while isinstance(messages, dict) and messages:
        name, messages = next(iter(messages.items()))
        names.append(str(name))
    return names
