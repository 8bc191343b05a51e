"""Delivery reports taken over."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import tasks
from bopis.notices.models import Notice
from bopis.pickups.models import Pickup
from bopis.ports import MESSAGE_STATES, Receipt


def take_report(session: Session, connection_id: str, receipt: Receipt, now: dt.datetime) -> bool:
    """Note how far a text has come; reports come late and out of order, so none leads back. False if unknown."""
    notice = session.scalars(
        select(Notice)
        .where(Notice.connection_id == connection_id, Notice.provider_id == receipt.provider_id)
        .with_for_update()
    ).first()
    if notice is None:
        return False
    if _rank(receipt.state) > _rank(notice.state):
        notice.state, notice.error, notice.changed_at = receipt.state, receipt.error, now
        if receipt.state == "failed":
            pickup = session.get_one(Pickup, notice.pickup_id)
            tasks.ask(
                session,
                "text_failed",
                pickup.id,
                merchant_id=pickup.merchant_id,
                store_id=pickup.store_id,
                reason=f"The text for {pickup.order.name} did not arrive.",
                now=now,
            )
    session.flush()
    return True


def _rank(state: str) -> int:
    return -1 if state == "submitting" else MESSAGE_STATES.index(state)
