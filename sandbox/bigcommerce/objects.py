"""The store's things as its API writes them."""

from __future__ import annotations

import email.utils
from collections.abc import Mapping
from typing import Any

from sandbox.bigcommerce.world import PICKUP_METHOD, STATUSES, Order, Product, Record


def order(found: Order, base: str) -> dict[str, Any]:
    """GET /v2/orders/{id}."""
    url = f"{base}/v2/orders/{found.order_id}"
    total = f"{found.total / 100:.4f}"
    return {
        "id": found.order_id,
        "customer_id": 0,
        "date_created": email.utils.format_datetime(found.created_at),
        "date_modified": email.utils.format_datetime(found.modified_at),
        "date_shipped": "",
        "status_id": found.status_id,
        "status": STATUSES[found.status_id],
        "subtotal_inc_tax": total,
        "total_ex_tax": total,
        "total_inc_tax": total,
        "total_tax": "0.0000",
        "items_total": sum(each.quantity for each in found.products),
        "items_shipped": 0,
        "payment_method": "Credit Card" if found.payment_status else "Cash",
        "payment_status": found.payment_status,
        "refunded_amount": "0.0000",  # always, as the vendor says
        "order_is_digital": False,
        "currency_code": "USD",
        "default_currency_code": "USD",
        "staff_notes": "",
        "customer_message": "",
        "billing_address": {
            "first_name": found.first_name,
            "last_name": "Example",
            "country": "United States",
            "country_iso2": "US",
            "phone": found.phone,
            "email": found.email,
            "form_fields": [],
        },
        "order_source": "www",
        "channel_id": 1,
        "is_deleted": found.is_deleted,
        "products": {"url": f"{url}/products", "resource": f"/orders/{found.order_id}/products"},
        "consignments": {"url": f"{url}/consignments", "resource": f"/orders/{found.order_id}/consignments"},
        "custom_status": STATUSES[found.status_id],
        "customer_locale": "en",
    }


def product(found: Product, of: Order) -> dict[str, Any]:
    """One of GET /v2/orders/{id}/products. The store weighs in pounds."""
    return {
        "id": found.product_id,
        "order_id": of.order_id,
        "product_id": 77,
        "order_pickup_method_id": found.pickup_id,
        "order_address_id": 0 if of.pickup_id else 51,
        "name": found.item.title,
        "sku": found.item.sku,
        "type": found.kind,
        "price_inc_tax": f"{found.item.price / 100:.4f}",
        "weight": f"{found.item.grams / 453.59237:.4f}",
        "quantity": found.quantity,
        "quantity_shipped": 0,
        "quantity_refunded": found.refunded,
        "is_refunded": found.refunded == found.quantity,
        "parent_order_product_id": None,
        "is_bundled_product": False,
        "product_options": [],
    }


def consignments(found: Order, names: Mapping[str, str], base: str) -> dict[str, Any]:
    """GET /v2/orders/{id}/consignments."""

    def links(products: list[Product]) -> list[dict[str, str]]:
        paths = [f"/orders/{found.order_id}/products/{each.product_id}" for each in products]
        return [{"url": f"{base}/v2{path}", "resource": path} for path in paths]

    here = [each for each in found.products if each.kind == "physical"]
    away = [each for each in found.products if each.kind == "digital"]
    pickup = {
        "id": found.pickup_id,
        "pickup_method_id": PICKUP_METHOD,
        "pickup_method_display_name": "Pick up in store",
        "collection_instructions": "",
        "collection_time_description": "",
        "location": {
            "id": int(found.location_id),
            "name": names.get(found.location_id, ""),
            "code": f"LOCATION-{found.location_id}",
            "country_alpha2": "US",
            "email": "store@example.com",
            "phone": "",
        },
        "line_items": links(here),
    }
    shipping = [{"id": 51, "line_items": links(here)}] if here and not found.pickup_id else []
    return {
        "pickups": [pickup] if found.pickup_id else [],
        "shipping": shipping,
        "downloads": [{"recipient_email": found.email, "line_items": links(away)[0]}] if away else [],
        "email": {"gift_certificates": []},
    }


def record(found: Record) -> dict[str, Any]:
    """One of GET /v3/orders/pickups."""
    made = found.made_at.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    return {
        "id": found.record_id,
        "pickup_method_id": found.method_id,
        "order_id": found.order_id,
        "ready_at": found.ready_at,
        "created_at": made,
        "updated_at": made,
        "pickup_items": found.items,
    }


STORE = {
    "id": "examplestore",
    "domain": "store.example.com",
    "name": "Example store",
    "country": "United States",
    "country_code": "US",
    "phone": "",
    "language": "en",
    "currency": "USD",
    "weight_units": "LBS",
    "dimension_units": "Inches",
}
