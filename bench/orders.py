"""Deliveries to send: a shop's order of about six kilobytes, signed, every one different."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time

SHOP = "bench.myshopify.example.com"
SECRET = "the shop's secret for measuring"
BYTES = 6 * 1024
_MARK = "0123456789012345"


class Deliveries:
    """Makes requests for one address, cheaply: one body with a number in it that changes."""

    def __init__(self, host: str, path: str) -> None:
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"X-Shopify-Shop-Domain: {SHOP}\r\nX-Shopify-Topic: orders/create\r\n"
            "X-Shopify-Triggered-At: 2026-11-22T11:00:00.123456789Z\r\n"
        )
        self._before, self._after = body(_MARK).split(_MARK.encode())
        # Another run must not send what an earlier one sent.
        self._number = secrets.randbelow(10**6) * 10**9

    def next(self) -> bytes:
        """One whole request."""
        self._number += 1
        number = f"{self._number:016d}"
        content = self._before + number.encode() + self._after
        signature = base64.b64encode(hmac.new(SECRET.encode(), content, hashlib.sha256).digest()).decode()
        return (
            f"{self._head}X-Shopify-Webhook-Id: {number}\r\nX-Shopify-Hmac-Sha256: {signature}\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        ).encode() + content


class StripeDeliveries:
    """The same for a Stripe endpoint: an event as large, signed with its time."""

    def __init__(self, host: str, path: str) -> None:
        self._head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json; charset=utf-8\r\n"
        event = {
            "id": f"evt_{_MARK}",
            "object": "event",
            "api_version": "2026-10-28",
            "created": 1_795_348_800,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": "charge.succeeded",
            "data": {"object": json.loads(body("1"))},
        }
        self._before, self._after = json.dumps(event).encode().split(_MARK.encode())
        self._number = secrets.randbelow(10**6) * 10**9

    def next(self) -> bytes:
        """One whole request."""
        self._number += 1
        content = self._before + f"{self._number:016d}".encode() + self._after
        at = str(int(time.time()))
        signature = hmac.new(SECRET.encode(), at.encode() + b"." + content, hashlib.sha256).hexdigest()
        return (
            f"{self._head}Stripe-Signature: t={at},v1={signature}\r\nContent-Length: {len(content)}\r\n\r\n"
        ).encode() + content


KINDS = {"shopify": Deliveries, "stripe": StripeDeliveries}


def body(number: str) -> bytes:
    """An order named by its `number`, filled up with lines and addresses as orders are."""
    line = {
        "id": 1,
        "sku": "MUG",
        "title": "Stoneware mug",
        "quantity": 1,
        "grams": 480,
        "price": "18.00",
        "properties": [],
        "tax_lines": [{"title": "VAT", "rate": 0.2, "price": "3.00"}],
    }
    order = {
        "id": int("1" + number),
        "name": "#1001",
        "email": "shopper@example.com",
        "currency": "USD",
        "financial_status": "paid",
        "phone": "+12015550123",
        "note": "",
        "line_items": [],
    }
    lines = []
    while len(json.dumps({**order, "line_items": lines})) < BYTES:
        lines.append({**line, "id": len(lines) + 1})
    return json.dumps({**order, "line_items": lines}).encode()
