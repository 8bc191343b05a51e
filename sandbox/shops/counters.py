"""One counter a shop, all alike: buy something, see how the shop sees its orders, have it tell of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.bigcommerce.hooks import SCOPES
from sandbox.bigcommerce.state import Store
from sandbox.bigcommerce.world import STATUSES
from sandbox.magento.events import ORDER_SAVED
from sandbox.magento.state import MagentoShop
from sandbox.square.hooks import TOPICS
from sandbox.square.state import Seller
from sandbox.standard.shop import StandardShop
from sandbox.woocommerce.shop import WooCommerceShop


@dataclass(frozen=True)
class Wanted:
    """What somebody buys: one piece, picked up at a location."""

    sku: str
    location_id: str
    phone: str
    paid: bool = True


@dataclass(frozen=True)
class Counter:
    """Of one shop. `orders` yields (number, the shop's own word for how it stands), oldest first."""

    title: str
    place: Callable[[Wanted], str]
    orders: Callable[[], Iterator[tuple[str, str]]]
    tell: Callable[[str], None]
    """Have it send its news to this address, as if that had been set up there."""


def of_bigcommerce(store: Store) -> Counter:
    def tell(url: str) -> None:
        for scope in sorted(each for each in SCOPES if not each.endswith("*")):
            store.hooks.add({"scope": scope, "destination": url})

    return Counter(
        "BigCommerce",
        lambda wanted: store.world.place([wanted.sku], **_how(wanted, "location_id")),
        lambda: ((str(order.order_id), STATUSES[order.status_id]) for order in store.world.orders.values()),
        tell,
    )


def of_square(seller: Seller) -> Counter:
    def orders() -> Iterator[tuple[str, str]]:
        for order_id, order in seller.world.orders.items():
            yield order_id, ", ".join(each["state"] for each in order.get("fulfillments", [])) or order["state"]

    def tell(url: str) -> None:
        seller.hooks.put({"name": "pickups", "event_types": list(TOPICS), "notification_url": url})

    return Counter(
        "Square", lambda wanted: seller.world.place([wanted.sku], **_how(wanted, "location_id")), orders, tell
    )


def of_magento(shop: MagentoShop) -> Counter:
    def orders() -> Iterator[tuple[str, str]]:
        for order in shop.world.orders.values():
            said = [each["comment"] for each in order["status_histories"] if each.get("comment")]
            yield order["increment_id"], " · ".join([order["status"], *said[:1]])

    def tell(url: str) -> None:
        shop.events.url = url
        fields = [{"name": "entity_id"}, {"name": "updated_at"}]
        shop.events.subscribed[ORDER_SAVED] = {"name": ORDER_SAVED, "fields": fields}

    return Counter(
        "Adobe Commerce", lambda wanted: shop.world.place([wanted.sku], **_how(wanted, "source")), orders, tell
    )


def of_woocommerce(shop: WooCommerceShop) -> Counter:
    def orders() -> Iterator[tuple[str, str]]:
        for order in shop.orders.values():
            yield str(order.order_id), " · ".join([order.status, *(note.text for note in order.notes[-1:])])

    def tell(url: str) -> None:
        for what in ("created", "updated", "deleted", "restored"):
            shop.webhooks.create("pickups", f"order.{what}", url, shop.config.webhook_secret)

    return Counter(
        "WooCommerce",
        lambda wanted: str(shop.place({"lines": [{"sku": wanted.sku}], **_how(wanted, "location_id")}).order_id),
        orders,
        tell,
    )


def of_standard(shop: StandardShop) -> Counter:
    def orders() -> Iterator[tuple[str, str]]:
        for order_id, order in shop.orders.items():
            units = {unit["id"] for unit in order["units"]}
            told = [each["what"] for each in shop.told if each["unit_id"] in units]
            yield order_id, "cancelled" if order["cancelled_at"] else (told or ["placed"])[-1]

    # Its address stands in its own configuration.
    return Counter(
        "Any other shop",
        lambda wanted: str(shop.place({"lines": [{"sku": wanted.sku}], **_how(wanted, "location_id")})["id"]),
        orders,
        lambda url: None,
    )


def _how(wanted: Wanted, location: str) -> dict[str, Any]:
    return {location: wanted.location_id, "phone": wanted.phone, "paid": wanted.paid}
