"""What we ask of those who hold shoppers' money, as plain values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bopis.money import Money
from bopis.ports.common import Account, Delivery


@dataclass(frozen=True)
class RefundSeen:
    """One refund as the provider has it. `state`: pending, done or failed; `ours`: our own id of it, if it is ours."""

    reference: str
    amount: int
    state: str
    ours: str = ""


PAYMENT_STATES = ("unfinished", "authorised", "captured", "released", "expired")


@dataclass(frozen=True)
class PaymentSeen:
    """A payment as the provider has it now; `state` is one of PAYMENT_STATES, amounts are minor units of `currency`."""

    reference: str
    state: str
    currency: str
    authorised: int
    captured: int = 0
    refunds: tuple[RefundSeen, ...] = ()
    capture_before: dt.datetime | None = None
    """When the authorisation lapses by itself."""
    order_id: str = ""
    """The platform's own id of the order it is for, as the merchant's checkout wrote it."""
    order_name: str = ""
    disputed: bool = False
    checkout: str = ""
    """Our own id of the checkout it was made in, where that was one of ours."""


@dataclass(frozen=True)
class PaymentAsked:
    """What is asked about one payment. `key` is our row's id: whatever is asked twice with it is done once."""

    reference: str
    key: str
    again: bool = False
    """It was asked before and nobody knows what came of it: look first."""


CHECKOUT_STATES = ("open", "complete", "expired")


@dataclass(frozen=True)
class CheckoutAsked:
    """A page of the provider's on which one order is paid. `key` is our row's id: asked twice with it, there is one."""

    key: str
    items: tuple[tuple[str, Money], ...]
    """What is paid for, in words that a shopper reads, and how much; all in one currency."""
    order_id: str
    """The platform's own id."""
    order_name: str
    back_url: str = field(repr=False)
    """Where the provider sends the shopper, paid or not."""
    expires_at: dt.datetime
    locale: str = ""


@dataclass(frozen=True)
class CheckoutSeen:
    """Such a page as the provider has it now; `state` is one of CHECKOUT_STATES, `url` is for its shopper alone."""

    reference: str
    state: str
    url: str = field(default="", repr=False)
    ours: str = ""
    """Our own id of it."""
    payment: PaymentSeen | None = None
    """What was paid on it."""


class Payments(Protocol):
    """Something that holds shoppers' money. Methods that call out raise only the three EffectErrors."""

    def verify(self, headers: Mapping[str, str], body: bytes, account: Account, now: dt.datetime) -> Delivery:
        """Check the raw body and say what it is. No I/O. Raises BadSignature, or BadDelivery. A delivery from more
        than five minutes ago, or from the future, is no better than an unsigned one."""

    def payment_of(self, delivery: Delivery, body: bytes) -> str | None:
        """The payment a delivery concerns, or None. No I/O. Raises BadDelivery."""

    def fetch(self, account: Account, reference: str) -> PaymentSeen | None:
        """The payment as it is now; None when the provider has no such payment."""

    def made_between(
        self, account: Account, since: dt.datetime, until: dt.datetime, most: int
    ) -> tuple[str, ...] | None:
        """The provider's ids of payments begun from `since` up to `until` that name an order and hold or took money;
        None when there were more than `most` payments to look through."""

    def capture(self, account: Account, asked: PaymentAsked, amount: Money) -> PaymentSeen:
        """Take this much of what is authorised and let go of the rest; the payment as it then is."""

    def release(self, account: Account, asked: PaymentAsked) -> PaymentSeen:
        """Let go of an authorisation; the payment as it then is."""

    def refund(self, account: Account, asked: PaymentAsked, amount: Money) -> PaymentSeen:
        """Give this much of what was captured back; the payment as it then is."""

    def begin_checkout(self, account: Account, asked: CheckoutAsked) -> CheckoutSeen:
        """Open a page on which the card is authorised, not yet charged; the same one for the same key."""

    def fetch_checkout(self, account: Account, reference: str) -> CheckoutSeen | None:
        """The page as it is now; None when the provider has no such page."""

    def end_checkout(self, account: Account, reference: str) -> CheckoutSeen:
        """See to it that nothing more is paid there; as it then is: `complete` where somebody was faster."""

    def checkout_of(self, delivery: Delivery, body: bytes) -> str | None:
        """The checkout a delivery concerns, or None. No I/O. Raises BadDelivery."""
