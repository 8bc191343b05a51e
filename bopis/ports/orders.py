"""An order as a platform has it, and orders in our own schema."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from bopis.money import Money
from bopis.ports.common import Delivery


@dataclass(frozen=True)
class Line:
    """One line of an order or of a unit."""

    line_id: str
    title: str
    quantity: int
    sku: str = ""
    weight_grams: int | None = None
    """Of one piece."""
    sides_mm: tuple[int, int, int] | None = None
    """Height, width and depth of one packed piece, where the platform knows them."""
    cost: Money | None = None
    """Of all its pieces together, discounts taken off and taxes in it; None where the platform does not say."""


@dataclass(frozen=True)
class Location:
    """A place as the platform names it."""

    location_id: str
    name: str


@dataclass(frozen=True)
class Unit:
    """What is to be handed over in one place, such as one fulfilment order of a shop platform."""

    unit_id: str
    status: str
    """`open`, `closed` (nothing left to hand over here), `cancelled` or `on_hold`."""
    is_pickup: bool
    location: Location
    lines: tuple[Line, ...]
    phone: str = field(default="", repr=False)
    """Of whoever picks up here, when that is not whoever ordered."""
    email: str = field(default="", repr=False)


@dataclass(frozen=True)
class OrderSnapshot:
    """An order as the platform has it now. News only says that there is one; this is what is acted on, so that late,
    duplicate and out-of-order news do no harm."""

    order_id: str
    name: str
    updated_at: dt.datetime
    paid: bool
    cancelled_at: dt.datetime | None
    units: tuple[Unit, ...]
    phone: str = field(default="", repr=False)
    emails: tuple[str, ...] = field(default=(), repr=False)
    """As the platform has them, the likeliest to reach whoever picks up first; used where no text reaches."""
    country: str = ""
    first_name: str = field(default="", repr=False)
    locale: str = ""
    complete: bool = True
    """False when the platform has not yet worked out its units: worth asking again shortly."""
    total: Money | None = None
    """What the whole order costs now, edits and refunds taken off; None where the platform was not asked."""
    to_pay: bool = False
    """It was ordered to be paid later: the platform neither has nor holds any money for it."""


class OrderMessage(NamedTuple):
    """An order that came otherwise than signed by its shop, made what the shop's platform would have been sent."""

    delivery: Delivery
    body: bytes


class Mistake(NamedTuple):
    """What is wrong in one line of a file; the first line is 1, and 0 is the whole."""

    line: int
    words: str


class BadOrders(ValueError):
    """Orders somebody gave us hold mistakes; all of them, and no order was taken."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(f"line {line}: {words}" if line else words for line, words in mistakes))
        self.mistakes = list(mistakes)


class OrderIntake(Protocol):
    """Orders in our own schema, of shops that have no platform or drop a file. No I/O."""

    vendor: str
    """Of the connections whose orders these are."""
    schema: Any
    """The marshmallow class of one order, for whoever documents it."""

    def from_json(self, payload: object, now: dt.datetime) -> OrderMessage:
        """One order. Raises BadOrders."""

    def from_table(self, text: str, now: dt.datetime) -> list[OrderMessage]:
        """The orders of a CSV file, all or none. Raises BadOrders."""
