"""Shopify's order, read by `schemas.Order`, made ours. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from bopis.ports import Line, Location, Money, OrderSnapshot, Unit
from integrations.phones import first_e164

_STATUS = {
    "OPEN": "open",
    "IN_PROGRESS": "open",
    # Not to be handed over before its day; news of that day comes by itself.
    "SCHEDULED": "on_hold",
    "ON_HOLD": "on_hold",
    "CLOSED": "closed",
    "INCOMPLETE": "closed",
    "CANCELLED": "cancelled",
}
_GRAMS = {"GRAMS": 1.0, "KILOGRAMS": 1000.0, "OUNCES": 28.349523125, "POUNDS": 453.59237}
_PAID = ("PAID", "PARTIALLY_REFUNDED")
_TO_PAY = "PENDING"
"""Neither paid nor authorised, also in part: what is held elsewhere must not be paid once more."""


def order_snapshot(order: Mapping[str, Any], fallback_country: str = "") -> OrderSnapshot:
    """The order as the domain sees it; `fallback_country` reads national phone numbers when no address names one."""
    shipping, billing, customer = (order[part] or {} for part in ("shipping", "billing", "customer"))
    destinations = [unit["destination"] or {} for unit in order["units"]["nodes"]]
    country = _first(part.get("country") for part in (shipping, billing, *destinations)) or fallback_country
    units = tuple(_unit(unit, country) for unit in order["units"]["nodes"])
    is_live = order["cancelled_at"] is None and not order["closed"]
    return OrderSnapshot(
        order_id=order["id"],
        name=order["name"],
        updated_at=order["updated_at"].astimezone(dt.UTC),
        paid=order["financial"] in _PAID,
        cancelled_at=order["cancelled_at"] and order["cancelled_at"].astimezone(dt.UTC),
        units=units,
        phone=_order_phone(order, shipping, billing, customer, country),
        emails=_emails(order, customer),
        country=country,
        first_name=_first(part.get("first_name") for part in (shipping, *destinations, billing, customer)),
        locale=order["locale"] or customer.get("locale") or "",
        complete=bool(units) or not is_live,
        total=_total(order["total"]),
        to_pay=order["financial"] == _TO_PAY,
    )


def _total(total: Mapping[str, Any] | None) -> Money | None:
    """In the currency the shopper paid in; None for what is no amount, since nobody may guess."""
    try:
        return Money.of(total["shown"]["amount"], total["shown"]["currency"]) if total else None
    except ValueError:
        return None


def _order_phone(order: Any, shipping: Any, billing: Any, customer: Any, country: str) -> str:
    """The number given for this order before the customer's usual one; what is not a number is passed over.

    A pickup's own destination comes before all of these: `Unit.phone`.
    """
    candidates = [
        (shipping.get("phone"), shipping.get("country")),
        (order["phone"], country),
        ((customer.get("phone") or {}).get("number"), country),
        (billing.get("phone"), billing.get("country")),
    ]
    return first_e164(candidates, country)


def _emails(order: Any, customer: Any) -> tuple[str, ...]:
    given = (order["email"], (customer.get("email") or {}).get("address"))
    return tuple(dict.fromkeys(address for address in given if address))


def _unit(unit: Mapping[str, Any], country: str) -> Unit:
    """`country` reads a national number when the destination names none."""
    destination = unit["destination"] or {}
    return Unit(
        unit_id=unit["id"],
        # A status we do not know yet is one nobody may act on.
        status=_STATUS.get(unit["status"], "on_hold"),
        is_pickup=_is_pick_up(unit["method"]),
        location=_location(unit["assigned"] or {}, destination),
        lines=tuple(_line(line) for line in unit["lines"]["nodes"] if line["quantity"] > 0),
        phone=first_e164([(destination.get("phone"), destination.get("country"))], country),
        email=destination.get("email") or "",
    )


def _is_pick_up(method: Mapping[str, Any] | None) -> bool:
    """PICK_UP is the merchant's own store; PICKUP_POINT, RETAIL and the rest are not ours. Spelling varies by API."""
    return bool(method) and re.sub("[^a-z]", "", method["kind"].lower()) == "pickup"


def _location(assigned: Mapping[str, Any], destination: Mapping[str, Any]) -> Location:
    """Where the shopper was told to come; else where the goods lie, which changes when they are moved."""
    place = destination.get("location") or assigned.get("location") or {}
    return Location(place.get("id", ""), place.get("name") or assigned.get("name") or "")


def _line(line: Mapping[str, Any]) -> Line:
    return Line(
        line_id=(line["line_item"] or line)["id"],
        title=line["title"] or "",
        quantity=line["quantity"],
        sku=line["sku"] or "",
        weight_grams=_grams(line["weight"]),
    )


def _grams(weight: Mapping[str, Any] | None) -> int | None:
    """Grams of one piece; None when unknown, which Shopify writes as nothing or as zero."""
    if not weight or weight["unit"] not in _GRAMS:
        return None
    return round(weight["value"] * _GRAMS[weight["unit"]]) or None


def _first(values: Any) -> str:
    return next((value for value in values if value), "")
