"""The account at the processor: payments, refunds, and the rules that money follows there."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.behaviour import Behaviour, Refused
from sandbox.cards.events import Events
from sandbox.cards.objects import about, intent
from sandbox.config import CardsConfig
from sandbox.later import Later

BEHAVIOUR = {
    "down": False,  # every call answers 503 and does nothing
    "slow": 0.0,  # seconds before an answer
    "hang": 15.0,  # seconds until a lost answer's 504
    "lost_before": 0,  # so many calls are lost on their way in
    "lost_after": 0,  # so many are done, and the answer is lost
    "broken": 0,  # so many fail with a 500 that their key remembers
    "broken_after": 0,  # so many are done, and fail with a 500 that their key remembers
    "too_many": 0,  # so many answer 429
    "timeouts": 0.0,  # this share of the calls is lost, half of them after they were done
    "seed": 0,  # of the dice behind `timeouts`
    "refunds_pend": False,  # refunds stay pending until they are told to end
    "duplicate_events": False,
    "shuffle_events": 0.0,  # each delivery waits a random time up to so many seconds
    "drop_events": 0,  # so many never leave
    "retry_seconds": 1.0,  # wait before the first retry of an event; it doubles
}
AUTHORISED_FOR = dt.timedelta(days=7)
"""A card that is not present, presented by its holder (docs.stripe.com/payments/place-a-hold-on-a-payment-method)."""


class CardError(Exception):
    """A refusal as Stripe words it."""

    def __init__(self, code: str, message: str, status: int = 400, kind: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.kind = kind


@dataclass
class Refund:
    id: str
    amount: int
    status: str
    reason: str | None
    metadata: dict[str, str]
    created: int


@dataclass
class Payment:
    """One PaymentIntent with its only charge."""

    id: str
    amount: int
    currency: str
    metadata: dict[str, str]
    capture_before: dt.datetime
    created: int
    status: str = "requires_capture"
    received: int = 0
    cancellation_reason: str | None = None
    disputed: bool = False
    refunds: list[Refund] = field(default_factory=list)

    @property
    def refunded(self) -> int:
        return sum(refund.amount for refund in self.refunds if refund.status in ("succeeded", "pending"))


class Processor:
    """Holds the money. Every change is made under one lock, told as an event, and written into a ledger."""

    def __init__(self, config: CardsConfig, now: Callable[[], dt.datetime], later: Later) -> None:
        self.config = config
        self.now = now
        self.behaviour = Behaviour(BEHAVIOUR)
        self.events = Events(config, now, later, self.behaviour)
        self.lock = threading.RLock()
        self.payments: dict[str, Payment] = {}
        self.kept: dict[str, Any] = {}
        """What each idempotency key brought, or None while that is being worked out."""
        self._ledger: list[dict[str, Any]] = []
        self._count = 0
        self._dice: dict[int, random.Random] = {}
        self.calls = {"answered": 0, "lost_before": 0, "lost_after": 0}

    def authorise(self, amount: int, currency: str, metadata: dict[str, str], hours: float | None = None) -> Payment:
        """A shopper's card is authorised in the merchant's checkout."""
        if amount < 1 or len(currency) != 3:
            raise Refused("bad_amount", "Send an amount above zero and a currency of three letters.")
        with self.lock:
            now = self.now()
            held = dt.timedelta(hours=hours) if hours is not None else AUTHORISED_FOR
            payment = Payment(self.new_id("pi"), amount, currency.lower(), metadata, now + held, int(now.timestamp()))
            self.payments[payment.id] = payment
            self._tell("payment_intent.amount_capturable_updated", payment)
            return payment

    def payment(self, payment_id: str) -> Payment:
        """One payment as of now: what was authorised too long ago has lapsed. Raises CardError."""
        with self.lock:
            payment = self.payments.get(payment_id)
            if payment is None:
                raise CardError("resource_missing", f"No such payment_intent: '{payment_id}'", 404)
            self._lapse(payment)
            return payment

    def capture(self, payment_id: str, amount: int | None) -> Payment:
        """Take money once; the rest of the authorisation is let go. Raises CardError."""
        with self.lock:
            payment = self.payment(payment_id)
            if payment.status != "requires_capture":
                raise _unexpected("captured", payment.status, "requires_capture")
            wanted = payment.amount if amount is None else amount
            if not 1 <= wanted <= payment.amount:
                raise CardError("amount_too_large", "amount_to_capture is above what can be captured.")
            payment.status, payment.received = "succeeded", wanted
            self._note("capture", payment, wanted)
            for topic in ("charge.captured", "payment_intent.succeeded"):
                self._tell(topic, payment)
            return payment

    def cancel(self, payment_id: str, reason: str | None) -> Payment:
        """Let go of an authorisation. Raises CardError."""
        with self.lock:
            payment = self.payment(payment_id)
            if payment.status != "requires_capture":
                raise _unexpected("canceled", payment.status, "requires_capture")
            payment.status, payment.cancellation_reason = "canceled", reason
            self._note("cancel", payment, payment.amount)
            self._tell("payment_intent.canceled", payment)
            return payment

    def refund(self, payment_id: str, amount: int | None, reason: str | None, metadata: dict[str, str]) -> Refund:
        """Give money back, never more than was taken. Raises CardError."""
        with self.lock:
            payment = self.payment(payment_id)
            left = payment.received - payment.refunded
            wanted = left if amount is None else amount
            if payment.disputed:
                raise CardError("charge_disputed", "This charge is disputed.")
            if payment.status != "succeeded":
                raise CardError("", "This PaymentIntent does not have a successful charge to refund.")
            if left == 0:
                raise CardError("charge_already_refunded", "The charge has already been refunded.")
            if not 1 <= wanted <= left:
                raise CardError("", "Refund amount is greater than unrefunded amount on charge.")
            status = "pending" if self.behaviour.get("refunds_pend") else "succeeded"
            made = Refund(self.new_id("re"), wanted, status, reason, metadata, int(self.now().timestamp()))
            payment.refunds.append(made)
            self._note("refund", payment, wanted)
            for topic in ("refund.created", "charge.refunded"):
                self._tell(topic, payment)
            return made

    def end_refunds(self, payment_id: str, status: str) -> None:
        """What is pending at a payment ends: succeeded or failed."""
        with self.lock:
            payment = self.payment(payment_id)
            for refund in payment.refunds:
                if refund.status == "pending":
                    refund.status = status
                    self._tell("refund.failed" if status == "failed" else "refund.updated", payment)

    def dispute(self, payment_id: str) -> None:
        """The shopper tells the bank that this was not theirs."""
        with self.lock:
            payment = self.payment(payment_id)
            payment.disputed = True
            self._tell("charge.dispute.created", payment)

    def ledger(self) -> list[dict[str, Any]]:
        """Every movement of money, oldest first."""
        with self.lock:
            for payment in self.payments.values():
                self._lapse(payment)
            return [dict(entry) for entry in self._ledger]

    def lost(self) -> str:
        """Whether this call is to be lost: "", "before" or "after" it is done."""
        when = self._lost()
        with self.lock:
            self.calls[f"lost_{when}" if when else "answered"] += 1
        return when

    def _lost(self) -> str:
        for when in ("before", "after"):
            if self.behaviour.spend(f"lost_{when}"):
                return when
        share, seed = self.behaviour.get("timeouts"), self.behaviour.get("seed")
        with self.lock:
            dice = self._dice.setdefault(seed, random.Random(seed))
            if share and dice.random() < share:
                return dice.choice(("before", "after"))
        return ""

    def _lapse(self, payment: Payment) -> None:
        if payment.status == "requires_capture" and payment.capture_before <= self.now():
            payment.status, payment.cancellation_reason = "canceled", "automatic"
            self._note("lapse", payment, payment.amount)
            self._tell("payment_intent.canceled", payment)

    def _note(self, what: str, payment: Payment, amount: int) -> None:
        at = self.now().isoformat()
        order = payment.metadata.get("order_id", "")
        self._ledger.append({"at": at, "what": what, "payment": payment.id, "order": order, "amount": amount})

    def _tell(self, topic: str, payment: Payment) -> None:
        self.events.tell(topic, intent(payment) if topic.startswith("payment_intent.") else about(topic, payment))

    def new_id(self, prefix: str) -> str:
        """An id that no other object has."""
        self._count += 1
        return f"{prefix}_sandbox{self._count:08d}"


def _unexpected(done: str, status: str, only: str) -> CardError:
    return CardError(
        "payment_intent_unexpected_state",
        f"This PaymentIntent could not be {done} because it has a status of {status}. "
        f"Only a PaymentIntent with the following statuses may be {done}: {only}.",
    )
