"""An order in our own schema, read by `schemas.Order`, made the domain's. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bopis.ports import Line, Location, Money, OrderSnapshot, Unit
from integrations.phones import first_e164


def order_snapshot(order: Mapping[str, Any], fallback_country: str = "") -> OrderSnapshot:
    """The order as the domain sees it; `fallback_country` reads national phone numbers where the order names none."""
    customer = order["customer"] or {}
    country = order["country"] or fallback_country
    return OrderSnapshot(
        order_id=order["id"],
        name=order["name"],
        updated_at=order["updated_at"],
        paid=order["paid"],
        cancelled_at=order["cancelled_at"],
        units=tuple(_unit(unit, country) for unit in order["units"]),
        phone=first_e164([(customer.get("phone"), country)]),
        emails=tuple(address for address in (customer.get("email"),) if address),
        country=country,
        first_name=customer.get("first_name") or "",
        locale=customer.get("locale") or "",
        total=_money(order["total"]),
        to_pay=order["pay_later"],
    )


def _unit(unit: Mapping[str, Any], country: str) -> Unit:
    place = unit["location"] or {}
    return Unit(
        unit_id=unit["id"],
        status=unit["status"],
        is_pickup=unit["method"] == "pickup",
        location=Location(place.get("id", ""), place.get("name") or place.get("id", "")),
        lines=tuple(_line(line) for line in unit["lines"]),
        phone=first_e164([(unit["phone"], country)]),
        email=unit["email"] or "",
    )


def _line(line: Mapping[str, Any]) -> Line:
    return Line(
        line_id=line["id"],
        title=line["title"] or line["sku"] or "",
        quantity=line["quantity"],
        sku=line["sku"] or "",
        weight_grams=line["weight_grams"],
        cost=_money(line["cost"]),
        sides_mm=(line["sides_mm"][0], line["sides_mm"][1], line["sides_mm"][2]) if line["sides_mm"] else None,
    )


def _money(written: Mapping[str, str] | None) -> Money | None:
    return Money.of(written["amount"], written["currency"]) if written else None
