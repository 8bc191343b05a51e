"""What an order is made of, and how the REST API writes it down. Money in cents."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sandbox.shop.catalogue import Item

SITE_ZONE = dt.timezone(dt.timedelta(hours=-3))
"""Where the shop stands; its times are written in this zone, and once more in GMT, both without saying so."""
CURRENCY = "USD"


@dataclass
class Line:
    line_id: int
    item: Item
    quantity: int

    @property
    def total(self) -> int:
        return self.item.price * self.quantity


@dataclass
class Package:
    """A shipping line. `meta` are (key, value)."""

    package_id: int
    method_id: str
    title: str
    instance_id: str
    meta: list[tuple[str, str]]


@dataclass
class Refund:
    """`lines` are (line id, pieces, cents)."""

    refund_id: int
    created_at: dt.datetime
    amount: int
    reason: str
    lines: list[tuple[int, int, int]]
    money_moved: bool


@dataclass
class Note:
    note_id: int
    created_at: dt.datetime
    text: str
    to_customer: bool


@dataclass
class Order:
    order_id: int
    status: str
    created_at: dt.datetime
    modified_at: dt.datetime
    paid_at: dt.datetime | None
    first_name: str
    phone: str
    email: str
    payment_method: str
    lines: list[Line]
    packages: list[Package]
    completed_at: dt.datetime | None = None
    meta: list[tuple[int, str, Any]] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    status_before_trash: str = ""

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def remaining(self) -> int:
        """What of its money was not given back."""
        return self.total - sum(refund.amount for refund in self.refunds)


def order_body(order: Order, site: str) -> dict[str, Any]:
    """The order as `GET /orders/<id>` and its webhooks carry it."""
    return {
        "id": order.order_id,
        "parent_id": 0,
        "status": order.status,
        "currency": CURRENCY,
        "version": "10.3.0",
        "prices_include_tax": False,
        **_times("date_created", order.created_at),
        **_times("date_modified", order.modified_at),
        "discount_total": "0.00",
        "discount_tax": "0.00",
        "shipping_total": "0.00",
        "shipping_tax": "0.00",
        "cart_tax": "0.00",
        "total": money(order.total),
        "total_tax": "0.00",
        "customer_id": 0,
        "order_key": f"wc_order_{order.order_id:013x}",
        "billing": {
            **_address(order.first_name),
            "email": order.email,
            "phone": order.phone,
        },
        "shipping": {**_address(order.first_name), "phone": ""},
        "payment_method": order.payment_method,
        "payment_method_title": order.payment_method,
        "transaction_id": "",
        "created_via": "checkout",
        "customer_note": "",
        **_times("date_completed", order.completed_at),
        **_times("date_paid", order.paid_at),
        "cart_hash": "",
        "number": str(order.order_id),
        "meta_data": [{"id": number, "key": key, "value": value} for number, key, value in order.meta],
        "line_items": [_line(line) for line in order.lines],
        "tax_lines": [],
        "shipping_lines": [_package(package) for package in order.packages],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [
            {"id": refund.refund_id, "reason": refund.reason, "total": "-" + money(refund.amount)}
            for refund in order.refunds
        ],
        "_links": {"self": [{"href": f"{site}/wp-json/wc/v3/orders/{order.order_id}"}]},
    }


def refund_body(refund: Refund, order: Order) -> dict[str, Any]:
    """A refund with the lines it repeats, their quantities negative."""
    lines = {line.line_id: line for line in order.lines}
    return {
        "id": refund.refund_id,
        **_times("date_created", refund.created_at),
        "amount": money(refund.amount),
        "reason": refund.reason,
        "refunded_by": 1,
        "refunded_payment": refund.money_moved,
        "meta_data": [],
        "line_items": [
            {
                **_line(lines[line_id]),
                "id": refund.refund_id * 100 + number,
                "quantity": -pieces,
                "total": "-" + money(cents),
                "meta_data": [{"id": number, "key": "_refunded_item_id", "value": str(line_id)}],
            }
            for number, (line_id, pieces, cents) in enumerate(refund.lines)
        ],
    }


def note_body(note: Note) -> dict[str, Any]:
    """A note as its list carries it."""
    return {
        "id": note.note_id,
        "author": "lockers",
        **_times("date_created", note.created_at),
        "note": note.text,
        "customer_note": note.to_customer,
    }


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _times(name: str, moment: dt.datetime | None) -> dict[str, str | None]:
    local = moment.astimezone(SITE_ZONE).strftime("%Y-%m-%dT%H:%M:%S") if moment else None
    gmt = moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S") if moment else None
    return {name: local, f"{name}_gmt": gmt}


def _address(first_name: str) -> dict[str, str]:
    return {
        "first_name": first_name,
        "last_name": "",
        "company": "",
        "address_1": "",
        "address_2": "",
        "city": "",
        "state": "CA",
        "postcode": "",
        "country": "US",
    }


def product_id(item: Item) -> int:
    return 1000 + item.price


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": line.line_id,
        "name": line.item.title,
        "product_id": product_id(line.item),
        "variation_id": 0,
        "quantity": line.quantity,
        "tax_class": "",
        "subtotal": money(line.total),
        "subtotal_tax": "0.00",
        "total": money(line.total),
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [],
        "sku": line.item.sku,
        "price": line.item.price / 100,
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def _package(package: Package) -> dict[str, Any]:
    meta = [
        {"id": package.package_id * 10 + n, "key": key, "value": value} for n, (key, value) in enumerate(package.meta)
    ]
    return {
        "id": package.package_id,
        "method_title": package.title,
        "method_id": package.method_id,
        "instance_id": package.instance_id,
        "total": "0.00",
        "total_tax": "0.00",
        "taxes": [],
        "tax_status": "taxable",
        "meta_data": meta,
    }
