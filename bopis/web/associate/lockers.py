"""What pages say about a store's lockers: whether they answer, and whether whoever asks stands before them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import clock
from bopis.bridges.models import Bridge
from bopis.bridges.queries import ONLINE_WITHIN, bridge_of
from bopis.db import Database
from bopis.errors import Conflict
from bopis.lockers.models import Bank
from bopis.staff.models import StaffSession
from firmware_bridge.protocol.wire import PRESENCE_MINUTES

PRESENCE = dt.timedelta(minutes=PRESENCE_MINUTES)


@dataclass(frozen=True)
class BankView:
    """A bank, and when its bridge was last heard of."""

    id: str
    name: str
    enrolled: bool
    seen_at: dt.datetime | None

    @property
    def online(self) -> bool:
        return self.seen_at is not None and self.seen_at >= clock.now() - ONLINE_WITHIN


def banks(session: Session, me: StaffSession) -> list[BankView]:
    """The banks of the store of whoever asks, oldest first."""
    rows = session.execute(
        select(Bank.id, Bank.name, Bridge.id, Bridge.seen_at)
        .outerjoin(Bridge, (Bridge.bank_id == Bank.id) & Bridge.revoked_at.is_(None))
        .where(Bank.merchant_id == me.staff.merchant_id, Bank.store_id == me.staff.store_id)
        .order_by(Bank.created_at, Bank.id)
    )
    return [BankView(bank_id, name, bridge_id is not None, seen_at) for bank_id, name, bridge_id, seen_at in rows]


def to_listen_to(database: Database, me: StaffSession) -> str | None:
    """The bank whose news wakes this device's pages: where it is, else the store's first."""
    if me.bank_id is not None:
        return me.bank_id
    with database.reading() as session:
        return next((bank.id for bank in banks(session, me)), None)


def is_present(me: StaffSession, among: Sequence[str]) -> bool:
    """Whether this device has shown that it is at one of these banks."""
    return me.bank_id in among and me.present_until is not None and me.present_until > clock.now()


def require_online(session: Session, bank_id: str) -> None:
    """Raise Conflict when this bank's bridge was not heard of lately, so that nobody waits before a dead door."""
    bridge = bridge_of(session, bank_id)
    if bridge is None:
        raise Conflict("no_bridge", "These lockers are not set up yet: no bridge is enrolled.")
    if bridge.seen_at is None or bridge.seen_at < clock.now() - ONLINE_WITHIN:
        raise Conflict(
            "bridge_offline", "The lockers are offline. Try again in a minute, or take the order to the counter."
        )
