"""What of Square's payloads we read, and nothing else: unknown fields are ignored, missing ones are named."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from bopis.errors import PermanentFailure
from integrations.payloads import Vendor


def _text() -> fields.String:
    return fields.String(load_default="", allow_none=True)


def _id() -> fields.String:
    return fields.String(required=True, validate=validate.Length(min=1, max=192))


class Some(fields.List):
    """A list of parts; what is sent as null is empty."""

    def __init__(self, schema: type[Schema], **more: Any) -> None:
        super().__init__(fields.Nested(schema), load_default=list, allow_none=True, **more)

    def deserialize(self, value: Any, *place: Any, **more: Any) -> Any:
        return [] if value is None else super().deserialize(value, *place, **more)


class Amount(Vendor):
    amount = fields.Integer(required=True, strict=True)
    currency = fields.String(required=True)


class Card(Vendor):
    status = _text()


class Tender(Vendor):
    amount = fields.Nested(Amount, load_default=None, allow_none=True, data_key="amount_money")
    card = fields.Nested(Card, load_default=None, allow_none=True, data_key="card_details")


class Refund(Vendor):
    status = _text()
    amount = fields.Nested(Amount, load_default=None, allow_none=True, data_key="amount_money")


class LineItem(Vendor):
    id = fields.String(required=True, data_key="uid")
    name = _text()
    variation = fields.String(load_default="", allow_none=True, data_key="variation_name")
    quantity = fields.Decimal(required=True)
    catalog_id = fields.String(load_default="", allow_none=True, data_key="catalog_object_id")
    kind = fields.String(load_default="ITEM", allow_none=True, data_key="item_type")


class Recipient(Vendor):
    name = fields.String(load_default="", allow_none=True, data_key="display_name")
    phone = fields.String(load_default="", allow_none=True, data_key="phone_number")
    email = fields.String(load_default="", allow_none=True, data_key="email_address")


class PickupDetails(Vendor):
    recipient = fields.Nested(Recipient, load_default=None, allow_none=True)


class Entry(Vendor):
    line_id = fields.String(required=True, data_key="line_item_uid")
    quantity = fields.Decimal(required=True)


class Fulfilment(Vendor):
    id = fields.String(required=True, data_key="uid", validate=validate.Length(min=1, max=60))
    kind = fields.String(required=True, data_key="type")
    state = fields.String(load_default="PROPOSED", allow_none=True)
    applies_to = fields.String(load_default="ALL", allow_none=True, data_key="line_item_application")
    entries = Some(Entry)
    pickup = fields.Nested(PickupDetails, load_default=None, allow_none=True, data_key="pickup_details")


class Order(Vendor):
    id = _id()
    location_id = fields.String(required=True)
    state = fields.String(load_default="OPEN", allow_none=True)
    version = fields.Integer(load_default=None, allow_none=True)
    updated_at = fields.AwareDateTime(required=True)
    closed_at = fields.AwareDateTime(load_default=None, allow_none=True)
    reference = fields.String(load_default="", allow_none=True, data_key="reference_id")
    total = fields.Nested(Amount, load_default=None, allow_none=True, data_key="total_money")
    due = fields.Nested(Amount, load_default=None, allow_none=True, data_key="net_amount_due_money")
    tenders = Some(Tender)
    refunds = Some(Refund)
    lines = Some(LineItem, data_key="line_items")
    fulfilments = Some(Fulfilment, data_key="fulfillments")


class ChangedOrder(Vendor):
    id = _id()
    updated_at = fields.AwareDateTime(required=True)


class Place(Vendor):
    id = _id()
    name = _text()
    country = _text()
    status = fields.String(load_default="ACTIVE", allow_none=True)


class Variation(Vendor):
    sku = _text()


class CatalogObject(Vendor):
    id = fields.String(required=True)
    variation = fields.Nested(Variation, load_default=None, allow_none=True, data_key="item_variation_data")


class Subscription(Vendor):
    id = _id()
    is_enabled = fields.Boolean(load_default=False, data_key="enabled")
    topics = fields.List(fields.String(), load_default=list, data_key="event_types")
    url = fields.String(required=True, data_key="notification_url")
    key = fields.String(load_default="", allow_none=True, data_key="signature_key")


class TestResult(Vendor):
    status = fields.Integer(load_default=0, allow_none=True, data_key="status_code")
    payload = _text()


def read(schema: Schema, payload: Any, name: str) -> dict[str, Any]:
    """Read a part of an answer, or raise PermanentFailure naming what is missing or wrong in it, never a value."""
    if not isinstance(payload, dict):
        raise PermanentFailure("unexpected_answer", f"Square's answer is no {name}")
    try:
        return schema.load(payload)
    except ValidationError as error:
        field = _first_path(error.messages)
        raise PermanentFailure("unexpected_answer", f"Square's answer lacks {name}.{field}") from None


def read_all(schema: Schema, payload: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Read a list in an answer; Square leaves out the lists that are empty. Raises PermanentFailure."""
    rows = payload.get(name) or []
    if not isinstance(rows, list):
        raise PermanentFailure("unexpected_answer", f"Square's answer is no list of {name}")
    return [read(schema, row, name) for row in rows]


def _first_path(messages: Any) -> str:
    names = []
    while isinstance(messages, dict) and messages:
        name, messages = next(iter(messages.items()))
        names.append(str(name))
    return ".".join(names)
