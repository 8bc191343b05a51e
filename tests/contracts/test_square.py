from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pytest

from sandbox.square.state import ACCESS_TOKEN, MERCHANT_ID, SIGNATURE_KEY, Seller
from tests.contracts.platform import Meeting, PlatformContract, Sent, Shop
from tests.sandbox.running import running_sandbox

TOPICS = {"placed": "order.created", "changed": "order.updated", "cancelled": "order.updated"}
TOLD = {"PREPARED": "ready", "COMPLETED": "collected", "CANCELED": "returned"}
MOODS = {"throttled": {"throttled": 1}, "revoked": {"token_revoked": True}, "down": {"down": True}, "well": {}}


class SquareShop(Shop):
    vendor = "square"
    account_name = MERCHANT_ID
    secrets: Mapping[str, str] = MappingProxyType({"access_token": ACCESS_TOKEN, "signature_key": SIGNATURE_KEY})

    def __init__(self, seller: Seller, url: str) -> None:
        self.seller = seller
        self.settings = {"square_url": f"{url}/square"}
        self.callback_url = ""
        """Its signatures cover where a delivery is sent."""

    def place(self, *, method: str = "pickup", lines: int = 1, paid: bool = True, phone: str | None = None) -> str:
        goods = ["MUG-SLATE"] * lines
        shipped = {"shipping": goods, "mixed": ["LIP-ROSE"]}.get(method, [])
        return self.seller.world.place(
            [] if method == "shipping" else goods,
            shipped=shipped,
            paid=paid,
            **({} if phone is None else {"phone": phone}),
        )

    def pay(self, order_id: str) -> None:
        self.seller.world.pay(order_id)

    def cancel(self, order_id: str) -> None:
        self.seller.world.cancel(order_id)

    def news(self, order_id: str, what: str) -> Sent:
        return self.signed(self.seller.hooks.body(TOPICS[what], self.seller.world.orders[order_id]))

    def signed(self, body: bytes) -> Sent:
        return Sent(self.seller.hooks.headers(self.callback_url, body), body)

    def again(self, sent: Sent) -> Sent:
        # The event's id stands in the body, which nobody else can sign.
        return sent

    def told(self) -> list[str]:
        return [TOLD[state] for _, state in self.seller.ledger]

    def misbehave(self, how: str) -> None:
        self.seller.behaviour.change({"reset": True, **MOODS[how]})


class TestSquare(PlatformContract):
    @pytest.fixture
    def shop(self) -> Iterator[Shop]:
        with running_sandbox() as running:
            yield SquareShop(running.sandbox.square, running.url)

    @pytest.fixture(autouse=True)
    def _knows_where_it_sends(self, shop: SquareShop, meeting: Meeting) -> None:
        public_url = meeting.service.settings.public_url
        shop.callback_url = f"{public_url}/webhooks/square/{meeting.world.shop.connection_id}"
