from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from types import MappingProxyType
from typing import Any

import pytest

from bopis import clock
from bopis.drain import drain
from tests.contracts.platform import Meeting, PlatformContract, Sent, Shop
from tests.sandbox.running import SHOPPER, WOOCOMMERCE, Running, running_sandbox

SECRET = "webhook secret of the tests"
MOODS = {"throttled": {"throttled": 1}, "revoked": {"key_revoked": True}, "down": {"down": True}, "well": {}}


class WooCommerceShop(Shop):
    vendor = "woocommerce"
    account_name = "shop.example.com"
    secrets: Mapping[str, str] = MappingProxyType(
        {
            "consumer_key": WOOCOMMERCE.consumer_key,
            "consumer_secret": WOOCOMMERCE.consumer_secret,
            "webhook_secret": SECRET,
        }
    )

    def __init__(self, running: Running) -> None:
        self.running = running
        self.settings = {"woocommerce_url": running.url}
        self.numbers = count(1)

    def place(self, *, method: str = "pickup", lines: int = 1, paid: bool = True, phone: str | None = None) -> str:
        wanted = [{"sku": "MUG-SLATE", "quantity": 1, "method": "shipping" if method == "shipping" else "pickup"}]
        wanted *= lines
        if method == "mixed":
            wanted.append({"sku": "LIP-ROSE", "quantity": 1, "method": "shipping"})
        order = {"lines": wanted, "paid": paid, "phone": SHOPPER if phone is None else phone, "location_id": "1001"}
        return str(self.running.post("/woocommerce/api/orders", order)["order_id"])

    def change(self, order_id: str, do: str, **wanted: object) -> None:
        self.running.post(f"/woocommerce/api/orders/{order_id}/change", {"do": do, **wanted})

    def pay(self, order_id: str) -> None:
        self.change(order_id, "status", status="processing")

    def cancel(self, order_id: str) -> None:
        self.change(order_id, "status", status="cancelled")

    def news(self, order_id: str, what: str) -> Sent:
        topic = "order.created" if what == "placed" else "order.updated"
        body = json.dumps({"id": int(order_id), "customer_note": str(next(self.numbers))}).encode()
        sent = self.signed(body)
        return replace(sent, headers={**sent.headers, "X-WC-Webhook-Topic": topic})

    def signed(self, body: bytes) -> Sent:
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
        return Sent(
            {
                "X-WC-Webhook-Source": "https://shop.example.com/",
                "X-WC-Webhook-Topic": "order.created",
                "X-WC-Webhook-Resource": "order",
                "X-WC-Webhook-Event": "created",
                "X-WC-Webhook-Signature": base64.b64encode(digest).decode(),
                "X-WC-Webhook-ID": "11",
                "X-WC-Webhook-Delivery-ID": f"{next(self.numbers):032x}",
            },
            body,
        )

    def again(self, sent: Sent) -> Sent:
        return replace(sent, headers={**sent.headers, "X-WC-Webhook-Delivery-ID": "f" * 32})

    def told(self) -> list[str]:
        found = []
        for write in self.running.get("/woocommerce/api/ledger")["writes"]:
            if write["what"] == "order":
                found += [entry["value"] for entry in write["body"]["meta_data"] if entry["value"] != "returned"]
            elif write["what"] == "refund":
                found.append("returned")
        return found

    def misbehave(self, how: str) -> None:
        self.running.post("/woocommerce/api/behaviour", {"reset": True, **MOODS[how]})


class TestWooCommerce(PlatformContract):
    @pytest.fixture
    def shop(self) -> Iterator[Shop]:
        with running_sandbox(now=lambda: clock.now()) as running:  # noqa: PLW0108
            yield WooCommerceShop(running)

    def test_a_ping_is_answered_and_nothing_is_kept_of_it(self, meeting: Meeting) -> None:
        path = f"/webhooks/woocommerce/{meeting.world.shop.connection_id}"
        form = "application/x-www-form-urlencoded"
        assert meeting.client.post(path, data=b"webhook_id=11", content_type=form).status_code == 200
        assert meeting.client.post(path, data=b"webhook_id=11&x=1", content_type=form).status_code == 401
        assert meeting.entries() == []

    def test_an_order_of_the_checkout_block_is_mapped_by_its_places_name(self, meeting: Meeting, shop: Any) -> None:
        order_id = shop.running.post(
            "/woocommerce/api/orders", {"lines": [{"sku": "MUG-SLATE"}], "blocks": True, "location_id": "1002"}
        )["order_id"]
        meeting.news(str(order_id), "placed")
        (pickup,) = meeting.pickups()
        assert (pickup.location_id, pickup.location_name, meeting.tasks()) == ("station", "Station", {"map_location"})

    @pytest.mark.parametrize("do", ["trash", "delete"])
    def test_an_order_that_is_thrown_away_frees_its_place_each_time_its_said(
        self, meeting: Meeting, shop: Any, do: str
    ) -> None:
        order_id = meeting.order()
        shop.change(order_id, do)
        body = json.dumps({"id": int(order_id)}).encode()
        for _ in range(2):
            sent = meeting.shop.signed(body)
            deleted = replace(sent, headers={**sent.headers, "X-WC-Webhook-Topic": "order.deleted"})
            assert meeting.deliver(deleted).status_code == 202
        drain(meeting.service)
        assert meeting.states() == ["cancelled"]

    def test_cash_on_pickup_waits_for_its_money(self, meeting: Meeting, shop: Any) -> None:
        wanted = {"lines": [{"sku": "MUG-SLATE"}], "paid": False, "status": "processing", "payment_method": "cod"}
        order_id = shop.running.post("/woocommerce/api/orders", {**wanted, "location_id": "1001"})["order_id"]
        meeting.news(str(order_id), "placed")
        (pickup,) = meeting.pickups()
        assert (pickup.state, pickup.reason) == ("waiting", "unpaid")
