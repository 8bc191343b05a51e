from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest

from sandbox.bigcommerce.state import ACCESS_TOKEN, CLIENT_SECRET, STORE_HASH, Store
from tests.contracts.clock import Clock
from tests.contracts.platform import PlatformContract, Sent, Shop
from tests.sandbox.running import running_sandbox

SCOPES = {"placed": "store/order/created", "changed": "store/order/updated", "cancelled": "store/order/statusUpdated"}
TOLD = {8: "ready", 10: "collected", 5: "returned"}
MOODS = {"throttled": {"throttled": 1}, "revoked": {"token_revoked": True}, "down": {"down": True}, "well": {}}


class BigCommerceShop(Shop):
    vendor = "bigcommerce"
    account_name = STORE_HASH
    secrets: Mapping[str, str] = MappingProxyType({"access_token": ACCESS_TOKEN, "client_secret": CLIENT_SECRET})

    def __init__(self, store: Store, url: str, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.settings = {"bigcommerce_url": f"{url}/bigcommerce"}

    def place(self, *, method: str = "pickup", lines: int = 1, paid: bool = True, phone: str | None = None) -> str:
        # An order of this platform is picked up or shipped as a whole; beside a pickup there are only downloads.
        order_id = self.store.world.place(
            ["MUG-SLATE"] * lines,
            downloads=["LIP-ROSE"] if method == "mixed" else [],
            pickup=method != "shipping",
            paid=paid,
            **({} if phone is None else {"phone": phone}),
        )
        self.clock.tick()
        return order_id

    def pay(self, order_id: str) -> None:
        self.store.world.pay(order_id)
        self.clock.tick()

    def cancel(self, order_id: str) -> None:
        self.store.world.set_status(self.store.world.orders[int(order_id)], 5)
        self.clock.tick()

    def news(self, order_id: str, what: str) -> Sent:
        return self.signed(self.store.hooks.body(SCOPES[what], {"type": "order", "id": int(order_id)}))

    def signed(self, body: bytes) -> Sent:
        return Sent(self.store.hooks.headers(str(uuid.uuid4()), body), body)

    def again(self, sent: Sent) -> Sent:
        return replace(sent, headers={**sent.headers, "webhook-id": str(uuid.uuid4())})

    def told(self) -> list[str]:
        return [TOLD[how] for what, _, how in self.store.ledger if what == "status"]

    def misbehave(self, how: str) -> None:
        self.store.behaviour.change({"reset": True, **MOODS[how]})


class TestBigCommerce(PlatformContract):
    @pytest.fixture
    def shop(self) -> Iterator[Shop]:
        clock = Clock()
        with running_sandbox(now=clock) as running:
            yield BigCommerceShop(running.sandbox.bigcommerce, running.url, clock)
