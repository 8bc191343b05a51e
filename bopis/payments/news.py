"""What a provider tells us: kept as it came, and taken as a hint to look."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bopis import inbox, outbox
from bopis.inbox import InboxEntry
from bopis.merchants.models import Connection
from bopis.messages import ReadPayment
from bopis.payments import checkouts
from bopis.payments.models import Checkout
from bopis.ports import Account, Delivery


@dataclass(frozen=True)
class Concerned:
    """What a delivery is about, by the provider's ids."""

    payment: str | None
    checkout: str | None = None


def take_in(
    session: Session, account: Account, delivery: Delivery, about: Concerned, body: bytes, now: dt.datetime
) -> bool:
    """Keep a verified delivery, and ask for a look at what it names; False when it is known already."""
    payment = about.payment
    if not inbox.store(session, account, delivery, body, now):
        return False
    # Nothing is left to be read from it: what follows is in the outbox, committed together with it.
    session.execute(
        update(InboxEntry)
        .where(InboxEntry.connection_id == account.connection_id, InboxEntry.delivery_id == delivery.delivery_id)
        .values(state="done", outcome="looks at the payment" if payment or about.checkout else "concerns no payment")
        .execution_options(synchronize_session=False)
    )
    page = (
        about.checkout
        and session.scalars(
            select(Checkout).where(
                Checkout.connection_id == account.connection_id, Checkout.reference == about.checkout
            )
        ).first()
    )
    if page:
        checkouts.look(session, page, delivery.delivery_id, now)
    elif payment:
        look(session, account.connection_id, payment, delivery.delivery_id, now)
    return True


def look(session: Session, connection_id: str, reference: str, because: str, now: dt.datetime) -> None:
    """Ask for a look at a payment, once for each cause."""
    merchant_id = session.get_one(Connection, connection_id).merchant_id
    outbox.put(session, ReadPayment(connection_id, reference, because), now, merchant_id=merchant_id)
