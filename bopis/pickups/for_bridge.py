"""Grants as a bridge needs them: verifiers, windows and doors, and nothing about a person."""

from __future__ import annotations

import base64
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from bopis.pickups.models import IS_NOT_CLOSED, IS_TOLD, Grant, Pickup, Placement

_PICKUP, _ORDER = selectinload(Grant.pickup), Pickup.order


def grants_since(session: Session, bank_id: str, version: int) -> list[dict[str, Any]]:
    """The grants of a bank that changed after sync version `version` (0 for all live ones), tombstones included."""
    statement = (
        select(Grant)
        .where(Grant.bank_id == bank_id, IS_TOLD, Grant.sync_version > version)
        # A code that was unlocked and then called off is gone, worked out anew or not.
        .where(or_(Grant.verifier.is_not(None), Grant.state == "closed"))
        .order_by(Grant.sync_version)
        .options(
            _PICKUP.selectinload(Pickup.placements).selectinload(Placement.compartment), _PICKUP.joinedload(_ORDER)
        )
    )
    if version == 0:
        statement = statement.where(IS_NOT_CLOSED)
    return [_written(grant) for grant in session.scalars(statement)]


def _written(grant: Grant) -> dict[str, Any]:
    if grant.state == "closed":
        return {"id": grant.id, "version": grant.version, "revoked": True}
    assert grant.salt is not None and grant.verifier is not None
    return {
        "id": grant.id,
        "version": grant.version,
        "revoked": False,
        "active": grant.state == "active",
        "unpaid": grant.pickup.is_unpaid(),
        "selector": grant.selector,
        "salt": base64.b64encode(grant.salt).decode(),
        "verifier": base64.b64encode(grant.verifier).decode(),
        "qr_sha256": grant.qr_sha256,
        "valid_from": grant.valid_from.isoformat(),
        "valid_until": grant.valid_until.isoformat(),
        "lease_until": grant.lease_until.isoformat(),
        "placements": [
            {
                "id": place.id,
                "kind": "compartment" if place.compartment else "counter",
                "door": place.compartment.number if place.compartment else None,
            }
            for place in _told(grant.pickup)
        ],
    }


def _told(pickup: Pickup) -> list[Placement]:
    """Once it is ready, where it lies alone: a door that goods are on the way to opens for nobody."""
    return pickup.found_at() if pickup.state == "ready" else pickup.wanted_placements()
