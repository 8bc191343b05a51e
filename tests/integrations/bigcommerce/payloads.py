"""BigCommerce's payloads in the shape its documentation gives them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from integrations.bigcommerce import schemas
from integrations.bigcommerce.schemas import read

ORDER_ID, PICKUP_ID, PRODUCT_ID = "126", "13", "22"
STORE = {"weight_units": "Ounces", "country": "US"}


def order(**changes: Any) -> dict[str, Any]:
    """What GET /v2/orders/126 answers."""
    return {
        "id": 126,
        "customer_id": 11,
        "date_created": "Tue, 05 Mar 2024 21:40:11 +0000",
        "date_modified": "Mon, 11 Mar 2024 15:17:25 +0000",
        "status_id": 11,
        "status": "Awaiting Fulfillment",
        "total_inc_tax": "69.8400",
        "payment_method": "Credit Card",
        "payment_status": "captured",
        "refunded_amount": "0.0000",
        "currency_code": "USD",
        "default_currency_code": "USD",
        "staff_notes": "",
        "billing_address": {
            "first_name": "Robin",
            "last_name": "Example",
            "country": "United States",
            "country_iso2": "US",
            "phone": "415 555 0123",
            "email": "robin@example.com",
            "form_fields": [{"name": "Delivery Instructions", "value": "Leave in backyard"}],
        },
        "is_deleted": False,
        "customer_locale": "en",
        "products": {"url": "https://api.example.com/v2/orders/126/products", "resource": "/orders/126/products"},
        **changes,
    }


def consignments(**changes: Any) -> dict[str, Any]:
    """What GET /v2/orders/126/consignments answers, as in BigCommerce's guide to pickups."""
    pickup = {
        "id": 13,
        "pickup_method_id": 2,
        "pickup_method_display_name": "Pickup Method 2",
        "collection_instructions": "Pickup Method 2 instructions",
        "collection_time_description": "Pickup Method 2 time",
        "location": {
            "id": 2,
            "name": "location2",
            "code": "LOCATION-2",
            "address_line_1": "2802 Skyway Cir",
            "country_alpha2": "US",
            "email": "location2@example.com",
            "phone": "410123002",
        },
        "line_items": [
            {"url": "https://api.example.com/v2/orders/126/products/22", "resource": "/orders/126/products/22"}
        ],
    }
    return {"pickups": [pickup | changes]}


def product(**changes: Any) -> dict[str, Any]:
    """One of what GET /v2/orders/126/products answers."""
    return {
        "id": 22,
        "order_id": 126,
        "product_id": 97,
        "order_pickup_method_id": 13,
        "name": "Stoneware mug",
        "sku": "MUG",
        "type": "physical",
        "weight": "16.0000",
        "width": "1.0000",
        "quantity": 3,
        "quantity_shipped": 0,
        "quantity_refunded": 0,
        "refund_amount": "0.0000",
        "product_options": [],
        **changes,
    }


def whole(*products: dict[str, Any], pickups: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """An order as `read_order` puts it together; `refunds` and `records` among the changes are the vendor's lists."""
    refunds, records = changes.pop("refunds", []), changes.pop("records", [])

    def each(schema: Schema, rows: Any) -> list[dict[str, Any]]:
        return [read(schema, row, "it") for row in rows]

    found = consignments() if pickups is None else pickups
    read_order = read(schemas.Order(), order(**changes), "order")
    return read_order | {
        "as_of": read_order["modified_at"],
        "pickups": read(schemas.Consignments(), found, "consignments")["pickups"],
        "products": each(schemas.Product(), products or [product()]),
        "refunds": each(schemas.Refund(), refunds),
        "records": each(schemas.Record(), records),
    }
