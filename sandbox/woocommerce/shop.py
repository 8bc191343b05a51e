"""The shop: what happens to its orders, what it tells, and a ledger of what was asked of it."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from sandbox.behaviour import Behaviour, Refused
from sandbox.config import WooCommerceConfig
from sandbox.later import Later
from sandbox.shop.catalogue import CATALOGUE
from sandbox.woocommerce.orders import Line, Note, Order, Package, Refund, order_body
from sandbox.woocommerce.webhooks import Webhooks

BEHAVIOUR = {
    "down": False,  # every call answers 503, in HTML
    "slow": 0.0,  # seconds before an answer
    "throttled": 0,  # so many calls are refused with 429
    "key_revoked": False,  # every call answers 401
    "lost_answers": 0,  # so many writing calls are done, and the answer takes `hang` seconds
    "hang": 20.0,
    "warnings": False,  # PHP writes a warning before each answer
    "lies": False,  # an order asked for is another one
    "blocked": False,  # a firewall answers 403, in HTML
    "duplicate_webhooks": False,
    "shuffle_webhooks": 0.0,  # each delivery waits a random time up to so many seconds
    "drop_webhooks": 0,  # so many deliveries never leave
}
STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "checkout-draft")
STOCK = 1000
_HOLDS_STOCK = ("processing", "on-hold", "completed")


class WooCommerceShop:
    """One lock for everything of it."""

    def __init__(self, config: WooCommerceConfig, now: Callable[[], dt.datetime], later: Later) -> None:
        self.config, self.now = config, now
        self.behaviour = Behaviour(BEHAVIOUR)
        self.webhooks = Webhooks(config.site, now, later, self.behaviour)
        self.lock = threading.RLock()
        self.orders: dict[int, Order] = {}
        self.stock: Counter[str] = Counter(dict.fromkeys(CATALOGUE, STOCK))
        self.statuses = set(STATUSES) | set(config.statuses)
        self.keys = {config.consumer_key: config.consumer_secret}
        self.ledger: list[dict[str, Any]] = []
        """What was written into it by its API, in order."""
        self.emails: list[str] = []
        """What it wrote to shoppers because of that."""
        self._ids = itertools.count(727)

    def place(self, wanted: dict[str, Any]) -> Order:
        """A new order.

        `{"lines": [{"sku", "quantity", "method"}], "location_id", "phone", "email", "paid", "blocks", "status"}`; lines
        of one method share a package. `blocks`: ordered in the checkout block, else in the classic one.
        """
        with self.lock:
            packages: dict[str, list[Line]] = {}
            for line in wanted["lines"]:
                if line["sku"] not in CATALOGUE:
                    raise Refused("unknown_sku", "There is no such item.")
                made = Line(next(self._ids), CATALOGUE[line["sku"]], int(line.get("quantity", 1)))
                packages.setdefault(line.get("method", "pickup"), []).append(made)
            now, is_paid = self.now(), bool(wanted.get("paid", True))
            order = Order(
                order_id=next(self._ids),
                status=wanted.get("status") or ("processing" if is_paid else "pending"),
                created_at=now,
                modified_at=now,
                paid_at=now if is_paid else None,
                first_name=wanted.get("first_name", ""),
                phone=wanted.get("phone", ""),
                email=wanted.get("email", ""),
                payment_method=wanted.get("payment_method", "stripe"),
                lines=[line for lines in packages.values() for line in lines],
                packages=[self._package(method, lines, wanted) for method, lines in packages.items()],
            )
            self.orders[order.order_id] = order
            if order.status in _HOLDS_STOCK:
                self._take_stock(order, -1)
            self.tell("order.created", order)
            return order

    def set_status(self, order: Order, status: str) -> None:
        """Move an order to a status, and do what follows from it."""
        with self.lock:
            before, order.status = order.status, status
            if status in ("processing", "completed") and order.paid_at is None and order.payment_method != "cod":
                order.paid_at = self.now()
            if status == "completed":
                order.completed_at = order.completed_at or self.now()
                order.paid_at = order.paid_at or self.now()
            if before not in _HOLDS_STOCK and status in _HOLDS_STOCK:
                self._take_stock(order, -1)
            elif before in _HOLDS_STOCK and status in ("cancelled", "pending"):
                self._take_stock(order, 1)
            self.changed(order)

    def refund(
        self, order: Order, amount: int, reason: str, lines: list[tuple[int, int, int]], restock: bool, moves: bool
    ) -> Refund:
        """Give back money, pieces, or both; with the last of its money an order is refunded."""
        with self.lock:
            made = Refund(next(self._ids), self.now(), amount, reason, lines, moves)
            is_partial = order.remaining - amount > 0
            order.refunds.append(made)
            skus = {line.line_id: line.item.sku for line in order.lines}
            for line_id, pieces, _ in lines if restock else ():
                self.stock[skus[line_id]] += pieces
            self.emails.append("partial refund" if is_partial else "refund")
            if not is_partial:
                order.status = "refunded"
            self.changed(order)
            return made

    def note(self, order: Order, text: str, to_customer: bool) -> Note:
        """One more note; a customer's is e-mailed. It changes nothing of the order, and nobody is told."""
        with self.lock:
            made = Note(next(self._ids), self.now(), text, to_customer)
            order.notes.append(made)
            if to_customer:
                self.emails.append("note")
            return made

    def trash(self, order: Order) -> None:
        """Out of sight; it can be restored."""
        with self.lock:
            order.status_before_trash, order.status = order.status, "trash"
            order.modified_at = self.now()
            self.webhooks.tell("order.deleted", order.order_id, lambda: {"id": order.order_id})

    def restore(self, order: Order) -> None:
        """Back from the trash."""
        with self.lock:
            order.status = order.status_before_trash
            order.modified_at = self.now()
            self.tell("order.restored", order)

    def delete(self, order: Order) -> None:
        """As if it had never been."""
        with self.lock:
            del self.orders[order.order_id]
            self.webhooks.tell("order.deleted", order.order_id, lambda: {"id": order.order_id})

    def changed(self, order: Order) -> None:
        """Stamp a change and tell of it."""
        order.modified_at = self.now()
        self.tell("order.updated", order)

    def tell(self, topic: str, order: Order) -> None:
        """Send the order as it will be when the news leaves."""
        self.webhooks.tell(topic, order.order_id, lambda: self.body(order))

    def body(self, order: Order) -> dict[str, Any]:
        """The order as it is now."""
        with self.lock:
            return order_body(order, self.config.site)

    def existing(self, order_id: int) -> Order:
        """The order. Raises Refused."""
        if order_id not in self.orders:
            raise Refused("unknown_order", "There is no such order.", 404)
        return self.orders[order_id]

    def new_id(self) -> int:
        return next(self._ids)

    def _package(self, method: str, lines: list[Line], wanted: dict[str, Any]) -> Package:
        items = ", ".join(f"{line.item.title} &times; {line.quantity}" for line in lines)
        # The key is in the shop's language.
        contents, package_id = ("Artículos", items), next(self._ids)
        if method != "pickup":
            return Package(package_id, "flat_rate", "Flat rate", "1", [contents])
        location_id = str(wanted.get("location_id") or self.config.locations[0][0])
        name = dict(self.config.locations).get(location_id, location_id)
        if not wanted.get("blocks"):
            return Package(package_id, "local_pickup", name, location_id, [contents])
        place = [("pickup_location", name), ("pickup_address", ""), ("pickup_details", "")]
        return Package(package_id, "pickup_location", f"Pickup ({name})", "0", [*place, contents])

    def _take_stock(self, order: Order, sign: int) -> None:
        for line in order.lines:
            self.stock[line.item.sku] += sign * line.quantity
