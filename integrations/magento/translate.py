"""A shop's order, as `schemas.Order` reads it, made ours. Pure.

An order is all pickup or all shipping, so its unit is the order itself and has its id.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from bopis.ports import Line, Location, Money, OrderSnapshot, Unit
from integrations.phones import first_e164

PICKUP = "instore_pick"
"""How `instore_pickup` begins; some columns hold twelve signs of it."""
READY, COLLECTED, RETURNED = "[locker ready]", "[locker collected]", "[locker returned]"
"""What our comments on an order hold: the shop has no word of its own for a hand-over."""
OVER = ("canceled", "closed")
"""`closed` is an order whose money was given back."""
_LIVE = ("new", "pending_payment", "processing", "complete")
_UNSETTLED = ("pending_payment", "payment_review")
_PAY_LATER = ("cashondelivery",)
_NOTHING_TO_HOLD = ("virtual", "downloadable", "giftcard")
_NONE = Decimal(0)


def order_snapshot(
    order: Mapping[str, Any], place_name: str = "", weight_unit: str = "", fallback_country: str = ""
) -> OrderSnapshot:
    """The order as the domain sees it. `place_name` is its pickup location's, `weight_unit` is `lbs`, `kgs` or ""."""
    billing = order["billing"] or {}
    country = billing.get("country") or fallback_country
    paid = _is_paid(order)
    emails = [order["email"], billing.get("email")]
    return OrderSnapshot(
        order_id=order["id"],
        name=f"#{order['number'] or order['id']}",
        updated_at=order["as_of"],
        paid=paid,
        cancelled_at=order["updated_at"] if order["state"] in OVER else None,
        units=(_unit(order, place_name, weight_unit),),
        phone=first_e164([(billing.get("phone"), country)], country),
        emails=tuple(dict.fromkeys(each for each in emails if each)),
        country=country,
        first_name=order["first_name"] or billing.get("first_name") or "",
        total=_total(order),
        to_pay=not paid and (order["payment"] or {}).get("method") in _PAY_LATER and order["state"] not in OVER,
    )


def is_pickup(order: Mapping[str, Any]) -> bool:
    """Whether the shopper comes to a store for it."""
    return any((each["shipping"].get("method") or "").startswith(PICKUP) for each in order["more"]["assignments"])


def is_said(order: Mapping[str, Any], mark: str) -> bool:
    """Whether a comment of ours stands on the order."""
    return any(mark in (each["comment"] or "") for each in order["comments"] or ())


def is_notified(order: Mapping[str, Any]) -> bool:
    """Whether the shopper was told, or the shop's mails for it wait to be sent, or the shipment was made."""
    more = order["more"]
    shipped = any((item["shipped"] or _NONE) > 0 for item in order["items"])
    return bool(more["notification_sent"] or more["send_notification"] or shipped)


def goods(order: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], int]]:
    """What is to be handed over, with its pieces; of a bundle that is what lies in it.

    A configurable article has one line for its price and one below it for what was chosen; both name the same SKU.
    """
    bundles = {item["id"] for item in order["items"] if item["kind"] == "bundle"}
    for item in order["items"]:
        is_inside = item["parent_id"] is not None and item["parent_id"] not in bundles
        if item["id"] in bundles or is_inside or item["is_virtual"] or item["kind"] in _NOTHING_TO_HOLD:
            continue
        # What was shipped is not taken off: to tell that it lies ready is to ship it.
        left = item["ordered"] - (item["cancelled"] or _NONE) - (item["refunded"] or _NONE)
        if left > 0:
            yield item, math.ceil(left)


def _unit(order: Mapping[str, Any], place_name: str, weight_unit: str) -> Unit:
    code = order["more"]["pickup_location_code"] or ""
    lines = tuple(_line(order, item, pieces, weight_unit) for item, pieces in goods(order))
    return Unit(
        unit_id=order["id"],
        status=_status(order, bool(lines)),
        is_pickup=is_pickup(order),
        location=Location(code, place_name or code),
        lines=lines,
    )


def _status(order: Mapping[str, Any], has_lines: bool) -> str:
    state = order["state"]
    if is_said(order, COLLECTED) or is_said(order, RETURNED):
        return "closed"
    if state in OVER:
        return "cancelled"
    # Complete is what paid goods become once they lie ready; without our word its own people handed them over.
    if not has_lines or (state == "complete" and not is_said(order, READY)):
        return "closed"
    # A state we do not know is one nobody may act on.
    return "open" if state in _LIVE else "on_hold"


def _is_paid(order: Mapping[str, Any]) -> bool:
    """Nothing is due. Money that was only authorised is due until its invoice."""
    due = order["due"] if order["due"] is not None else order["grand_total"] - (order["paid"] or _NONE)
    return due <= 0 and order["state"] not in _UNSETTLED


def _total(order: Mapping[str, Any]) -> Money | None:
    amount = order["grand_total"] - (order["refunded"] or _NONE) - (order["cancelled"] or _NONE)
    return _money(max(amount, _NONE), order["currency"], ROUND_HALF_UP)


def _money(amount: Decimal, currency: str, rounding: str) -> Money:
    """Magento reckons with four decimals, whatever the currency has."""
    whole = Money.of("1", currency).amount
    return Money(int((amount * whole).to_integral_value(rounding)), currency)


def _line(order: Mapping[str, Any], item: Mapping[str, Any], pieces: int, weight_unit: str) -> Line:
    return Line(
        line_id=item["id"],
        title=" ".join((item["name"] or "").split()),
        quantity=pieces,
        sku=item["sku"] or "",
        weight_grams=_grams(item["weight"], weight_unit),
        cost=_cost(item, pieces, order["currency"]),
    )


def _cost(item: Mapping[str, Any], pieces: int, currency: str) -> Money | None:
    """What these pieces cost of the whole line, rounded down; None for a part of a bundle with one price."""
    if item["row_total"] is None or item["ordered"] <= 0:
        return None
    extra = (item["tax_amount"] or _NONE) + (item["discount_tax_compensation_amount"] or _NONE)
    whole = item["row_total"] + extra - (item["discount_amount"] or _NONE)
    if item["parent_id"] is not None and not whole:
        return None
    return _money(max(whole, _NONE) * min(Decimal(pieces) / item["ordered"], Decimal(1)), currency, ROUND_FLOOR)


def _grams(weight: Decimal | None, unit: str) -> int | None:
    """None where nobody typed it in, or in which unit it is."""
    factor = {"lbs": Decimal("453.59237"), "kgs": Decimal(1000)}.get(unit)
    return round(weight * factor) or None if weight and factor and weight > 0 else None
