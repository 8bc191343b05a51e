"""Payloads of the tests' own, in the shape of a genuine order."""

from __future__ import annotations

import base64
import copy
import hmac
from typing import Any

from bopis.ports import Account

SECRET = "a secret of the tests"
ACCOUNT = Account("c1", "woocommerce", "shop.example.com", {"webhook_secret": SECRET}, {})


def line(number: int = 315, name: str = "Stoneware mug, slate", quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "product_id": number * 10,
        "variation_id": 0,
        "quantity": quantity,
        "tax_class": "",
        "subtotal": "18.00",
        "subtotal_tax": "1.44",
        "total": "18.00",
        "total_tax": "1.44",
        "taxes": [{"id": 75, "total": "1.44", "subtotal": "1.44"}],
        "meta_data": [{"id": 2095, "key": "pa_color", "value": {"nested": ["slate"]}}],
        "sku": "MUG-SLATE",
        "price": 18,
        **more,
    }


def package(number: int = 317, method: str = "local_pickup", *, items: str = "", **more: Any) -> dict[str, Any]:
    meta = [{"id": 1, "key": "Artículos", "value": items}] if items else []
    return {
        "id": number,
        "method_title": "High Street",
        "method_id": method,
        "instance_id": "4",
        "total": "0.00",
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": meta,
        **more,
    }


def in_blocks(name: str = "High Street", number: int = 317) -> dict[str, Any]:
    """A package ordered in the checkout block."""
    meta = [
        {"id": 1, "key": "pickup_location", "value": name},
        {"id": 2, "key": "pickup_address", "value": "1 Example Street, Example"},
        {"id": 3, "key": "pickup_details", "value": ""},
    ]
    title = f"Pickup ({name})"
    return package(number, "pickup_location", instance_id="0", method_title=title, meta_data=meta)


def order(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": 727,
        "parent_id": 0,
        "number": "727",
        "order_key": "wc_order_of_the_tests",
        "created_via": "checkout",
        "version": "10.3.0",
        "status": "processing",
        "currency": "USD",
        "date_created": "2026-11-22T09:28:02",
        "date_created_gmt": "2026-11-22T12:28:02",
        "date_modified": "2026-11-22T09:28:08",
        "date_modified_gmt": "2026-11-22T12:28:08",
        "total": "19.44",
        "total_tax": "1.44",
        "billing": {
            "first_name": "Robin",
            "last_name": "Example",
            "country": "US",
            "email": "robin@example.com",
            "phone": "(415) 555-0123",
        },
        "shipping": {"first_name": "", "country": ""},
        "payment_method": "stripe",
        "date_paid": "2026-11-22T09:28:08",
        "date_paid_gmt": "2026-11-22T12:28:08",
        "date_completed": None,
        "date_completed_gmt": None,
        "meta_data": [{"id": 13106, "key": "_download_permissions_granted", "value": "yes"}],
        "line_items": [line()],
        "tax_lines": [],
        "shipping_lines": [package()],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
        "_links": {"self": [{"href": "https://shop.example.com/wp-json/wc/v3/orders/727"}]},
    }
    return copy.deepcopy({**made, **changes})


def refund(*lines: tuple[int, int], number: int = 900, reason: str = "") -> dict[str, Any]:
    """`lines` are (line id, pieces)."""
    rows = [
        {
            "id": number + index,
            "quantity": -pieces,
            "product_id": of * 10,
            "variation_id": 0,
            "meta_data": [{"id": index, "key": "_refunded_item_id", "value": str(of)}],
        }
        for index, (of, pieces) in enumerate(lines, 1)
    ]
    return {"id": number, "amount": "0.00", "reason": reason, "line_items": rows}


def signed(body: bytes, topic: str = "order.updated", secret: str = SECRET) -> dict[str, str]:
    resource, _, event = topic.partition(".")
    return {
        "user-agent": "WooCommerce/10.3.0 Hookshot (WordPress/6.8.1)",
        "content-type": "application/json",
        "x-wc-webhook-source": "https://shop.example.com/",
        "x-wc-webhook-topic": topic,
        "x-wc-webhook-resource": resource,
        "x-wc-webhook-event": event,
        "x-wc-webhook-signature": base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode(),
        "x-wc-webhook-id": "10",
        "x-wc-webhook-delivery-id": "f69179d95306fa97eecd2e78722a4c66",
    }
