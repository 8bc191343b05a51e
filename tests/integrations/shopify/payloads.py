"""Synthetic payloads in Shopify's shape; every test changes what it is about."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from tests.sandbox.running import CLIENT_SECRET, DOMAIN

ORDER_ID = "820982911946154508"
UNIT_ID = "950982911946154001"
GRAPHQL_URL = f"https://{DOMAIN}/admin/api/2026-10/graphql.json"


def gid(kind: str, number: str) -> str:
    return f"gid://shopify/{kind}/{number}"


def line(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": gid("FulfillmentOrderLineItem", str(7000 + number)),
        "remainingQuantity": 1,
        "sku": "MUG-SLATE",
        "productTitle": "Stoneware mug, slate",
        "weight": {"value": 0.48, "unit": "KILOGRAMS"},
        "lineItem": {"id": gid("LineItem", str(8000 + number))},
        **changes,
    }


def page(nodes: list[Any], cursor: str | None = None) -> dict[str, Any]:
    return {"pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor}, "nodes": nodes}


def unit(unit_id: str = UNIT_ID, lines: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "id": gid("FulfillmentOrder", unit_id),
        "status": "OPEN",
        "deliveryMethod": {"methodType": "PICK_UP"},
        "assignedLocation": {"name": "Warehouse", "location": {"id": gid("Location", "9")}},
        "destination": {
            "firstName": None,
            "phone": None,
            "countryCode": "US",
            "location": {"id": gid("Location", "1001"), "name": "High Street"},
        },
        "lineItems": lines or page([line()]),
        **changes,
    }


def order(*units: dict[str, Any], cursor: str | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "id": gid("Order", ORDER_ID),
        "name": "#1001",
        "phone": None,
        "cancelledAt": None,
        "closed": False,
        "updatedAt": "2026-11-22T12:00:00Z",
        "displayFinancialStatus": "PAID",
        "customerLocale": "en-US",
        "shippingAddress": None,
        "billingAddress": {"phone": "(415) 555-0123", "firstName": "Ann", "countryCodeV2": "US"},
        "customer": None,
        "fulfillmentOrders": page(list(units), cursor),
        **changes,
    }


def signed(topic: str, body: Any, secret: str = CLIENT_SECRET, **changes: str | None) -> tuple[dict[str, str], bytes]:
    """Headers and raw body of a delivery; a header given as None is left out."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers: dict[str, str | None] = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode(),
        "X-Shopify-Shop-Domain": DOMAIN,
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": "5996c02d-4443-47e9-8285-88b8ad465300",
        "X-Shopify-Triggered-At": "2026-11-22T12:00:00.378505209Z",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return {name: value for name, value in headers.items() if value is not None}, raw
