"""What payments ask of the world: seen, taken, let go, given back, each once however often the line breaks.

All say `idempotent`: what was asked before is asked with the same key again, and looked up first by the provider's own
account. So an unknown outcome costs seconds and not a minute of doubt.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bopis.errors import EffectError
from bopis.merchants.effects import failed
from bopis.merchants.models import Connection
from bopis.messages import CaptureMoney, FollowMoney, ReadPayment, RefundMoney, ReleaseMoney
from bopis.payments import actions, ledger
from bopis.payments.models import Authorisation, Capture, Refund
from bopis.ports import Account, Money, PaymentAsked, Payments, PaymentSeen


@dataclass(frozen=True)
class _Work:
    account: Account
    asked: PaymentAsked
    amount: Money | None = None


class FollowMoneyEffect:
    """Asks nobody: decides, in a transaction of its own, what the money of an order is to do."""

    idempotent = True

    def read(self, session: Session, message: FollowMoney, now: dt.datetime) -> FollowMoney:
        return message

    def call(self, work: FollowMoney) -> None:
        return None

    def look_up(self, work: FollowMoney, since: dt.datetime) -> None:
        return None

    def record(self, session: Session, work: FollowMoney, outcome: None, now: dt.datetime) -> None:
        actions.follow(session, work.order_id, now)

    def give_up(self, session: Session, message: FollowMoney, problem: EffectError, now: dt.datetime) -> None:
        """Only by a defect; the watch over payments comes by again."""


class _PaymentEffect:
    idempotent = True
    done = ""

    def __init__(self, payments: Mapping[str, Payments]) -> None:
        self.payments = payments

    def look_up(self, work: _Work, since: dt.datetime) -> None:
        return None

    def record(self, session: Session, work: _Work, outcome: PaymentSeen | None, now: dt.datetime) -> None:
        if outcome is not None:
            connection = session.get_one(Connection, work.account.connection_id)
            ledger.agree(session, connection, outcome, now)

    def _of(self, work: _Work) -> Payments:
        return self.payments[work.account.vendor]


class ReadPaymentEffect(_PaymentEffect):
    """Sees how a payment stands."""

    def read(self, session: Session, message: ReadPayment, now: dt.datetime) -> _Work | None:
        connection = session.get_one(Connection, message.connection_id)
        if connection.paused_at is not None:
            return None
        return _Work(connection.account(), PaymentAsked(message.reference, ""))

    def call(self, work: _Work) -> PaymentSeen | None:
        return self._of(work).fetch(work.account, work.asked.reference)

    def give_up(self, session: Session, message: ReadPayment, problem: EffectError, now: dt.datetime) -> None:
        failed(session, message.connection_id, problem, now)


class CaptureMoneyEffect(_PaymentEffect):
    """Takes money."""

    def read(self, session: Session, message: CaptureMoney, now: dt.datetime) -> _Work | None:
        return _to_ask(session.get_one(Capture, message.capture_id, with_for_update=True), now)

    def call(self, work: _Work) -> PaymentSeen:
        assert work.amount is not None
        return self._of(work).capture(work.account, work.asked, work.amount)

    def give_up(self, session: Session, message: CaptureMoney, problem: EffectError, now: dt.datetime) -> None:
        capture = session.get_one(Capture, message.capture_id)
        _refused(session, capture, "taken", problem, now)


class RefundMoneyEffect(_PaymentEffect):
    """Gives money back."""

    def read(self, session: Session, message: RefundMoney, now: dt.datetime) -> _Work | None:
        return _to_ask(session.get_one(Refund, message.refund_id, with_for_update=True), now)

    def call(self, work: _Work) -> PaymentSeen:
        assert work.amount is not None
        return self._of(work).refund(work.account, work.asked, work.amount)

    def give_up(self, session: Session, message: RefundMoney, problem: EffectError, now: dt.datetime) -> None:
        refund = session.get_one(Refund, message.refund_id)
        _refused(session, refund, "given back", problem, now)


class ReleaseMoneyEffect(_PaymentEffect):
    """Lets go of an authorisation."""

    def read(self, session: Session, message: ReleaseMoney, now: dt.datetime) -> _Work | None:
        found = session.get_one(Authorisation, message.authorisation_id, with_for_update=True)
        if found.state != "authorised" or found.releasing_at is None:
            return None
        again, found.release_asked_at = found.release_asked_at is not None, found.release_asked_at or now
        return _Work(found.connection.account(), PaymentAsked(found.reference, found.id, again))

    def call(self, work: _Work) -> PaymentSeen:
        return self._of(work).release(work.account, work.asked)

    def give_up(self, session: Session, message: ReleaseMoney, problem: EffectError, now: dt.datetime) -> None:
        found = session.get_one(Authorisation, message.authorisation_id)
        actions.refused(session, found, "let go", problem.message, now)
        found.releasing_at = None


def _to_ask(row: Capture | Refund, now: dt.datetime) -> _Work | None:
    if row.state != "wanted":
        return None
    of, again = row.authorisation, row.asked_at is not None
    row.asked_at = row.asked_at or now
    asked = PaymentAsked(of.reference, row.id, again)
    return _Work(of.connection.account(), asked, Money(row.amount, of.currency))


def _refused(session: Session, row: Any, what: str, problem: EffectError, now: dt.datetime) -> None:
    actions.refused(session, row.authorisation, what, problem.message, now)
    row.state = "failed"
