"""The shop's orders and what may be done with them. Knows no HTTP, no GraphQL and no webhook.

A fulfilment order is called a unit here, as everywhere in this project.
"""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.shop.catalogue import Item

# Beyond 2**53, as genuine ids may be: a client that reads them as floating point finds no order.
FIRST_ORDER = 820_982_911_946_154_501
FIRST_UNIT = 950_982_911_946_154_001
FIRST_LINE = 990_982_911_946_154_001


@dataclass
class UnitLine:
    line_id: str
    order_line_id: str
    item: Item
    total: int
    remaining: int


@dataclass
class Unit:
    unit_id: str
    order_id: str
    location_id: str
    method: str
    visible_from: dt.datetime
    lines: list[UnitLine]
    status: str = "OPEN"
    prepared_at: dt.datetime | None = None
    fulfillments: list[str] = field(default_factory=list)


@dataclass
class Order:
    order_id: str
    number: int
    created_at: dt.datetime
    updated_at: dt.datetime
    first_name: str
    phone: str
    email: str
    location_id: str
    units: list[Unit]
    paid: bool
    cancelled_at: dt.datetime | None = None
    refunded: int = 0
    """Pieces whose money was given back."""

    @property
    def name(self) -> str:
        return f"#{self.number}"

    @property
    def lines(self) -> list[UnitLine]:
        return [line for unit in self.units for line in unit.lines]

    @property
    def total(self) -> int:
        return sum(line.item.price * line.total for line in self.lines)

    @property
    def fulfillment_status(self) -> str:
        """Shopify's OrderDisplayFulfillmentStatus."""
        left, total = (sum(getattr(line, count) for line in self.lines) for count in ("remaining", "total"))
        if left == 0:
            return "FULFILLED"
        return "UNFULFILLED" if left == total else "PARTIALLY_FULFILLED"


@dataclass(frozen=True)
class WantedLine:
    """`method` is one of Shopify's DeliveryMethodType; lines of one place and method share a fulfilment order."""

    item: Item
    quantity: int
    location_id: str
    method: str = "PICK_UP"


@dataclass(frozen=True)
class Wanted:
    """What a shopper puts into the basket and says at the checkout."""

    lines: tuple[WantedLine, ...]
    first_name: str
    phone: str
    email: str
    paid: bool


class NotPossible(Exception):
    """The shop refuses; the text is what it says."""


def unit_body(unit: Unit, **more: Any) -> dict[str, Any]:
    """How news of a fulfilment order names it: by its global id, and without its order."""
    return {
        "fulfillment_order": {
            "id": f"gid://shopify/FulfillmentOrder/{unit.unit_id}",
            "status": unit.status.lower(),
            **more,
        }
    }


class World:
    """All orders, guarded by one lock; `tell(topic, order, body, after)` hears of every change while the lock is held.

    `body` is None for the whole order, `after` seconds from now. What a merchant changes later is in `changes`.
    """

    def __init__(self, now: Callable[[], dt.datetime], tell: Callable[..., None]) -> None:
        self.lock = threading.RLock()
        self.orders: dict[str, Order] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        """What was answered under each idempotency key."""
        self._now = now
        self._tell = tell
        self._order_ids = itertools.count(FIRST_ORDER)
        self._unit_ids = itertools.count(FIRST_UNIT)
        self._line_ids = itertools.count(FIRST_LINE)
        self._numbers = itertools.count(1001)

    def place(self, wanted: Wanted, units_after: float = 0.0) -> Order:
        """Take an order; its fulfilment order can be seen `units_after` seconds later, as happens at the vendor."""
        with self.lock:
            now = self._now()
            order_id = str(next(self._order_ids))
            visible_from = now + dt.timedelta(seconds=units_after)
            order = Order(
                order_id=order_id,
                number=next(self._numbers),
                created_at=now,
                updated_at=now,
                first_name=wanted.first_name,
                phone=wanted.phone,
                email=wanted.email,
                location_id=wanted.lines[0].location_id,
                units=self._units(order_id, wanted, visible_from),
                paid=wanted.paid,
            )
            self.orders[order_id] = order
            self._tell("orders/create", order)
            if order.paid:
                self._tell("orders/paid", order)
            for unit in order.units:
                body = unit_body(unit)
                self._tell("fulfillment_orders/order_routing_complete", order, body, units_after)
            return order

    def pay(self, order_id: str) -> Order:
        """Take the money for an unpaid order. Raises NotPossible."""
        with self.lock:
            order = self.existing(order_id)
            if order.paid or order.cancelled_at:
                raise NotPossible("the order is cancelled" if order.cancelled_at else "the order is paid already")
            order.paid = True
            self.changed(order, "orders/paid")
            return order

    def cancel(self, order_id: str) -> Order:
        """Call an order off. Raises NotPossible, as Shopify does once goods were handed over."""
        with self.lock:
            order = self.existing(order_id)
            if order.cancelled_at:
                raise NotPossible("the order is cancelled already")
            if order.fulfillment_status != "UNFULFILLED":
                raise NotPossible("a fulfilled order cannot be cancelled")
            order.cancelled_at = self._now()
            for unit in order.units:
                unit.status = "CANCELLED"
            self.changed(order, "orders/cancelled")
            return order

    def unit(self, unit_id: str) -> Unit | None:
        """One fulfilment order that can be seen by now."""
        with self.lock:
            units = (unit for order in self.orders.values() for unit in order.units)
            return next((u for u in units if u.unit_id == unit_id and u.visible_from <= self._now()), None)

    def visible_units(self, order: Order) -> list[Unit]:
        """The fulfilment orders the shop has worked out by now."""
        return [unit for unit in order.units if unit.visible_from <= self._now()]

    def prepare(self, units: list[Unit]) -> None:
        """The goods of these wait for the shopper."""
        with self.lock:
            order = self.orders[units[0].order_id]
            for unit in units:
                unit.prepared_at = self._now()
                body = {"preparable": True, "delivery_method": {"method_type": "pickup"}}
                self._tell("fulfillment_orders/line_items_prepared_for_pickup", order, unit_body(unit, **body))
            self.changed(order)

    def fulfil(self, takes: list[tuple[Unit, list[tuple[UnitLine, int]]]]) -> str:
        """Hand these quantities over; the new fulfilment's id. Checked by the caller."""
        with self.lock:
            fulfillment_id = str(next(self._line_ids))
            for unit, quantities in takes:
                for line, quantity in quantities:
                    line.remaining -= quantity
                unit.fulfillments.append(fulfillment_id)
                unit.status = "IN_PROGRESS" if any(line.remaining for line in unit.lines) else "CLOSED"
            order = self.orders[takes[0][0].order_id]
            done = order.fulfillment_status == "FULFILLED"
            self.changed(order, "orders/fulfilled" if done else "orders/partially_fulfilled")
            return fulfillment_id

    def put_back(self, order: Order, takes: list[tuple[UnitLine, int]]) -> None:
        """These quantities are not handed over any more and are in stock again. Checked by the caller."""
        for line, quantity in takes:
            line.remaining -= quantity
        for unit in order.units:
            if unit.status in ("OPEN", "IN_PROGRESS") and not any(line.remaining for line in unit.lines):
                unit.status = "CLOSED"
        self.changed(order)

    def changed(self, order: Order, *topics: str) -> None:
        """Stamp a change and tell of it, of `orders/updated` as well."""
        order.updated_at = self._now()
        for topic in (*topics, "orders/updated"):
            self._tell(topic, order)

    def tell(self, topic: str, order: Order, body: dict[str, Any]) -> None:
        """Tell of something whose body is not the order."""
        self._tell(topic, order, body)

    def new_unit(self, order: Order, like: Unit, lines: list[UnitLine]) -> Unit:
        """One more fulfilment order, of the same place and method as another."""
        unit = Unit(str(next(self._unit_ids)), order.order_id, like.location_id, like.method, self._now(), lines)
        order.units.append(unit)
        return unit

    def new_line(self, item: Item, quantity: int, order_line_id: str = "") -> UnitLine:
        """One more line of a fulfilment order."""
        ids = str(next(self._line_ids)), order_line_id or str(next(self._line_ids))
        return UnitLine(*ids, item, quantity, quantity)

    def existing(self, order_id: str) -> Order:
        """The order. Raises NotPossible."""
        if order_id not in self.orders:
            raise NotPossible("there is no such order")
        return self.orders[order_id]

    def _units(self, order_id: str, wanted: Wanted, visible_from: dt.datetime) -> list[Unit]:
        units: dict[tuple[str, str], Unit] = {}
        for line in wanted.lines:
            where = (line.location_id, line.method)
            if where not in units:
                units[where] = Unit(str(next(self._unit_ids)), order_id, *where, visible_from, [])
            units[where].lines.append(self.new_line(line.item, line.quantity))
        return list(units.values())
