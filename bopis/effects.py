"""Every message we may send into the world, and who carries it out. The whole list is on this screen.

An effect reads in one transaction, calls outside any, and records in a second. `idempotent` says whether repeating a
call whose outcome is unknown does harm; where it does, `look_up` finds out first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from sqlalchemy.orm import Session

from bopis.errors import EffectError
from bopis.hooks.effects import SendHookEffect
from bopis.hooks.health import CarefulSender
from bopis.merchants.effects import WatchSubscriptionsEffect
from bopis.merchants.testing_effects import SendTestDeliveryEffect
from bopis.messages import (
    BeginCheckout,
    CaptureMoney,
    EndCheckout,
    FindPayments,
    FollowMoney,
    MailShopper,
    MarkCollected,
    MarkReady,
    MarkReturned,
    Message,
    PrepareGrant,
    ReadCheckout,
    ReadPayment,
    Reconcile,
    RefundMoney,
    ReleaseMoney,
    SendHook,
    SendTestDelivery,
    SendTestHook,
    TellShopper,
    WatchSubscriptions,
)
from bopis.notices.effects import TellShopperEffect
from bopis.notices.mailing import MailShopperEffect
from bopis.payments.checkout_effects import BeginCheckoutEffect, EndCheckoutEffect, ReadCheckoutEffect
from bopis.payments.effects import (
    CaptureMoneyEffect,
    FollowMoneyEffect,
    ReadPaymentEffect,
    RefundMoneyEffect,
    ReleaseMoneyEffect,
)
from bopis.payments.finding import FindPaymentsEffect
from bopis.pickups.effects import MarkCollectedEffect, MarkReadyEffect, MarkReturnedEffect, PrepareGrantEffect
from bopis.pickups.reconcile import ReconcileEffect
from bopis.ports import Installer, Mailer, Messenger, OrderIntake, OwnAddress, Payments, Platform


class Effect(Protocol):
    idempotent: bool

    def read(self, session: Session, message: Any, now: dt.datetime) -> Any | None:
        """What the call needs; None when there is nothing to do any more. May write that it is about to happen."""

    def call(self, work: Any) -> Any:
        """Ask the world. Raises TemporaryFailure, PermanentFailure, OutcomeUnknown."""

    def look_up(self, work: Any, since: dt.datetime) -> Any | None:
        """What an earlier call did, by the other side's account; None when it did nothing. Not for idempotent ones."""

    def record(self, session: Session, work: Any, outcome: Any, now: dt.datetime) -> None:
        """Write down what came of it."""

    def give_up(self, session: Session, message: Any, problem: EffectError, now: dt.datetime) -> None:
        """It will not be done: ask a person."""


@runtime_checkable
class Together(Protocol):
    """An effect that asks nobody outside: many are read in one transaction and recorded in another."""

    def read_all(self, session: Session, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What each message's work needs, under the message's own key; those with nothing left to do are left out."""

    def record_all(self, session: Session, done: Sequence[tuple[Any, Any]], now: dt.datetime) -> None:
        """Write down what came of each work."""


@dataclass(frozen=True)
class Gateways:
    """The vendors we can speak to, by name."""

    platforms: Mapping[str, Platform]
    messengers: Mapping[str, Messenger]
    installers: Mapping[str, Installer] = field(default_factory=dict)
    mailer: Mailer | None = None
    payments: Mapping[str, Payments] = field(default_factory=dict)
    orders: OrderIntake | None = None
    hooks: CarefulSender | None = None
    address: OwnAddress | None = None


def handlers(gateways: Gateways, public_url: str) -> dict[type[Message], Effect]:
    """Who carries out which message."""
    return {
        PrepareGrant: PrepareGrantEffect(),
        MarkReady: MarkReadyEffect(gateways.platforms),
        MarkCollected: MarkCollectedEffect(gateways.platforms),
        MarkReturned: MarkReturnedEffect(gateways.platforms),
        TellShopper: TellShopperEffect(gateways.messengers, public_url),
        MailShopper: MailShopperEffect(gateways.mailer, public_url),
        Reconcile: ReconcileEffect(gateways.platforms),
        WatchSubscriptions: WatchSubscriptionsEffect(gateways.platforms, public_url),
        SendTestDelivery: SendTestDeliveryEffect(gateways.platforms, gateways.address, public_url),
        FollowMoney: FollowMoneyEffect(),
        ReadPayment: ReadPaymentEffect(gateways.payments),
        CaptureMoney: CaptureMoneyEffect(gateways.payments),
        ReleaseMoney: ReleaseMoneyEffect(gateways.payments),
        RefundMoney: RefundMoneyEffect(gateways.payments),
        BeginCheckout: BeginCheckoutEffect(gateways.payments, public_url),
        ReadCheckout: ReadCheckoutEffect(gateways.payments, public_url),
        EndCheckout: EndCheckoutEffect(gateways.payments, public_url),
        SendHook: SendHookEffect(gateways.hooks),
        SendTestHook: SendHookEffect(gateways.hooks),
        FindPayments: FindPaymentsEffect(gateways.payments),
    }
