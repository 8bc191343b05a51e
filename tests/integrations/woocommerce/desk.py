"""The real platform at a desk of its own, with the pretend shop behind it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from bopis.ports import Account, OrderSnapshot
from integrations.woocommerce import WooCommercePlatform
from sandbox.woocommerce.shop import WooCommerceShop
from tests.sandbox.running import WOOCOMMERCE, Running

BEGAN = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
SECRETS = {
    "consumer_key": WOOCOMMERCE.consumer_key,
    "consumer_secret": WOOCOMMERCE.consumer_secret,
    "webhook_secret": "a secret of the tests",
}


@dataclass
class Desk:
    """The platform, an account, and the shop behind it, whose clock goes a second an order."""

    running: Running
    platform: WooCommercePlatform
    clock: list[dt.datetime]
    account: Account = field(
        default_factory=lambda: Account("c1", "woocommerce", "shop.example.com", dict(SECRETS), {})
    )

    @property
    def shop(self) -> WooCommerceShop:
        assert self.running.sandbox.woocommerce is not None
        return self.running.sandbox.woocommerce

    def place(self, *methods: str, **more: Any) -> str:
        skus = ("MUG-SLATE", "LIP-ROSE", "LAMP-ARC")
        lines = [{"sku": sku, "method": method} for sku, method in zip(skus, methods or ("pickup",), strict=False)]
        self.clock[0] += dt.timedelta(seconds=1)
        return str(self.shop.place({"lines": lines, **more}).order_id)

    def fetch(self, order_id: str) -> OrderSnapshot:
        found = self.platform.fetch_order(self.account, order_id)
        assert found is not None
        return found

    def units(self, order_id: str) -> list[str]:
        return [unit.unit_id for unit in self.fetch(order_id).units]

    def status(self, order_id: str) -> str:
        return self.shop.orders[int(order_id)].status

    def notes(self, order_id: str) -> list[str]:
        return [note.text for note in self.shop.orders[int(order_id)].notes]

    def writes(self) -> list[str]:
        return [str(entry["what"]) for entry in self.shop.ledger]

    def changed(self, since: dt.datetime = BEGAN) -> list[str]:
        return [order_id for order_id, _ in self.platform.changed_since(self.account, since)]

    def behave(self, **moods: Any) -> None:
        self.shop.behaviour.change(moods)
