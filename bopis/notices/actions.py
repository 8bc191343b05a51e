"""Messages noted, followed, and turned from a text that reaches nobody into an e-mail."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import outbox, tasks, timeline
from bopis.ids import new_id
from bopis.messages import MailShopper, TellShopper
from bopis.notices.models import EMAIL, TEXT, Notice
from bopis.pickups.models import Pickup
from bopis.ports import MESSAGE_STATES, Receipt
from bopis.stores.queries import lock


def note(
    session: Session,
    pickup: Pickup,
    message: TellShopper | MailShopper,
    channel: str,
    connection_id: str | None,
    now: dt.datetime,
) -> Notice:
    """The one row of this message, made if it is not there: over all channels there is one."""
    found = of(session, message)
    if found is None:
        found = Notice(
            id=new_id(),
            merchant_id=pickup.merchant_id,
            pickup_id=pickup.id,
            channel=channel,
            connection_id=connection_id,
            template=message.template,
            version=message.version,
            state="submitting",
            error="",
            until=pickup.hold_until,
            created_at=now,
            changed_at=now,
        )
        session.add(found)
        session.flush()
    return found


def of(session: Session, message: TellShopper | MailShopper) -> Notice | None:
    """The row of this message, if it has one yet."""
    return session.scalars(
        select(Notice).where(
            Notice.pickup_id == message.pickup_id,
            Notice.template == message.template,
            Notice.version == message.version,
        )
    ).first()


def mail_instead(
    session: Session, pickup: Pickup, message: TellShopper, notice: Notice | None, error: str, now: dt.datetime
) -> None:
    """Let an e-mail follow a text that certainly reached nobody; `error` is why, as a stable word."""
    if notice is not None:
        notice.channel, notice.connection_id, notice.provider_id = EMAIL, None, None
        notice.state, notice.error, notice.changed_at = "submitting", "", now
    timeline.write(session, pickup.id, "text_failed", actor="system", at=now, error=error)
    mail = MailShopper(message.pickup_id, message.template, message.version)
    outbox.put(session, mail, now, merchant_id=pickup.merchant_id)


def take_report(session: Session, connection_id: str, receipt: Receipt, now: dt.datetime) -> bool:
    """Note how far a text has come; reports come late and out of order, so none leads back. False if unknown.

    One that was not delivered is followed by an e-mail, where there is an address, else by a task.
    """
    statement = select(Notice).where(
        Notice.connection_id == connection_id, Notice.provider_id == receipt.provider_id, Notice.channel == TEXT
    )
    notice = session.scalars(statement.with_for_update()).first()
    if notice is None:
        return False
    if _rank(receipt.state) > _rank(notice.state):
        was_delivered = notice.state == "delivered"
        notice.state, notice.error, notice.changed_at = receipt.state, receipt.error, now
        if receipt.state == "failed":
            _not_delivered(session, notice, was_delivered, now)
    session.flush()
    return True


def _not_delivered(session: Session, notice: Notice, was_delivered: bool, now: dt.datetime) -> None:
    pickup = session.get_one(Pickup, notice.pickup_id)
    if pickup.order.email_sealed is not None and pickup.state in ("ready", "expired") and not was_delivered:
        assert pickup.store_id is not None
        lock(session, pickup.store_id)
        text = TellShopper(notice.pickup_id, notice.template, notice.version)
        mail_instead(session, pickup, text, notice, notice.error, now)
        return
    tasks.ask(
        session,
        "text_failed",
        pickup.id,
        merchant_id=pickup.merchant_id,
        store_id=pickup.store_id,
        reason=f"The text for {pickup.order.name} did not arrive.",
        now=now,
    )


def _rank(state: str) -> int:
    return -1 if state == "submitting" else MESSAGE_STATES.index(state)
