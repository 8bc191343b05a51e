from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from types import MappingProxyType
from typing import Any

import pytest

from bopis import clock
from sandbox.standard.shop import StandardShop
from sandbox.standard.signing import signature
from tests.contracts.platform import Meeting, PlatformContract, Sent, Shop
from tests.sandbox.running import STANDARD, Running, running_sandbox

EVENTS = {"placed": "order.created", "changed": "order.updated", "cancelled": "order.cancelled"}
MOODS = {"throttled": {"throttled": 1}, "revoked": {"refuses_us": True}, "down": {"down": True}, "well": {}}


class AnyShop(Shop):
    """Answers us at addresses of its own."""

    vendor = "standard"
    lists_places = False
    account_name = "example"
    secrets: Mapping[str, str] = MappingProxyType(
        {"signing_secret": STANDARD.signing_secret, "access_token": STANDARD.access_token}
    )
    settings: Mapping[str, Any] = MappingProxyType({"private_urls": True})

    def __init__(self, running: Running, *addresses: str) -> None:
        self.running = running
        assert running.sandbox.standard is not None
        self.inner: StandardShop = running.sandbox.standard
        ways = {"orders_url": "/standard/orders", "callback_url": "/standard/news"}
        self.account_settings = {name: running.url + path for name, path in ways.items() if name in addresses}
        self.numbers = count(1)

    def place(self, *, method: str = "pickup", lines: int = 1, paid: bool = True, phone: str | None = None) -> str:
        wanted = [{"sku": "MUG-SLATE", "method": "other" if method == "shipping" else "pickup"}] * lines
        if method == "mixed":
            wanted = [*wanted, {"sku": "LIP-ROSE", "method": "other"}]
        order = {"lines": wanted, "paid": paid, "phone": phone or "+14155550123"}
        return str(self.running.post("/standard/api/orders", order)["id"])

    def pay(self, order_id: str) -> None:
        self.running.post(f"/standard/api/orders/{order_id}/change", {"paid": True})

    def cancel(self, order_id: str) -> None:
        self.running.post(f"/standard/api/orders/{order_id}/change", {"cancel": True})

    def news(self, order_id: str, what: str) -> Sent:
        message = self.inner.message(EVENTS[what], order_id)
        return self.signed(json.dumps({**message, "number": next(self.numbers)}).encode())

    def signed(self, body: bytes) -> Sent:
        message_id, now = f"msg_{next(self.numbers)}", int(clock.now().timestamp())
        proof = signature(STANDARD.signing_secret, message_id, now, body)
        return Sent({"webhook-id": message_id, "webhook-timestamp": str(now), "webhook-signature": proof}, body)

    def again(self, sent: Sent) -> Sent:
        return replace(sent, headers={**sent.headers, "webhook-id": "another"})

    def told(self) -> list[str]:
        return [each["what"] for each in self.running.get("/standard/api/ledger")["told"]]

    def misbehave(self, how: str) -> None:
        self.running.post("/standard/api/behaviour", {"reset": True, **MOODS[how]})


class TestStandard(PlatformContract):
    @pytest.fixture
    def shop(self) -> Iterator[Shop]:
        with running_sandbox(now=lambda: clock.now()) as running:  # noqa: PLW0108
            yield AnyShop(running, "orders_url", "callback_url")

    @pytest.mark.skip("whoever runs the shop types our address in: there is nothing to subscribe to")
    def test_its_news_are_subscribed_to_once(self) -> None: ...


class TestStandardThatOnlySends(TestStandard):
    """A shop that gave us no address to ask for orders: what it sent is all there is."""

    @pytest.fixture
    def shop(self) -> Iterator[Shop]:
        with running_sandbox(now=lambda: clock.now()) as running:  # noqa: PLW0108
            yield AnyShop(running, "callback_url")

    @pytest.mark.parametrize("how", ["throttled", "down"])
    def test_what_it_cannot_answer_now_is_asked_again(self, meeting: Meeting, later: Any, how: str) -> None:
        meeting.shop.misbehave(how)
        meeting.order()
        assert meeting.states() == ["reserved"]

    @pytest.mark.skip("it is never asked, so that it cannot refuse")
    def test_when_it_lets_us_in_no_more_a_person_is_told_and_it_heals(self) -> None: ...

    @pytest.mark.skip("it has no list of what changed")
    def test_an_order_nobody_told_us_of_is_found(self) -> None: ...

    def test_after_five_hours_out_of_reach_everything_is_made_good_within_ten_minutes(
        self, meeting: Meeting, later: Any
    ) -> None:
        called_off = meeting.order()
        missed = [meeting.shop.place() for _ in range(3)]
        meeting.shop.cancel(called_off)
        later(hours=5)
        for order_id in [*missed, called_off]:
            meeting.news(order_id)  # it tries again by itself, signing anew
        assert sorted(meeting.states()) == ["cancelled", "reserved", "reserved", "reserved"]
