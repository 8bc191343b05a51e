"""What is to be paid before a door opens, and the door that opens once it is. Commits are left to others.

Expected are the locks that `ledger.hold` takes: the order, then its stores.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bopis import outbox, tasks, timeline
from bopis.messages import MailShopper, TellShopper
from bopis.orders.models import Order
from bopis.payments import checkouts, fees, queries
from bopis.payments.models import Authorisation
from bopis.payments.rules_amounts import written
from bopis.pickups import grants
from bopis.pickups.models import Pickup

SYSTEM = "system"
_OVER = ("cancelled", "returned", "collected")


@dataclass(frozen=True)
class Owed:
    """What a pickup's shopper is to pay now. `fee_up_to`: what all its storage has cost, once this is paid."""

    goods: int
    fee: int
    fee_up_to: int
    currency: str
    account: str
    """The connection that takes the money; empty where none does any more, and only the counter can."""

    @property
    def amount(self) -> int:
        """All of it together."""
        return self.goods + self.fee

    def written(self) -> str:
        """As people read it."""
        return written(self.amount, self.currency)


def owed(session: Session, pickup: Pickup) -> Owed | None:
    """What is to be paid before its door opens; None when that is nothing."""
    order, terms = pickup.order, fees.terms_of(pickup)
    goods = 0
    if order.is_unpaid() and order.cancelled_at is None and pickup.state not in _OVER:
        goods = still_to_pay(order, queries.of_order(session, order.id))
    fee = pickup.fee_due or 0 if terms and pickup.state not in _OVER else 0
    account = checkouts.account_for(session, order) if goods else terms.account if terms else ""
    if goods + fee == 0:
        return None
    up_to = fee + fees.paid_before(session, pickup) if fee else 0
    return Owed(goods, fee, up_to, order.currency or (terms.currency if terms else ""), account)


def still_to_pay(order: Order, payments: Sequence[Authorisation]) -> int:
    """What an order costs beyond what payments cover that stand."""
    paid = sum(covers(each) for each in payments if each.state in ("authorised", "captured"))
    return max(0, (order.total or 0) - paid)


def covers(of: Authorisation) -> int:
    """How much of the goods a payment pays for. One of our pages covers what it asked for, however rounded."""
    return of.checkout.goods if of.checkout else of.authorised


def refresh(session: Session, order: Order, pickups: Sequence[Pickup], now: dt.datetime) -> None:
    """Open what is paid, keep shut what is not, and end a page that asks for another amount than is due."""
    for pickup in pickups:
        if pickup.state == "ready":
            fees.look(session, pickup, now)
        _access(session, pickup, now)
        _left_unpaid(session, pickup, now)
    _tell_the_shop(session, order, pickups, now)
    live = checkouts.live(session, order.id)
    if live is not None and not checkouts.fits(live, owed(session, live.pickup)):
        checkouts.end(session, live, now)


def _access(session: Session, pickup: Pickup, now: dt.datetime) -> None:
    grant = grants.open_grant(session, pickup.id)
    if grant is None:
        return
    wanted = "held" if pickup.is_unpaid() else "active"
    if pickup.state == "ready" and pickup.hold_until is not None and grant.state != wanted:
        grants.activate(session, grant, pickup.hold_until, now)
        timeline.write(session, pickup.id, "paid_for" if wanted == "active" else "to_be_paid", actor=SYSTEM, at=now)
        if wanted == "active" and pickup.order.pays_here:
            _tell(session, pickup, now)
    elif pickup.order.pays_here and pickup.state in ("waiting", "reserved"):
        grants.changed(session, grant, now)  # its bridge may load it before it hears from us again


def _tell(session: Session, pickup: Pickup, now: dt.datetime) -> None:
    """The code, now that it opens something."""
    version = pickup.hold_number or 1
    if pickup.order.phone_sealed is not None:
        outbox.put(session, TellShopper(pickup.id, "ready", version), now, merchant_id=pickup.merchant_id)
    elif pickup.order.email_sealed is not None:
        outbox.put(session, MailShopper(pickup.id, "ready", version), now, merchant_id=pickup.merchant_id)


def _tell_the_shop(session: Session, order: Order, pickups: Sequence[Pickup], now: dt.datetime) -> None:
    """What was paid here the shop does not know: no platform lets us say so, so a person does."""
    if not order.pays_here or not pickups:
        return
    taken = [each for each in queries.of_order(session, order.id) if each.captured > each.given_back()]
    first = pickups[0]
    if order.paid or order.cancelled_at is not None or not (taken or order.paid_at_counter_at):
        tasks.settle(session, "mark_paid", first.id, actor=SYSTEM, now=now)
        return
    how = "at the counter" if order.paid_at_counter_at else "by card"
    about = {"merchant_id": order.merchant_id, "store_id": first.store_id}
    reason = f"{order.name} was paid {how}, and the shop still shows it as unpaid."
    tasks.ask(session, "mark_paid", first.id, **about, reason=reason, now=now)


def _left_unpaid(session: Session, pickup: Pickup, now: dt.datetime) -> None:
    if pickup.state == "collected" and pickup.order.is_unpaid():
        reason = f"{pickup.order.name} left the store, and nobody has paid for it."
        about = {"merchant_id": pickup.merchant_id, "store_id": pickup.store_id}
        tasks.ask(session, "left_unpaid", pickup.id, **about, reason=reason, now=now)
    else:
        tasks.settle(session, "left_unpaid", pickup.id, actor=SYSTEM, now=now)
