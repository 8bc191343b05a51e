"""Payments looked after although nobody tells us anything: before they lapse, and every few hours."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bopis.payments import news
from bopis.payments.ledger import LOOK_EVERY
from bopis.payments.models import Authorisation
from bopis.payments.queries import due_for_a_look


class WatchPayments:
    """A payment that may still change is looked at again, at the latest a day before it lapses."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return due_for_a_look(session, now)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        payment = session.get_one(Authorisation, found)
        payment.look_at = now + LOOK_EVERY
        news.look(session, payment.connection_id, payment.reference, f"watch@{now.isoformat()}", now)
