"""An order as Shopify's webhooks carry it: shaped like the REST API's, with no word of fulfilment orders."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sandbox.shop.objects import COUNTRY, LAST_NAME, financial_status
from sandbox.shop.world import Order, UnitLine

_FULFILLMENT = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}


def rest_order(order: Order, names: dict[str, str]) -> dict[str, Any]:
    """The body of orders/*; a pickup shows only in the shipping line, named after the location."""
    total = _money(order.total)
    return {
        "id": int(order.order_id),
        "admin_graphql_api_id": f"gid://shopify/Order/{order.order_id}",
        "app_id": 580111,
        "buyer_accepts_marketing": False,
        "cancel_reason": "customer" if order.cancelled_at else None,
        "cancelled_at": _written(order.cancelled_at),
        "closed_at": None,
        "confirmed": True,
        "contact_email": order.email or None,
        "created_at": _written(order.created_at),
        "currency": "USD",
        "current_total_price": total,
        "customer_locale": "en-US",
        "email": order.email or None,
        "financial_status": financial_status(order).lower(),
        "fulfillment_status": _FULFILLMENT.get(order.fulfillment_status),
        "location_id": None,
        "name": order.name,
        "note": None,
        "note_attributes": [],
        "number": order.number - 1000,
        "order_number": order.number,
        "payment_gateway_names": ["bogus"],
        "phone": order.phone or None,
        "processed_at": _written(order.created_at),
        "source_name": "web",
        "subtotal_price": total,
        "tags": "",
        "test": True,
        "total_price": total,
        "total_price_set": _price_set(total),
        "total_weight": sum(line.item.grams * line.total for line in order.lines),
        "updated_at": _written(order.updated_at),
        "billing_address": _address(order),
        "customer": _customer(order),
        "fulfillments": [],
        "line_items": [_line(line) for line in order.lines],
        "refunds": [],
        "shipping_address": None,
        "shipping_lines": [_shipping_line(names[order.location_id])],
    }


def _line(line: UnitLine) -> dict[str, Any]:
    item = line.item
    return {
        "id": int(line.order_line_id),
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line.order_line_id}",
        "current_quantity": line.total,
        "fulfillable_quantity": line.remaining,
        "fulfillment_service": "manual",
        "fulfillment_status": None if line.remaining else "fulfilled",
        "gift_card": False,
        "grams": item.grams,
        "name": item.title,
        "price": item.written_price,
        "price_set": _price_set(item.written_price),
        "product_exists": True,
        "properties": [],
        "quantity": line.total,
        "requires_shipping": True,
        "sku": item.sku,
        "taxable": True,
        "title": item.title,
        "variant_title": None,
        "vendor": None,
    }


def _shipping_line(name: str) -> dict[str, Any]:
    return {
        "id": 271878346596884015,
        "carrier_identifier": None,
        "code": name,
        "delivery_category": None,
        "price": "0.00",
        "price_set": _price_set("0.00"),
        "phone": None,
        "requested_fulfillment_service_id": None,
        "source": "shopify",
        "title": name,
    }


def _address(order: Order) -> dict[str, Any]:
    return {
        "first_name": order.first_name or None,
        "last_name": LAST_NAME,
        "name": f"{order.first_name} {LAST_NAME}".strip(),
        "address1": "1 Sample Street",
        "city": "Springfield",
        "zip": "00000",
        "country": "United States",
        "country_code": COUNTRY,
        "phone": order.phone or None,
    }


def _customer(order: Order) -> dict[str, Any]:
    return {
        "id": 115310627314723954,
        "admin_graphql_api_id": "gid://shopify/Customer/115310627314723954",
        "email": order.email or None,
        "first_name": order.first_name or None,
        "last_name": LAST_NAME,
        "phone": None,
        "sms_marketing_consent": None,
    }


def _price_set(amount: str) -> dict[str, Any]:
    money = {"amount": amount, "currency_code": "USD"}
    return {"shop_money": money, "presentment_money": money}


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _written(moment: dt.datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
