"""What of BigCommerce's payloads we read, and nothing else: unknown fields are ignored, missing ones are named."""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields

from bopis.errors import PermanentFailure
from integrations.payloads import Id, Vendor, digits


class IdIfAny(fields.Field[str]):
    """What `digits` reads, or "": BigCommerce writes none as null, 0 or "0"."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return digits(value) or ""


class Moment(fields.Field[dt.datetime]):
    """RFC 2822, as V2 writes a time, always in UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> dt.datetime:
        try:
            moment = email.utils.parsedate_to_datetime(value)
        except (TypeError, ValueError):
            raise ValidationError("Not a time.") from None
        return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


class Amount(fields.Field[str]):
    """A decimal text; some stores send a number."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ValidationError("Not an amount.")
        return str(value)


def _text() -> fields.String:
    return fields.String(load_default="", allow_none=True)


class Some(fields.List):
    """A list of parts; what is sent as null is empty."""

    def __init__(self, schema: type[Schema], **more: Any) -> None:
        super().__init__(fields.Nested(schema), load_default=list, allow_none=True, **more)

    def deserialize(self, value: Any, *place: Any, **more: Any) -> Any:
        return [] if value is None else super().deserialize(value, *place, **more)


class Billing(Vendor):
    first_name = _text()
    phone = _text()
    email = _text()
    country = fields.String(load_default="", allow_none=True, data_key="country_iso2")


class Order(Vendor):
    id = Id(required=True)
    status_id = fields.Integer(required=True, strict=True)
    modified_at = Moment(required=True, data_key="date_modified")
    payment = fields.String(load_default="", allow_none=True, data_key="payment_status")
    is_deleted = fields.Boolean(load_default=False, allow_none=True)
    total = Amount(load_default=None, allow_none=True, data_key="total_inc_tax")
    currency = fields.String(load_default="", allow_none=True, data_key="default_currency_code")
    locale = fields.String(load_default="", allow_none=True, data_key="customer_locale")
    billing = fields.Nested(Billing, load_default=None, allow_none=True, data_key="billing_address")


class Place(Vendor):
    id = IdIfAny(load_default="", allow_none=True)
    name = _text()
    code = _text()


class LineLink(Vendor):
    resource = _text()


class Pickup(Vendor):
    id = Id(required=True)
    method_id = IdIfAny(load_default="", allow_none=True, data_key="pickup_method_id")
    location = fields.Nested(Place, load_default=None, allow_none=True)
    links = Some(LineLink, data_key="line_items")


class Consignments(Vendor):
    pickups = Some(Pickup)


class Product(Vendor):
    id = Id(required=True)
    title = fields.String(load_default="", allow_none=True, data_key="name")
    sku = _text()
    kind = fields.String(load_default="physical", allow_none=True, data_key="type")
    quantity = fields.Integer(required=True)
    shipped = fields.Integer(load_default=0, allow_none=True, data_key="quantity_shipped")
    refunded = fields.Integer(load_default=0, allow_none=True, data_key="quantity_refunded")
    weight = Amount(load_default=None, allow_none=True)
    pickup_id = IdIfAny(load_default="", allow_none=True, data_key="order_pickup_method_id")


class Refund(Vendor):
    amount = Amount(required=True, data_key="total_amount")


class ChangedOrder(Vendor):
    id = Id(required=True)
    modified_at = Moment(required=True, data_key="date_modified")


class Store(Vendor):
    weight_units = _text()
    country = fields.String(load_default="", allow_none=True, data_key="country_code")


class StoreLocation(Vendor):
    id = Id(required=True)
    name = fields.String(load_default="", allow_none=True, data_key="label")
    code = _text()
    enabled = fields.Boolean(load_default=True, allow_none=True)


class RecordItem(Vendor):
    product_id = Id(required=True, data_key="order_product_id")
    status = fields.String(load_default="AWAITING_COLLECTION", allow_none=True)


class Record(Vendor):
    """One of the Pickups API: what of an order lies ready, and what was collected."""

    id = Id(required=True)
    items = Some(RecordItem, data_key="pickup_items")


class Hook(Vendor):
    id = Id(required=True)
    scope = fields.String(required=True)
    destination = fields.String(required=True)
    is_active = fields.Boolean(required=True)


def read(schema: Schema, payload: Any, name: str) -> dict[str, Any]:
    """Read a part of an answer, or raise PermanentFailure naming what is missing or wrong in it, never a value."""
    if not isinstance(payload, dict):
        raise PermanentFailure("unexpected_answer", f"BigCommerce's answer is no {name}")
    try:
        return schema.load(payload)
    except ValidationError as error:
        field = _first_path(error.messages)
        raise PermanentFailure("unexpected_answer", f"BigCommerce's answer lacks {name}.{field}") from None


def _first_path(messages: Any) -> str:
    names = []
    while isinstance(messages, dict) and messages:
        name, messages = next(iter(messages.items()))
        names.append(str(name))
    return ".".join(names)
