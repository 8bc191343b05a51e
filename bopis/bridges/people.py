"""The people of a store as its bridge needs them to let them in without us, and the store's settings."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import changes
from bopis.errors import Invalid
from bopis.lockers.actions import next_sync_versions
from bopis.lockers.models import Bank
from bopis.lockers.queries import bank_key, banks_in
from bopis.staff.actions import LOCK_AFTER
from bopis.staff.models import StaffMember
from bopis.stores.holding import Rules
from bopis.stores.models import Store
from bopis.stores.queries import lock
from firmware_bridge.protocol.codes import badge_hmac
from firmware_bridge.protocol.wire import LONGEST_STAFF_OFFLINE_HOURS


def people(session: Session, bank_id: str) -> dict[str, Any]:
    """The people of a bank's store who may sign in, without names and badge numbers, and the hash of the list.

    Left out, and so refused at every kiosk at once: who was removed, who has no PIN, whose badge is locked.
    """
    bank = session.get_one(Bank, bank_id)
    found = session.execute(
        select(StaffMember.id, StaffMember.version, StaffMember.badge, StaffMember.pin_hash, StaffMember.role)
        .where(
            StaffMember.store_id == bank.store_id,
            StaffMember.active.is_(True),
            StaffMember.pin_hash != "",
            StaffMember.failures < LOCK_AFTER,
        )
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


def people_changed(session: Session, store_id: str) -> None:
    """Let every bridge of a store hear at once that its list of people is another. Takes the store's lock."""
    lock(session, store_id)
    next_sync_versions(session, {bank.id for bank in banks_in(session, store_id)})


def settings(session: Session, bank_id: str) -> dict[str, Any]:
    """How long goods are held for their shopper, and how long the store goes on without us."""
    store = session.get_one(Bank, bank_id).store
    hours = store.hold_hours or Rules.of(store.merchant.holding).hold_hours
    return hashed(hold_hours=hours, staff_offline_hours=store.staff_offline_hours, kiosk={})


def set_staff_offline_hours(session: Session, store: Store, hours: int, actor: str, now: dt.datetime) -> None:
    """Let the people of a store sign in at its kiosks for so many hours without us. Raises Invalid beyond a week."""
    if not 1 <= hours <= LONGEST_STAFF_OFFLINE_HOURS:
        raise Invalid("bad_hours", f"Give whole hours from 1 to {LONGEST_STAFF_OFFLINE_HOURS}.")
    before, store.staff_offline_hours = store.staff_offline_hours, hours
    changes.note(session, store.merchant_id, store.id, "staff_offline_hours", before, hours, actor=actor, now=now)
    people_changed(session, store.id)


def hashed(**body: Any) -> dict[str, Any]:
    """A body with the hash by which a bridge says that it holds it."""
    return {"hash": hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest(), **body}
