"""The people of a store as its bridge needs them to let them in without us, and the store's settings."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis.lockers.models import Bank
from bopis.lockers.queries import bank_key
from bopis.staff.models import StaffMember
from bopis.stores.models import Store
from firmware_bridge.protocol.codes import badge_hmac

STAFF_OFFLINE_HOURS = 72
"""How long people sign in at a kiosk that hears nothing from us."""


def people(session: Session, bank_id: str) -> dict[str, Any]:
    """The active people of a bank's store, without names and badge numbers, and the hash of the list."""
    bank = session.get_one(Bank, bank_id)
    found = session.execute(
        select(StaffMember.id, StaffMember.version, StaffMember.badge, StaffMember.pin_hash, StaffMember.role)
        .where(StaffMember.store_id == bank.store_id, StaffMember.active.is_(True), StaffMember.pin_hash != "")
        .order_by(StaffMember.id)
    ).all()
    key = bank_key(bank) if found else b""
    return hashed(
        people=[
            {
                "id": person.id,
                "version": person.version,
                "badge_hmac": badge_hmac(key, person.badge),
                "pin": person.pin_hash,
                "role": person.role,
            }
            for person in found
        ]
    )


def settings(session: Session, bank_id: str) -> dict[str, Any]:
    """How long goods are held for their shopper, and how long the store goes on without us."""
    hold_hours = session.scalars(
        select(Store.hold_hours).join(Bank, Bank.store_id == Store.id).where(Bank.id == bank_id)
    ).one()
    return hashed(hold_hours=hold_hours, staff_offline_hours=STAFF_OFFLINE_HOURS, kiosk={})


def hashed(**body: Any) -> dict[str, Any]:
    """A body with the hash by which a bridge says that it holds it."""
    return {"hash": hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest(), **body}
