"""The shop's orders and what may be done with them. Knows no HTTP and no event.

Orders are kept as the API writes them. A notification ships, and a paid order that is shipped is complete.
"""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sandbox.shop.catalogue import CATALOGUE

STATUSES = {
    "new": ("pending",),
    "processing": ("processing",),
    "complete": ("complete", "picked_up"),
    "closed": ("closed",),
    "canceled": ("canceled",),
    "holded": ("holded",),
}
"""State → the statuses assigned to it, the usual one first; `picked_up` is one a merchant made."""


class World:
    """All orders, guarded by one lock; `tell(order)` hears of every one that is saved."""

    def __init__(
        self, now: Callable[[], dt.datetime], sources: Iterable[str], tell: Callable[[dict[str, Any]], None]
    ) -> None:
        self.lock = threading.RLock()
        self.orders: dict[int, dict[str, Any]] = {}
        self.mails: list[int] = []
        """The orders whose shoppers were told that they lie ready, one entry for each mail."""
        self.stock = {(sku, source): 10.0 for sku in CATALOGUE for source in sources}
        self._now, self._tell = now, tell
        self._numbers = itertools.count(81)
        self._items = itertools.count(501)

    def place(
        self,
        skus: Sequence[str] = ("LIP-ROSE",),
        *,
        virtual: Sequence[str] = (),
        method: str = "instore_pickup",
        source: str = "1001",
        paid: bool = True,
        phone: str = "+14155550123",
        payment: str = "checkmo",
    ) -> str:
        """Take an order; its id. What is `virtual` is sent by mail and belongs to no shipment."""
        with self.lock:
            number = next(self._numbers)
            items = [self._item(sku, False) for sku in skus] + [self._item(sku, True) for sku in virtual]
            total = round(sum(item["row_total"] for item in items), 4)
            at = self._at()
            shipping = {"address": {"city": "Fernhill", "country_id": "US"}, "method": method}
            more: dict[str, Any] = {"shipping_assignments": [{"shipping": shipping, "items": items}]}
            if method == "instore_pickup":
                more |= {"pickup_location_code": source, "notification_sent": 0, "send_notification": 0}
            self.orders[number] = {
                "entity_id": number,
                "increment_id": f"{number:09d}",
                "state": "processing" if paid else "new",
                "status": "processing" if paid else "pending",
                "created_at": at,
                "updated_at": at,
                "order_currency_code": "USD",
                "base_currency_code": "USD",
                "grand_total": total,
                "total_due": 0 if paid else total,
                **({"total_paid": total} if paid else {}),
                "customer_firstname": "Robin",
                "customer_email": "robin@example.com",
                "customer_is_guest": 1,
                "billing_address": {"firstname": "Robin", "country_id": "US", "telephone": phone, "postcode": "94103"},
                "payment": {"method": payment, "additional_information": []},
                "items": items,
                "status_histories": [],
                "extension_attributes": more,
            }
            self._tell(self.orders[number])
            return str(number)

    def pay(self, order_id: str) -> None:
        """Its invoice was made."""
        with self.lock:
            order = self.orders[int(order_id)]
            order |= {"total_paid": order["grand_total"], "total_due": 0}
            self._become(order, "processing")

    def cancel(self, order_id: str) -> None:
        """Call it off: what was paid is given back by a credit memo, which closes it."""
        with self.lock:
            order = self.orders[int(order_id)]
            if order.get("total_paid"):
                order["total_refunded"] = order["total_paid"]
                for item in order["items"]:
                    item["qty_refunded"] = item["qty_ordered"]
                self._become(order, "closed")
                return
            for item in order["items"]:
                item["qty_canceled"] = item["qty_ordered"]
            order |= {"total_canceled": order["grand_total"], "total_due": 0}
            self._become(order, "canceled")

    def refund(self, order_id: str, item: int, pieces: int) -> None:
        """A credit memo over some pieces of one line."""
        with self.lock:
            order = self.orders[int(order_id)]
            line = order["items"][item]
            line["qty_refunded"] += pieces
            order["total_refunded"] = order.get("total_refunded", 0) + line["row_total"] * pieces / line["qty_ordered"]
            self.saved(order)

    def notify(self, order: dict[str, Any], mails_wait: bool) -> bool:
        """Mail its shopper, however often it is asked for, and ship what is not shipped; False where it refuses."""
        can_ship = order["state"] in ("new", "processing") and not any(item["qty_refunded"] for item in order["items"])
        shipped = any(item["qty_shipped"] for item in order["items"])
        if not (can_ship or shipped) or order["state"] in ("holded", "canceled", "closed"):
            return False
        more = order["extension_attributes"]
        if "pickup_location_code" not in more:
            return False
        more["send_notification"] = 1
        if not mails_wait:
            more["notification_sent"] = 1
        self.mails.append(order["entity_id"])
        for item in order["items"]:
            if not item["is_virtual"] and not item["qty_shipped"]:
                item["qty_shipped"] = item["qty_ordered"]
                self.stock[item["sku"], more["pickup_location_code"]] -= item["qty_ordered"]
        if order["state"] == "processing":
            self._become(order, "complete")
        else:
            self.saved(order)
        return True

    def saved(self, order: dict[str, Any]) -> None:
        """Stamp a change and tell of it."""
        order["updated_at"] = self._at()
        self._tell(order)

    def _become(self, order: dict[str, Any], state: str) -> None:
        order["state"], order["status"] = state, STATUSES[state][0]
        self.saved(order)

    def _item(self, sku: str, is_virtual: bool) -> dict[str, Any]:
        item = CATALOGUE[sku]
        return {
            "item_id": next(self._items),
            "product_type": "virtual" if is_virtual else "simple",
            "is_virtual": int(is_virtual),
            "name": item.title,
            "sku": sku,
            "qty_ordered": 1,
            "qty_canceled": 0,
            "qty_refunded": 0,
            "qty_shipped": 0,
            "weight": 0 if is_virtual else item.grams / 1000,
            "row_total": item.price / 100,
            "tax_amount": 0,
            "discount_amount": 0,
            "discount_tax_compensation_amount": 0,
        }

    def _at(self) -> str:
        return self._now().astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
