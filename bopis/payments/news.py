"""What a provider tells us: kept as it came, and taken as a hint to look."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import update
from sqlalchemy.orm import Session

from bopis import inbox, outbox
from bopis.inbox import InboxEntry
from bopis.merchants.models import Connection
from bopis.messages import ReadPayment
from bopis.ports import Account, Delivery


def take_in(
    session: Session, account: Account, delivery: Delivery, payment: str | None, body: bytes, now: dt.datetime
) -> bool:
    """Keep a verified delivery, and ask for a look at the payment it names; False when it is known already."""
    if not inbox.store(session, account, delivery, body, now):
        return False
    # Nothing is left to be read from it: what follows is in the outbox, committed together with it.
    session.execute(
        update(InboxEntry)
        .where(InboxEntry.connection_id == account.connection_id, InboxEntry.delivery_id == delivery.delivery_id)
        .values(state="done", outcome="looks at the payment" if payment else "concerns no payment")
        .execution_options(synchronize_session=False)
    )
    if payment:
        look(session, account.connection_id, payment, delivery.delivery_id, now)
    return True


def look(session: Session, connection_id: str, reference: str, because: str, now: dt.datetime) -> None:
    """Ask for a look at a payment, once for each cause."""
    merchant_id = session.get_one(Connection, connection_id).merchant_id
    outbox.put(session, ReadPayment(connection_id, reference, because), now, merchant_id=merchant_id)
