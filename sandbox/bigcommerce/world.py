"""The store's orders and what may be done with them. Knows no HTTP and no webhook."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.shop.catalogue import CATALOGUE, Item

STATUSES = {
    0: "Incomplete",
    1: "Pending",
    2: "Shipped",
    3: "Partially Shipped",
    4: "Refunded",
    5: "Cancelled",
    6: "Declined",
    7: "Awaiting Payment",
    8: "Awaiting Pickup",
    9: "Awaiting Shipment",
    10: "Completed",
    11: "Awaiting Fulfillment",
    12: "Manual Verification Required",
    13: "Disputed",
    14: "Partially Refunded",
}
AS_PLACED = {True: (11, "captured"), False: (7, "")}
"""Status and payment status of a paid order, and of one to be paid."""
PICKUP_METHOD = 2


@dataclass
class Product:
    product_id: int
    item: Item
    quantity: int
    pickup_id: int | None
    kind: str = "physical"
    refunded: int = 0


@dataclass
class Order:
    order_id: int
    created_at: dt.datetime
    modified_at: dt.datetime
    status_id: int
    payment_status: str
    first_name: str
    phone: str
    email: str
    location_id: str
    products: list[Product]
    pickup_id: int | None = None
    is_deleted: bool = False
    refunds: list[dict[str, Any]] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(product.item.price * product.quantity for product in self.products)


@dataclass
class Record:
    """One of the Pickups API."""

    record_id: int
    order_id: int
    method_id: int
    ready_at: str
    items: list[dict[str, Any]]
    made_at: dt.datetime


class World:
    """All orders, guarded by one lock; `tell(scope, data)` hears of every change."""

    def __init__(self, now: Callable[[], dt.datetime], tell: Callable[[str, dict[str, Any]], None]) -> None:
        self.lock = threading.RLock()
        self.orders: dict[int, Order] = {}
        self.records: dict[int, Record] = {}
        self._now = now
        self._tell = tell
        self._order_ids = itertools.count(100)
        self._ids = itertools.count(1)

    def place(
        self,
        skus: Sequence[str] = ("LIP-ROSE",),
        *,
        downloads: Sequence[str] = (),
        pickup: bool = True,
        location_id: str = "1001",
        paid: bool = True,
        phone: str = "+14155550123",
    ) -> str:
        """Take an order; its id. All of it is picked up or all is shipped, and what is downloaded is neither."""
        with self.lock:
            now, (status, payment) = self._at(), AS_PLACED[paid]
            consignment = next(self._ids) if pickup else None
            products = [Product(next(self._ids), CATALOGUE[sku], 1, consignment) for sku in skus]
            products += [Product(next(self._ids), CATALOGUE[sku], 1, None, "digital") for sku in downloads]
            order = Order(
                next(self._order_ids),
                now,
                now,
                status,
                payment,
                "Robin",
                phone,
                "robin@example.com",
                location_id,
                products,
                consignment,
            )
            self.orders[order.order_id] = order
            self._tell("store/order/created", {"type": "order", "id": order.order_id})
            self._status_news(order, 0)
            return str(order.order_id)

    def pay(self, order_id: str) -> None:
        """The money came."""
        with self.lock:
            order = self.orders[int(order_id)]
            order.payment_status = "captured"
            self.set_status(order, 11)

    def refund(self, order_id: str, sku: str, pieces: int = 1) -> None:
        """The money for some pieces is given back; they are not handed over any more."""
        with self.lock:
            order = self.orders[int(order_id)]
            product = next(each for each in order.products if each.item.sku == sku and each.refunded < each.quantity)
            product.refunded += pieces
            order.refunds.append({"id": next(self._ids), "total_amount": product.item.price * pieces / 100})
            order.payment_status = "partially refunded"
            data = {"type": "order", "id": order.order_id, "refund": {"refund_id": order.refunds[-1]["id"]}}
            self._tell("store/order/refund/created", data)
            self.set_status(order, 14)

    def archive(self, order_id: str) -> None:
        """Taken out of the merchant's list."""
        with self.lock:
            order = self.orders[int(order_id)]
            order.is_deleted, order.modified_at = True, self._at()
            self._tell("store/order/archived", {"type": "order", "id": order.order_id})

    def set_status(self, order: Order, status: int) -> None:
        """A change of status, or none; both are news."""
        with self.lock:
            before, order.status_id, order.modified_at = order.status_id, status, self._at()
            self._status_news(order, before)

    def record(self, order: Order, method_id: int, ready_at: str, items: list[dict[str, Any]]) -> Record:
        """Products that lie ready. Checked by the caller."""
        with self.lock:
            record = Record(next(self._ids), order.order_id, method_id, ready_at, items, self._at())
            for item in items:
                item |= {"id": next(self._ids), "status": "AWAITING_COLLECTION", "collected_at": None}
            self.records[record.record_id] = record
            return record

    def _status_news(self, order: Order, before: int) -> None:
        base = {"type": "order", "id": order.order_id}
        if order.status_id != before:
            status = {"previous_status_id": before, "new_status_id": order.status_id}
            self._tell("store/order/statusUpdated", base | {"status": status})
        self._tell("store/order/updated", base)

    def _at(self) -> dt.datetime:
        """Now, as exactly as the vendor knows."""
        return self._now().replace(microsecond=0)
