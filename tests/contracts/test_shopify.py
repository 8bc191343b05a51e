from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from types import MappingProxyType

import pytest

from bopis import clock
from tests.contracts.platform import PlatformContract, Sent, Shop
from tests.sandbox.running import CLIENT_SECRET, DOMAIN, TOKEN, Running, running_sandbox

TOPICS = {"placed": "orders/create", "changed": "orders/updated", "cancelled": "orders/cancelled"}
DONE = {
    "fulfillmentOrderLineItemsPreparedForPickup": "ready",
    "fulfillmentCreate": "collected",
    "refundCreate": "returned",
}
MOODS = {"throttled": {"throttled": 1}, "revoked": {"token_revoked": True}, "down": {"down": True}, "well": {}}


class ShopifyShop(Shop):
    vendor = "shopify"
    account_name = DOMAIN
    secrets: Mapping[str, str] = MappingProxyType({"access_token": TOKEN, "client_secret": CLIENT_SECRET})

    def __init__(self, running: Running) -> None:
        self.running = running
        self.settings = {"shopify_url": running.url}
        self.numbers = count(1)

    def place(self, *, method: str = "pickup", lines: int = 1, paid: bool = True, phone: str | None = None) -> str:
        wanted = [{"sku": "MUG-SLATE", "quantity": 1, "method": "SHIPPING" if method == "shipping" else "PICK_UP"}]
        wanted *= lines
        if method == "mixed":
            wanted.append({"sku": "LIP-ROSE", "quantity": 1, "method": "SHIPPING"})
        more = {} if phone is None else {"phone": phone}
        return self.running.order(lines=wanted, paid=paid, **more)

    def pay(self, order_id: str) -> None:
        self.running.post(f"/shop/api/orders/{order_id}/pay", {})

    def cancel(self, order_id: str) -> None:
        self.running.post(f"/shop/api/orders/{order_id}/cancel", {})

    def news(self, order_id: str, what: str) -> Sent:
        body = json.dumps({"id": int(order_id), "note": next(self.numbers)}).encode()
        sent = self.signed(body)
        return replace(sent, headers={**sent.headers, "X-Shopify-Topic": TOPICS[what]})

    def signed(self, body: bytes) -> Sent:
        digest = hmac.new(CLIENT_SECRET.encode(), body, hashlib.sha256).digest()
        return Sent(
            {
                "X-Shopify-Topic": "orders/create",
                "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
                "X-Shopify-Shop-Domain": DOMAIN,
                "X-Shopify-Webhook-Id": f"w{next(self.numbers)}",
            },
            body,
        )

    def again(self, sent: Sent) -> Sent:
        return replace(sent, headers={**sent.headers, "X-Shopify-Webhook-Id": "another"})

    def told(self) -> list[str]:
        return [DONE[change["operation"]] for change in self.running.mutations() if not change["refused"]]

    def misbehave(self, how: str) -> None:
        self.running.post("/shop/api/behaviour", {"reset": True, **MOODS[how]})


class TestShopify(PlatformContract):
    @pytest.fixture
    def shop(self) -> Iterator[Shop]:
        with running_sandbox(now=lambda: clock.now()) as running:  # noqa: PLW0108
            yield ShopifyShop(running)
