"""Square's order, as `schemas.Order` reads it, made ours. Pure.

A unit is a fulfilment; its id is the order's and the fulfilment's, since the latter is unique within its order only.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

from bopis.ports import Line, Location, Money, OrderSnapshot, Unit
from integrations.phones import first_e164

PICKUP = "PICKUP"
PREPARED, COMPLETED, CANCELED = "PREPARED", "COMPLETED", "CANCELED"
PROGRESS = ("PROPOSED", "RESERVED", PREPARED, COMPLETED)
CALLED_OFF = (CANCELED, "FAILED")
_NO_MONEY = ("AUTHORIZED", "VOIDED", "FAILED")
_NOT_REFUNDED = ("REJECTED", "FAILED")


def order_snapshot(
    order: Mapping[str, Any], place: Mapping[str, Any], skus: Mapping[str, str], fallback_country: str = ""
) -> OrderSnapshot:
    """The order as the domain sees it; one that is still drafted has no units.

    `place` is its location, `skus` are by catalog id. National phone numbers are read in the location's country.
    """
    country = place.get("country") or fallback_country
    units = (
        () if order["state"] == "DRAFT" else tuple(_unit(order, each, place, skus, country) for each in _units(order))
    )
    recipients = [_recipient(each) for each in order["fulfilments"] if each["kind"] == PICKUP]
    called_off = order["state"] == CANCELED or _is_refunded(order)
    due = _due(order)
    return OrderSnapshot(
        order_id=order["id"],
        # Not its ticket's name, which may be a person's.
        name=order["reference"] or f"#{order['id'][-6:]}",
        updated_at=order["updated_at"].astimezone(dt.UTC),
        paid=due <= 0 and not any((tender["card"] or {}).get("status") in _NO_MONEY for tender in order["tenders"]),
        cancelled_at=(order["closed_at"] or order["updated_at"]).astimezone(dt.UTC) if called_off else None,
        units=units,
        country=country,
        first_name=next((who["name"].split()[0] for who in recipients if (who.get("name") or "").strip()), ""),
        total=_total(order),
        to_pay=due > 0 and not order["tenders"],
    )


def unit_id_of(order_id: str, fulfilment_id: str) -> str:
    """The id of a unit; no order's id holds a slash."""
    return f"{order_id}/{fulfilment_id}"


def parts_of(unit_id: str) -> tuple[str, str]:
    """Order and fulfilment of a unit."""
    order_id, _, fulfilment_id = unit_id.partition("/")
    return order_id, fulfilment_id


def pieces_of(order: Mapping[str, Any], fulfilment: Mapping[str, Any]) -> dict[str, int]:
    """Line id → pieces, of a fulfilment; of goods that are weighed, one begun counts as one."""
    if fulfilment["applies_to"] == "ENTRY_LIST":
        wanted = {entry["line_id"]: entry["quantity"] for entry in fulfilment["entries"]}
    else:
        wanted = {line["id"]: line["quantity"] for line in order["lines"]}
    goods = {line["id"] for line in order["lines"] if line["kind"] == "ITEM"}
    return {line_id: math.ceil(pieces) for line_id, pieces in wanted.items() if line_id in goods and pieces > 0}


def _units(order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    # A sale at the register has no fulfilment: one that is none of ours says that the order was looked through.
    return order["fulfilments"] or [{"id": "none", "kind": "", "state": "", "applies_to": "ENTRY_LIST", "entries": []}]


def _unit(
    order: Mapping[str, Any],
    fulfilment: Mapping[str, Any],
    place: Mapping[str, Any],
    skus: Mapping[str, str],
    country: str,
) -> Unit:
    pieces, recipient = pieces_of(order, fulfilment), _recipient(fulfilment)
    return Unit(
        unit_id=unit_id_of(order["id"], fulfilment["id"]),
        status=_status(fulfilment["state"]),
        is_pickup=fulfilment["kind"] == PICKUP,
        location=Location(order["location_id"], place.get("name") or ""),
        lines=tuple(_line(line, pieces[line["id"]], skus) for line in order["lines"] if line["id"] in pieces),
        phone=first_e164([(recipient.get("phone"), country)], country),
        email=recipient.get("email") or "",
    )


def _status(state: str) -> str:
    if state in CALLED_OFF:
        return "cancelled"
    if state == COMPLETED:
        return "closed"
    # A state we do not know yet is one nobody may act on.
    return "open" if state in PROGRESS else "on_hold"


def _recipient(fulfilment: Mapping[str, Any]) -> Mapping[str, Any]:
    return (fulfilment.get("pickup") or {}).get("recipient") or {}


def _line(line: Mapping[str, Any], pieces: int, skus: Mapping[str, str]) -> Line:
    title = " – ".join(part for part in (line["name"], line["variation"]) if part and part != "Regular")
    return Line(line["id"], title, pieces, skus.get(line["catalog_id"] or "", ""))


def _due(order: Mapping[str, Any]) -> int:
    """What is still to be paid, in minor units."""
    if order["due"]:
        return int(order["due"]["amount"])
    whole = order["total"]["amount"] if order["total"] else 0
    return int(whole - sum(tender["amount"]["amount"] for tender in order["tenders"] if tender["amount"]))


def _refunded(order: Mapping[str, Any]) -> int:
    given = [refund for refund in order["refunds"] if refund["status"] not in _NOT_REFUNDED]
    return sum(refund["amount"]["amount"] for refund in given if refund["amount"])


def _is_refunded(order: Mapping[str, Any]) -> bool:
    """All of its money was given back: Square leaves the fulfilment as it was."""
    return bool(order["total"]) and 0 < order["total"]["amount"] <= _refunded(order)


def _total(order: Mapping[str, Any]) -> Money | None:
    total = order["total"]
    return Money(total["amount"] - _refunded(order), total["currency"]) if total else None
