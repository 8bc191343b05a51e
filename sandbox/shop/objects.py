"""The shop's orders as Shopify's GraphQL objects: dictionaries keyed by field name."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sandbox.shop.subscriptions import Subscription
from sandbox.shop.world import Order, Unit, UnitLine, World

LAST_NAME = "Example"
COUNTRY = "US"


def gid(kind: str, number: str) -> str:
    """A global id."""
    return f"gid://shopify/{kind}/{number}"


def written(moment: dt.datetime | None) -> str | None:
    """A DateTime as GraphQL writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def location(location_id: str, names: dict[str, str]) -> dict[str, Any]:
    """A Location."""
    return {
        "id": gid("Location", location_id),
        "legacyResourceId": location_id,
        "name": names[location_id],
        "isActive": True,
    }


def order(found: Order, world: World, names: dict[str, str]) -> dict[str, Any]:
    """An Order with the fulfilment orders that can be seen by now."""
    return {
        "id": gid("Order", found.order_id),
        "legacyResourceId": found.order_id,
        "name": found.name,
        "phone": found.phone or None,
        "email": found.email or None,
        "test": True,
        "cancelledAt": written(found.cancelled_at),
        "cancelReason": "CUSTOMER" if found.cancelled_at else None,
        "closed": found.fulfillment_status == "FULFILLED",
        "closedAt": written(found.updated_at) if found.fulfillment_status == "FULFILLED" else None,
        "createdAt": written(found.created_at),
        "updatedAt": written(found.updated_at),
        "displayFinancialStatus": financial_status(found),
        "currentTotalPriceSet": _money_bag(found.total),
        "displayFulfillmentStatus": found.fulfillment_status,
        "customerLocale": "en-US",
        "note": None,
        "tags": [],
        "shippingAddress": None,
        "billingAddress": _billing(found),
        "customer": {
            "id": gid("Customer", "115310627314723954"),
            "firstName": found.first_name or None,
            "lastName": LAST_NAME,
            "locale": "en-US",
            "defaultPhoneNumber": None,
            "defaultEmailAddress": {"emailAddress": found.email} if found.email else None,
        },
        "fulfillmentOrders": [unit(each, found, names) for each in world.visible_units(found)],
    }


def _money_bag(cents: int) -> dict[str, Any]:
    money = {"amount": f"{cents // 100}.{cents % 100:02d}", "currencyCode": "USD"}
    return {"presentmentMoney": money, "shopMoney": money}


def financial_status(found: Order) -> str:
    """Shopify's OrderDisplayFinancialStatus."""
    if found.cancelled_at:
        return "REFUNDED" if found.paid else "VOIDED"
    if found.refunded:
        return "PARTIALLY_REFUNDED" if found.refunded < sum(line.total for line in found.lines) else "REFUNDED"
    return "PAID" if found.paid else "PENDING"


def unit(found: Unit, its_order: Order, names: dict[str, str]) -> dict[str, Any]:
    """A FulfillmentOrder."""
    place = location(found.location_id, names)
    at_our_store = found.method == "PICK_UP"
    return {
        "id": gid("FulfillmentOrder", found.unit_id),
        "status": found.status,
        "requestStatus": "UNSUBMITTED",
        "orderId": gid("Order", found.order_id),
        "orderName": its_order.name,
        "createdAt": written(its_order.created_at),
        "updatedAt": written(its_order.updated_at),
        "deliveryMethod": {
            "id": gid("DeliveryMethod", found.unit_id),
            "methodType": found.method,
            "presentedName": place["name"] if at_our_store else "Standard",
        },
        "assignedLocation": {"name": place["name"], "phone": None, "location": place},
        "destination": {
            "id": gid("FulfillmentOrderDestination", found.unit_id),
            "firstName": its_order.first_name or None,
            "lastName": LAST_NAME,
            "email": its_order.email or None,
            "phone": None,
            "countryCode": COUNTRY,
            "location": place if at_our_store else None,
        },
        "lineItems": [_line(line) for line in found.lines],
    }


def _line(line: UnitLine) -> dict[str, Any]:
    item = line.item
    return {
        "id": gid("FulfillmentOrderLineItem", line.line_id),
        "totalQuantity": line.total,
        "remainingQuantity": line.remaining,
        "sku": item.sku,
        "productTitle": item.title,
        "variantTitle": None,
        "requiresShipping": True,
        "weight": {"value": item.grams / 1000, "unit": "KILOGRAMS"},
        "lineItem": {
            "id": gid("LineItem", line.order_line_id),
            "title": item.title,
            "sku": item.sku,
            "quantity": line.total,
        },
    }


def _billing(found: Order) -> dict[str, Any]:
    return {
        "firstName": found.first_name or None,
        "lastName": LAST_NAME,
        "phone": found.phone or None,
        "address1": "1 Sample Street",
        "city": "Springfield",
        "zip": "00000",
        "countryCodeV2": COUNTRY,
    }


def subscription(found: Subscription) -> dict[str, Any]:
    """A WebhookSubscription."""
    return {
        "id": gid("WebhookSubscription", found.subscription_id),
        "topic": found.topic.replace("/", "_").upper(),
        "uri": found.uri,
        "format": "JSON",
    }
