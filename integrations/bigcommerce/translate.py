"""BigCommerce's order, as `orders.read_order` reads it, made ours. Pure.

A unit is a pickup consignment; its id is the order's and the consignment's, since nothing finds an order by the
latter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from bopis.ports import Line, Location, Money, OrderSnapshot, Unit
from integrations.phones import first_e164

INCOMPLETE, AWAITING_PICKUP, CANCELLED, COMPLETED, PARTIALLY_REFUNDED = 0, 8, 5, 10, 14
CALLED_OFF = (4, CANCELLED, 6)
"""Refunded, cancelled, declined."""
HANDED_OVER = (2, COMPLETED)
"""Shipped, completed."""
AWAITING_PAYMENT = 7
HELD = (12, 13)
"""To be verified by a person; disputed."""
_LIVE = (1, 3, AWAITING_PAYMENT, AWAITING_PICKUP, 9, 11, PARTIALLY_REFUNDED)
_PAID = ("captured", "paid", "partially refunded")
_PAID_ELSEWHERE = (2, 3, AWAITING_PICKUP, 9, COMPLETED, 11)
"""Of an order whose payment BigCommerce did not see (cash, a bank transfer), these say the merchant has the money."""
_GRAMS = {"grams": 1.0, "kgs": 1000.0, "kg": 1000.0, "kilograms": 1000.0, "tonnes": 1_000_000.0}
_GRAMS |= {"ounces": 28.349523125, "oz": 28.349523125, "lbs": 453.59237, "pounds": 453.59237}
_UNIT = re.compile("([0-9]{1,20})-([0-9]{1,20})")
_LINK = re.compile("/products/([0-9]{1,20})$")


def order_snapshot(order: Mapping[str, Any], store: Mapping[str, Any], fallback_country: str = "") -> OrderSnapshot:
    """The order as the domain sees it; a checkout that was never finished has no units.

    A national phone number is read in the country of the billing address, else of the store, else the fallback.
    """
    billing = order["billing"] or {}
    country = billing.get("country") or store["country"] or fallback_country
    status = order["status_id"]
    over = status in CALLED_OFF or (order["is_deleted"] and status not in HANDED_OVER)
    return OrderSnapshot(
        order_id=order["id"],
        name=f"#{order['id']}",
        updated_at=order["as_of"],
        paid=_is_paid(order),
        cancelled_at=order["modified_at"] if over else None,
        units=_units(order, store),
        phone=first_e164([(billing.get("phone"), country)], country),
        emails=(billing["email"],) if billing.get("email") else (),
        country=country,
        first_name=billing.get("first_name") or "",
        locale=order["locale"] or "",
        total=_total(order),
        to_pay=status == AWAITING_PAYMENT and not order["payment"],
    )


def unit_id_of(order_id: str, pickup_id: str) -> str:
    """The id of a unit."""
    return f"{order_id}-{pickup_id}"


def parts_of(unit_id: str) -> tuple[str, str] | None:
    """Order and consignment of a unit; None for what is no unit's id."""
    found = _UNIT.fullmatch(unit_id)
    return (found[1], found[2]) if found else None


def pieces_of(order: Mapping[str, Any], pickup: Mapping[str, Any]) -> dict[str, int]:
    """Product id → pieces still to be handed over, of one pickup of an order."""
    linked = {found[1] for link in pickup["links"] if (found := _LINK.search(link["resource"] or ""))}
    return {
        product["id"]: left
        for product in order["products"]
        if (product["pickup_id"] == pickup["id"] or product["id"] in linked)
        and product["kind"] == "physical"
        and (left := product["quantity"] - (product["shipped"] or 0) - (product["refunded"] or 0)) > 0
    }


def _is_paid(order: Mapping[str, Any]) -> bool:
    payment = order["payment"] or ""
    return payment in _PAID or (not payment and order["status_id"] in _PAID_ELSEWHERE)


def _units(order: Mapping[str, Any], store: Mapping[str, Any]) -> tuple[Unit, ...]:
    if order["status_id"] == INCOMPLETE:
        return ()
    units = tuple(_unit(order, pickup, store) for pickup in order["pickups"])
    # What is shipped or downloaded is one unit that is none of ours: it says that the order was looked through.
    return units or (Unit(unit_id_of(order["id"], "0"), "open", False, Location("", ""), ()),)


def _unit(order: Mapping[str, Any], pickup: Mapping[str, Any], store: Mapping[str, Any]) -> Unit:
    pieces, place = pieces_of(order, pickup), pickup["location"] or {}
    return Unit(
        unit_id=unit_id_of(order["id"], pickup["id"]),
        status=_status(order, pieces),
        is_pickup=True,
        # A place written by hand into an order has no id; then its code is what stays the same.
        location=Location(place.get("id") or place.get("code") or "", place.get("name") or ""),
        lines=tuple(
            _line(product, pieces[product["id"]], store) for product in order["products"] if product["id"] in pieces
        ),
    )


def _status(order: Mapping[str, Any], pieces: Mapping[str, int]) -> str:
    status = order["status_id"]
    if status in CALLED_OFF:
        return "cancelled"
    collected = {item["product_id"] for record in order["records"] for item in record["items"] if _is_taken(item)}
    if status in HANDED_OVER or not pieces or pieces.keys() <= collected:
        return "closed"
    # Held, or a status we do not know yet, which is one nobody may act on.
    return "open" if status in _LIVE else "on_hold"


def _is_taken(item: Mapping[str, Any]) -> bool:
    return bool(item["status"] == "COLLECTED")


def _line(product: Mapping[str, Any], pieces: int, store: Mapping[str, Any]) -> Line:
    return Line(product["id"], product["title"] or "", pieces, product["sku"] or "", _grams(product["weight"], store))


def _grams(weight: str | None, store: Mapping[str, Any]) -> int | None:
    """Grams of one piece, by the store's unit of weight; None when either is unknown, or the weight is nought."""
    factor = _GRAMS.get((store["weight_units"] or "").lower())
    try:
        return round(float(weight) * factor) or None if weight and factor else None
    except (ValueError, OverflowError):
        return None


def _total(order: Mapping[str, Any]) -> Money | None:
    """In the currency the shopper paid in, refunds taken off; None for what is no amount, since nobody may guess."""
    try:
        whole = Decimal(order["total"]) - sum(Decimal(refund["amount"]) for refund in order["refunds"])
        return Money.of(f"{whole:f}", order["currency"]) if order["currency"] else None
    except (TypeError, ValueError, InvalidOperation):
        return None
