"""What there is to do at a bank, as its bridge needs it to let staff work without us. No personal data."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, and_, not_, or_, select
from sqlalchemy.orm import Session

from bopis.bridges.people import hashed
from bopis.lockers.models import TAKES_GOODS, Bank, Compartment
from bopis.orders.models import Order
from bopis.pickups.models import IS_LIVE, IS_NOT_CLOSED, Grant, Pickup, Placement, all_needs

AT_MOST = 5_000
"""Rows; more work than that no bank has."""
_ACTIONS = {"waiting": "load", "reserved": "load", "cancelled": "reclaim", "expired": "reclaim"}
_NOT_YET = frozenset({"unpaid", "on_hold", "unknown_location"})
"""Nobody may hand these out."""


def work_list(session: Session, bank_id: str) -> dict[str, Any]:
    """What is to be loaded into this bank and what must come out, oldest first, and the doors to leave alone."""
    bank = session.get_one(Bank, bank_id)
    items: dict[str, dict[str, Any]] = {}
    for row in session.execute(_open_in(bank)):
        if _is_elsewhere(row, bank_id) or (row.state == "waiting" and row.reason in _NOT_YET):
            continue
        item = items.setdefault(row.id, _item(row))
        if row.placement is not None and not row.abandoned:
            loaded = row.placed == "loaded" or (row.touched and item["action"] == "reclaim")
            item["placements"].append({"id": row.placement, "door": row.number, "loaded": loaded})
    work = [item for item in items.values() if item["action"] == "load" or _is_inside(item)]
    return hashed(items=work, taken=_taken(session, bank_id))


def _open_in(bank: Bank) -> Any:
    return (
        select(
            Pickup.id,
            Pickup.state,
            Pickup.reason,
            Pickup.size,
            Pickup.needs,
            Pickup.low_door,
            Pickup.parcels,
            Order.name,
            Grant.id.label("grant_id"),
            Grant.bank_id.label("code_for"),
            Placement.id.label("placement"),
            Placement.state.label("placed"),
            Placement.touched,
            Placement.abandoned,
            Compartment.number,
            Compartment.bank_id,
        )
        .join(Order, Order.id == Pickup.order_id)
        .outerjoin(Grant, and_(Grant.pickup_id == Pickup.id, IS_NOT_CLOSED))
        .outerjoin(Placement, and_(Placement.pickup_id == Pickup.id, IS_LIVE))
        .outerjoin(Compartment, Compartment.id == Placement.compartment_id)
        .where(Pickup.store_id == bank.store_id, Pickup.closed_at.is_(None), Pickup.state.in_(_ACTIONS))
        .order_by(Pickup.created_at, Pickup.id, Placement.parcel, Placement.created_at, Placement.id)
        .limit(AT_MOST)
    )


def _is_elsewhere(row: Row[Any], bank_id: str) -> bool:
    """Its place, or its code, belongs to another bank of the store."""
    if row.bank_id is not None:
        return bool(row.bank_id != bank_id)
    return row.code_for is not None and row.code_for != bank_id


def _item(row: Row[Any]) -> dict[str, Any]:
    needs = sorted(all_needs(row))
    return {
        "pickup": row.id,
        "grant": row.grant_id,
        "name": row.name,
        "size": row.size or (row.parcels[0]["size"] if row.parcels else ""),
        "parcels": max(1, len(row.parcels)),
        "accessible": "accessible" in needs,
        "needs": needs,
        "action": _ACTIONS[row.state],
        "why": row.reason,
        "placements": [],
    }


def _is_inside(item: dict[str, Any]) -> bool:
    return any(place["door"] is not None and place["loaded"] for place in item["placements"])


def _taken(session: Session, bank_id: str) -> list[int]:
    """Doors that hold goods, or may, or take none now."""
    holds = and_(IS_LIVE, or_(Placement.state == "loaded", Placement.touched.is_(True)))
    statement = (
        select(Compartment.number)
        .join(Bank, Bank.id == Compartment.bank_id)
        .outerjoin(Placement, and_(Placement.compartment_id == Compartment.id, holds))
        .where(
            Compartment.bank_id == bank_id,
            or_(Placement.id.is_not(None), not_(TAKES_GOODS)),
        )
        .order_by(Compartment.number)
    )
    return list(session.scalars(statement))
