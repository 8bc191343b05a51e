"""What of Shopify's payloads we read, and nothing else: unknown fields are ignored, missing ones are named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from integrations.payloads import Vendor

_GID = re.compile(r"gid://shopify/[A-Za-z]+/([0-9]{1,20})(?:\?.*)?")


def digits(value: object) -> str | None:
    """A number, beyond 2**53 in real shops, or its digits, or a global id ending in it, as decimal digits."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    if isinstance(value, str):
        if re.fullmatch("[0-9]{1,20}", value):
            return value
        found = _GID.fullmatch(value)
        if found:
            return found[1]
    return None


class Id(fields.Field[str]):
    """What `digits` reads."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        found = digits(value)
        if found is None:
            raise ValidationError("Not an id.")
        return found


def _text() -> fields.String:
    return fields.String(load_default=None, allow_none=True)


class OrderNews(Vendor):
    id = Id(required=True)


class Weight(Vendor):
    value = fields.Float(required=True)
    unit = fields.String(required=True)


class UnitLine(Vendor):
    id = Id(required=True)
    quantity = fields.Integer(required=True, strict=True, data_key="remainingQuantity")
    sku = _text()
    title = fields.String(load_default="", allow_none=True, data_key="productTitle")
    weight = fields.Nested(Weight, load_default=None, allow_none=True)
    line_item = fields.Nested(OrderNews, load_default=None, allow_none=True, data_key="lineItem")


class PageInfo(Vendor):
    more = fields.Boolean(required=True, data_key="hasNextPage")
    cursor = fields.String(load_default=None, allow_none=True, data_key="endCursor")


class UnitLines(Vendor):
    page = fields.Nested(PageInfo, required=True, data_key="pageInfo")
    nodes = fields.List(fields.Nested(UnitLine), required=True)


class Place(Vendor):
    id = Id(required=True)
    name = _text()


class AssignedLocation(Vendor):
    name = _text()
    location = fields.Nested(Place, load_default=None, allow_none=True)


class Destination(Vendor):
    first_name = fields.String(load_default=None, allow_none=True, data_key="firstName")
    phone = _text()
    email = _text()
    country = fields.String(load_default=None, allow_none=True, data_key="countryCode")
    location = fields.Nested(Place, load_default=None, allow_none=True)


class DeliveryMethod(Vendor):
    kind = fields.String(required=True, data_key="methodType")


class FulfillmentOrder(Vendor):
    id = Id(required=True)
    status = fields.String(required=True)
    method = fields.Nested(DeliveryMethod, load_default=None, allow_none=True, data_key="deliveryMethod")
    assigned = fields.Nested(AssignedLocation, load_default=None, allow_none=True, data_key="assignedLocation")
    destination = fields.Nested(Destination, load_default=None, allow_none=True)
    lines = fields.Nested(UnitLines, required=True, data_key="lineItems")


class FulfillmentOrders(Vendor):
    page = fields.Nested(PageInfo, required=True, data_key="pageInfo")
    nodes = fields.List(fields.Nested(FulfillmentOrder), required=True)


class Address(Vendor):
    phone = _text()
    first_name = fields.String(load_default=None, allow_none=True, data_key="firstName")
    country = fields.String(load_default=None, allow_none=True, data_key="countryCodeV2")


class PhoneNumber(Vendor):
    number = fields.String(load_default=None, allow_none=True, data_key="phoneNumber")


class EmailAddress(Vendor):
    address = fields.String(load_default=None, allow_none=True, data_key="emailAddress")


class Customer(Vendor):
    first_name = fields.String(load_default=None, allow_none=True, data_key="firstName")
    locale = _text()
    phone = fields.Nested(PhoneNumber, load_default=None, allow_none=True, data_key="defaultPhoneNumber")
    email = fields.Nested(EmailAddress, load_default=None, allow_none=True, data_key="defaultEmailAddress")


class MoneyV2(Vendor):
    amount = fields.String(required=True)
    currency = fields.String(required=True, data_key="currencyCode")


class MoneyBag(Vendor):
    shown = fields.Nested(MoneyV2, required=True, data_key="presentmentMoney")


class Order(Vendor):
    id = Id(required=True)
    name = fields.String(required=True)
    phone = _text()
    email = _text()
    cancelled_at = fields.AwareDateTime(load_default=None, allow_none=True, data_key="cancelledAt")
    closed = fields.Boolean(required=True)
    updated_at = fields.AwareDateTime(required=True, data_key="updatedAt")
    financial = fields.String(load_default=None, allow_none=True, data_key="displayFinancialStatus")
    locale = fields.String(load_default=None, allow_none=True, data_key="customerLocale")
    total = fields.Nested(MoneyBag, load_default=None, allow_none=True, data_key="currentTotalPriceSet")
    shipping = fields.Nested(Address, load_default=None, allow_none=True, data_key="shippingAddress")
    billing = fields.Nested(Address, load_default=None, allow_none=True, data_key="billingAddress")
    customer = fields.Nested(Customer, load_default=None, allow_none=True)
    units = fields.Nested(FulfillmentOrders, required=True, data_key="fulfillmentOrders")


class ChangedOrder(Vendor):
    id = Id(required=True)
    updated_at = fields.AwareDateTime(required=True, data_key="updatedAt")


class ChangedOrders(Vendor):
    page = fields.Nested(PageInfo, required=True, data_key="pageInfo")
    nodes = fields.List(fields.Nested(ChangedOrder), required=True)


class ListedLocation(Vendor):
    id = Id(required=True)
    name = fields.String(required=True)


class ListedLocations(Vendor):
    page = fields.Nested(PageInfo, required=True, data_key="pageInfo")
    nodes = fields.List(fields.Nested(ListedLocation), required=True)


class SubscribedTopic(Vendor):
    topic = fields.String(required=True)
    uri = fields.String(required=True)


class SubscribedTopics(Vendor):
    page = fields.Nested(PageInfo, required=True, data_key="pageInfo")
    nodes = fields.List(fields.Nested(SubscribedTopic), required=True)


class UnitsOrder(Vendor):
    order_id = Id(required=True, data_key="orderId")


class NewTokens(Vendor):
    access_token = fields.String(required=True)
    scope = fields.String(load_default="")
    expires_in = fields.Integer(load_default=None, allow_none=True)
    refresh_token = fields.String(load_default=None, allow_none=True)
    refresh_expires_in = fields.Integer(load_default=None, allow_none=True, data_key="refresh_token_expires_in")


class UnitState(Vendor):
    status = fields.String(required=True)


class UnitLeft(Vendor):
    id = Id(required=True)
    status = fields.String(required=True)
    order_id = Id(required=True, data_key="orderId")
    assigned = fields.Nested(AssignedLocation, load_default=None, allow_none=True, data_key="assignedLocation")
    lines = fields.Nested(UnitLines, required=True, data_key="lineItems")


class MoreLines(Vendor):
    lines = fields.Nested(UnitLines, required=True, data_key="lineItems")


class Misfit(Exception):
    """A payload is not what Shopify documents; `field` is the dotted path of what is wrong, never a value."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def load(schema: Vendor, payload: Any) -> dict[str, Any]:
    """Read a payload, or raise Misfit with the first field that is missing or wrong."""
    if not isinstance(payload, dict):
        raise Misfit("the whole body")
    try:
        return schema.load(payload)
    except ValidationError as error:
        raise Misfit(_first_path(error.messages)) from None


def _first_path(messages: Any) -> str:
    names = []
    while isinstance(messages, dict) and messages:
        name, messages = next(iter(messages.items()))
        names.append(str(name))
    return ".".join(names)
