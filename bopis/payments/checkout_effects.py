"""What checkouts ask of the provider: opened, looked at, ended, each safe to repeat."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bopis.errors import EffectError
from bopis.merchants.effects import failed
from bopis.messages import BeginCheckout, EndCheckout, ReadCheckout
from bopis.payments import checkouts, ledger
from bopis.payments.models import Checkout
from bopis.ports import Account, CheckoutAsked, CheckoutSeen, Money, Payments

SOONEST = dt.timedelta(minutes=31)
"""A page lasts half an hour at least: one that was asked for too long ago is not opened any more."""


@dataclass(frozen=True)
class _Work:
    checkout_id: str
    account: Account
    reference: str
    asked: CheckoutAsked


class _CheckoutEffect:
    idempotent = True
    states: tuple[str, ...] = ()

    def __init__(self, payments: Mapping[str, Payments], public_url: str) -> None:
        self.payments = payments
        self.public_url = public_url

    def read(
        self, session: Session, message: BeginCheckout | ReadCheckout | EndCheckout, now: dt.datetime
    ) -> _Work | None:
        of = session.get_one(Checkout, message.checkout_id, with_for_update=True)
        if of.state not in self.states or not self.may_ask(of, now):
            return None
        return _Work(of.id, of.connection.account(), of.reference or "", _asked(of, self.public_url))

    def may_ask(self, of: Checkout, now: dt.datetime) -> bool:
        """Whether there is anything to ask; may note that it is about to be."""
        return of.reference is not None

    def look_up(self, work: _Work, since: dt.datetime) -> None:
        return None

    def record(self, session: Session, work: _Work, outcome: CheckoutSeen | None, now: dt.datetime) -> None:
        of = session.get_one(Checkout, work.checkout_id)
        ledger.hold(session, of.order_id)
        session.refresh(of)
        if outcome is None:
            return
        checkouts.agree(session, of, outcome, now)
        if outcome.payment is not None:
            ledger.agree(session, of.connection, outcome.payment, now)

    def give_up(
        self, session: Session, message: ReadCheckout | EndCheckout, problem: EffectError, now: dt.datetime
    ) -> None:
        of = session.get_one(Checkout, message.checkout_id)
        failed(session, of.connection_id, problem, now)

    def _of(self, work: _Work) -> Payments:
        return self.payments[work.account.vendor]


class BeginCheckoutEffect(_CheckoutEffect):
    """Opens a page; who asks again for the same one gets the same one."""

    states = ("wanted",)

    def may_ask(self, of: Checkout, now: dt.datetime) -> bool:
        if of.expires_at - now < SOONEST:
            of.state, of.look_at = "failed", None
            return False
        of.asked_at = of.asked_at or now
        return True

    def call(self, work: _Work) -> CheckoutSeen:
        return self._of(work).begin_checkout(work.account, work.asked)

    def give_up(self, session: Session, message: BeginCheckout, problem: EffectError, now: dt.datetime) -> None:  # type: ignore[override]
        of = session.get_one(Checkout, message.checkout_id)
        if of.state == "wanted":
            of.state, of.look_at = "failed", None
        failed(session, of.connection_id, problem, now)


class ReadCheckoutEffect(_CheckoutEffect):
    """Sees how a page stands."""

    states = ("wanted", "open", "ending")

    def call(self, work: _Work) -> CheckoutSeen | None:
        return self._of(work).fetch_checkout(work.account, work.reference)


class EndCheckoutEffect(_CheckoutEffect):
    """Ends a page; one that may have been opened unheard is asked for again first, to learn its name."""

    states = ("ending",)

    def may_ask(self, of: Checkout, now: dt.datetime) -> bool:
        # One that nobody was ever sent to, and that cannot be found any more, ends by itself.
        return of.reference is not None or of.expires_at - now >= SOONEST

    def call(self, work: _Work) -> CheckoutSeen:
        holder = self._of(work)
        reference = work.reference or holder.begin_checkout(work.account, work.asked).reference
        return holder.end_checkout(work.account, reference)


def _asked(of: Checkout, public_url: str) -> CheckoutAsked:
    order = of.order
    items = [(f"Order {order.name}", of.goods), (f"Storage of order {order.name}", of.fee)]
    return CheckoutAsked(
        key=of.id,
        items=tuple((words, Money(amount, of.currency)) for words, amount in items if amount),
        order_id=order.platform_order_id,
        order_name=order.name,
        back_url=f"{public_url}/p/back/{of.back()}",
        expires_at=of.expires_at,
        locale=order.locale,
    )
