"""What a person decides about a payment: take it now, let it go, give some back. Each leaves the commit to others."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bopis import tasks, timeline
from bopis.errors import Conflict, Invalid
from bopis.payments import actions, ledger
from bopis.payments.models import Authorisation
from bopis.payments.rules_amounts import written

_KINDS = ("money_lapses", "money_unclear", "money_stuck")


def capture(session: Session, of: Authorisation, amount: int, now: dt.datetime, *, actor: str) -> None:
    """Take this much now, wherever the goods are; what is left is let go. Raises Conflict or Invalid."""
    _begin(session, of, "authorised", actor, now)
    _fits(of, amount, of.authorised, "is held")
    of.due = amount
    actions.want_capture(session, of, amount, "by_hand", actor, now)
    _end(session, of, "money_capture_asked", amount, actor, now)


def release(session: Session, of: Authorisation, now: dt.datetime, *, actor: str) -> None:
    """Let it go. Raises Conflict."""
    _begin(session, of, "authorised", actor, now)
    actions.want_release(session, of, now)
    _end(session, of, "money_release_asked", of.authorised, actor, now)


def refund(session: Session, of: Authorisation, amount: int, now: dt.datetime, *, actor: str) -> None:
    """Give this much back. Raises Conflict or Invalid."""
    _begin(session, of, "captured", actor, now)
    _fits(of, amount, of.captured - of.given_back(), "can be given back")
    of.due = of.captured - of.given_back() - amount
    actions.want_refund(session, of, amount, "by_hand", actor, now)
    _end(session, of, "money_refund_asked", amount, actor, now)


def settled(session: Session, of: Authorisation, now: dt.datetime, *, actor: str) -> None:
    """Somebody saw to it elsewhere, as to a dispute."""
    for kind in (*_KINDS, "money_disputed"):
        tasks.settle(session, kind, of.id, actor=actor, now=now)


def _begin(session: Session, of: Authorisation, state: str, actor: str, now: dt.datetime) -> None:
    if of.order_id is not None:
        ledger.hold(session, of.order_id)
    ledger.keep_still(session, of)
    if of.state != state:
        raise Conflict("payment_moved_on", "This payment has moved on. Look at it again.")
    if of.is_busy():
        raise Conflict("payment_under_way", "The provider was asked already. Wait for its answer.")


def _fits(of: Authorisation, amount: int, most: int, words: str) -> None:
    if not 1 <= amount <= most:
        raise Invalid("bad_amount", f"Choose an amount up to {written(most, of.currency)}, which {words}.")


def _end(session: Session, of: Authorisation, what: str, amount: int, actor: str, now: dt.datetime) -> None:
    of.why = "by_hand"
    told = {"amount": amount, "currency": of.currency, "sum": written(amount, of.currency), "payment": of.id}
    for pickup in ledger.hold(session, of.order_id) if of.order_id else []:
        timeline.write(session, pickup.id, what, actor=actor, at=now, **told)
    for kind in _KINDS:
        tasks.settle(session, kind, of.id, actor=actor, now=now)
    session.flush()
