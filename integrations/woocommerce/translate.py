"""A shop's order, read by `schemas.Order`, made ours. Pure."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bopis.ports import Line, Location, Money, OrderSnapshot, Unit
from integrations.phones import first_e164
from integrations.woocommerce.measures import Measures
from integrations.woocommerce.packages import is_pickup, packed, pieces_left

NONE_KNOWN: Mapping[tuple[int, int], Measures] = MappingProxyType({})
MARK = "_locker_"
"""Hidden meta data of an order, followed by a package's id: what we wrote there of it, one of STEPS."""
STEPS = ("ready", "collected", "returned")
_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
OVER = ("cancelled", "refunded", "trash")
_UNPAID = ("pending", "failed")
_LIVE = ("processing", "on-hold", *_UNPAID)
_PAY_LATER = "cod"


def order_snapshot(
    order: Mapping[str, Any],
    refunds: Sequence[Mapping[str, Any]] = (),
    fallback_country: str = "",
    open_statuses: Collection[str] = (),
    measures: Mapping[tuple[int, int], Measures] = NONE_KNOWN,
) -> OrderSnapshot:
    """The order as the domain sees it, a unit for each of its packages.

    `refunds` are its refunds with their lines; `open_statuses` the shop's own statuses in which goods may be handed
    over; `fallback_country` reads national phone numbers when no address names one; `measures` are what is known of its
    products, by (product, variation).
    """
    billing, shipping = order["billing"], order["shipping"]
    country = billing.get("country") or shipping.get("country") or fallback_country
    candidates = [(part.get("phone"), part.get("country")) for part in (billing, shipping)]
    changed_at = order["modified"] or order["created"] or _LONG_AGO
    is_paid = _is_paid(order)
    return OrderSnapshot(
        order_id=order["id"],
        name=f"#{order['number'] or order['id']}",
        updated_at=changed_at,
        paid=is_paid,
        cancelled_at=changed_at if order["status"] in OVER else None,
        units=units_of(order, refunds, open_statuses, measures),
        phone=first_e164(candidates, country),
        emails=(billing["email"],) if billing.get("email") else (),
        country=country,
        first_name=billing.get("first_name") or shipping.get("first_name") or "",
        total=_total(order),
        to_pay=order["method"] == _PAY_LATER and not is_paid and order["status"] not in _UNPAID,
    )


def units_of(
    order: Mapping[str, Any],
    refunds: Sequence[Mapping[str, Any]],
    open_statuses: Collection[str] = (),
    measures: Mapping[tuple[int, int], Measures] = NONE_KNOWN,
) -> tuple[Unit, ...]:
    """A unit for each package, those too that are shipped."""
    lines = {line["id"]: line for line in order["lines"]}
    contents = packed(order, pieces_left(order, refunds))
    return tuple(
        Unit(
            unit_id=unit_id(order, package),
            status=_status(order, package, bool(pieces), open_statuses),
            is_pickup=is_pickup(package),
            location=_location(package),
            lines=tuple(_line(lines[line_id], count, order["currency"], measures) for line_id, count in pieces.items()),
        )
        for package, pieces in zip(order["shipping_lines"], contents, strict=True)
    )


def unit_id(order: Mapping[str, Any], package: Mapping[str, Any]) -> str:
    """An order has no smaller thing with an id of its own than its shipping lines."""
    return f"{order['id']}-{package['id']}"


def step_of(order: Mapping[str, Any], package_id: str) -> str:
    """What we wrote of a package, one of STEPS, or ""."""
    written = [entry["value"] for entry in order["meta_data"] if entry["key"] == MARK + package_id]
    return next((value for value in reversed(written) if value in STEPS), "")


def _status(order: Mapping[str, Any], package: Mapping[str, Any], has_lines: bool, opened: Collection[str]) -> str:
    status = order["status"]
    if status in OVER:
        return "cancelled"
    if status == "completed" or not has_lines or step_of(order, package["id"]) in ("collected", "returned"):
        return "closed"
    if status == "on-hold":
        return "on_hold" if _is_paid(order) else "open"  # money on its way to a bank is not a merchant's objection
    # A status we do not know is one nobody may act on: shops have "fraud review" as well as "packed".
    return "open" if status in _LIVE or status in opened else "on_hold"


def _is_paid(order: Mapping[str, Any]) -> bool:
    """`date_paid` is kept when an order fails later; cash on pickup is "processing" and not paid."""
    if order["status"] in _UNPAID:
        return False
    if order["paid"] is not None:
        return True
    return order["status"] in ("processing", "completed") and order["method"] != _PAY_LATER


def _total(order: Mapping[str, Any]) -> Money | None:
    """What was given back taken off; None for what is no amount, since nobody may guess."""
    try:
        parts = [Money.of(text, order["currency"]) for text in (order["total"], *_refunded(order))]
    except ValueError:
        return None
    return Money(sum(part.amount for part in parts), order["currency"])


def _refunded(order: Mapping[str, Any]) -> list[str]:
    """Negative amounts; `-0.00` is what a refund without money is written as."""
    return [refund["total"] for refund in order["refunds"]]


def _location(package: Mapping[str, Any]) -> Location:
    """Where the shopper was told to come.

    The checkout block writes a place's name and no id that lasts, so the name is the id; the classic method is one
    instance in one zone, and its number stays when it is renamed.
    """
    title = _plain(package["method_title"])
    if not is_pickup(package):
        return Location("", title)
    named = [entry["value"] for entry in package["meta_data"] if entry["key"] == "pickup_location"]
    name = next((_plain(value) for value in named if isinstance(value, str) and value.strip()), "")
    instance = str(package["instance_id"] or "0")
    if name or instance == "0":
        return Location((name or title).casefold(), name or title)
    return Location(instance, title)


def _line(line: Mapping[str, Any], pieces: int, currency: str, measures: Mapping[tuple[int, int], Measures]) -> Line:
    known = measures.get((line["product_id"] or 0, line["variation_id"] or 0))
    return Line(
        line_id=line["id"],
        title=_plain(line["name"]),
        quantity=pieces,
        sku=line["sku"] or "",
        weight_grams=known.grams() if known else None,
        sides_mm=known.sides_mm() if known else None,
        cost=_cost(line, pieces, currency),
    )


def _cost(line: Mapping[str, Any], pieces: int, currency: str) -> Money | None:
    """The share of these pieces in what the whole line costs, rounded down."""
    try:
        parts = [Money.of(text, currency).amount for text in (line["total"] or "", line["total_tax"] or "0")]
    except ValueError:
        return None
    return Money(sum(parts) * pieces // line["quantity"], currency) if line["quantity"] > 0 else None


def _plain(text: str | None) -> str:
    return " ".join(html.unescape(text or "").split())
