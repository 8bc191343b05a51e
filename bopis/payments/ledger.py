"""The ledger made to agree with what a provider says. Every function leaves the commit to others.

Who changes the money of an order holds the order, then its stores, then its payments: in this order, so that two never
wait for each other in a circle.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bopis import inbox, outbox, tasks, timeline
from bopis.ids import new_id
from bopis.merchants.models import Connection
from bopis.messages import FollowMoney
from bopis.orders.models import Order
from bopis.payments import queries
from bopis.payments.models import Authorisation, Capture, Checkout, Refund
from bopis.payments.rules import AHEAD
from bopis.payments.rules_amounts import written
from bopis.pickups.models import Pickup
from bopis.ports import PaymentSeen, RefundSeen
from bopis.stores.queries import lock

SYSTEM = "system"
LOOK_EVERY = dt.timedelta(hours=6)
PASSING = ("money_lapses", "money_unclear")
"""Tasks that end by themselves when there is nothing to ask any more."""
_RANK = {"unfinished": 0, "authorised": 1, "captured": 2, "released": 2, "expired": 2}
_REFUND_RANK = {"wanted": 0, "pending": 1, "done": 2, "failed": 3}


def agree(session: Session, connection: Connection, seen: PaymentSeen, now: dt.datetime) -> Authorisation | None:
    """Merge what the provider says of a payment into the ledger; None where it is not for an order of ours.

    A state never goes back and a refund never comes undone, so it does not matter in which order looks are recorded.
    """
    found = _known(session, connection, seen, now)
    if found is None:
        return None
    if found.order_id is None:
        _link(session, found, now)
    pickups = hold(session, found.order_id) if found.order_id else []
    keep_still(session, found)
    announce(session, found, pickups, now)
    _paid_on(found, now)
    if _RANK[seen.state] > _RANK[found.state]:
        _into(session, found, seen, pickups, now)
    for refund in seen.refunds:
        _agree_refund(session, found, refund, pickups, now)
    found.refunded = sum(refund.amount for refund in found.refunds if refund.state in ("pending", "done"))
    if seen.disputed and found.disputed_at is None:
        found.disputed_at = now
        say(session, pickups, "money_disputed", now, found, seen.captured)
        ask(session, found, pickups, "money_disputed", "The shopper’s bank took back the payment for {order}.", now)
    found.capture_before = seen.capture_before or found.capture_before
    found.look_at = _look_again(found, now)
    session.flush()
    if found.order_id is not None:
        outbox.put(
            session,
            FollowMoney(found.order_id, f"{seen.reference}@{now.isoformat()}"),
            now,
            merchant_id=found.merchant_id,
        )
    return found


def _paid_on(found: Authorisation, now: dt.datetime) -> None:
    """The page of ours that a payment was made on has done its work."""
    page = found.checkout
    if page is not None and page.state != "paid":
        page.state, page.settled_at, page.look_at = "paid", now, None


def keep_still(session: Session, of: Authorisation) -> None:
    """Hold a payment until the transaction ends, and see it as it is now."""
    # In two statements: what it was loaded with may be an outer join, which PostgreSQL does not lock.
    session.execute(select(Authorisation.id).where(Authorisation.id == of.id).with_for_update())
    session.refresh(of)


def hold(session: Session, order_id: str) -> list[Pickup]:
    """An order's pickups, it and their stores held still."""
    session.execute(select(Order.id).where(Order.id == order_id).with_for_update())
    theirs = select(Pickup.store_id).where(Pickup.order_id == order_id, Pickup.store_id.is_not(None))
    lock(session, *(store_id for store_id in session.scalars(theirs) if store_id))
    return list(
        session.scalars(
            select(Pickup)
            .where(Pickup.order_id == order_id)
            .order_by(Pickup.unit_id)
            .execution_options(populate_existing=True)
        )
    )


def new_capture(session: Session, of: Authorisation, amount: int, why: str, actor: str, now: dt.datetime) -> Capture:
    """A row for money that is to be taken; the unique step sees to it that it is taken once."""
    capture = Capture(
        id=new_id(),
        merchant_id=of.merchant_id,
        step=len(of.captures) + 1,
        amount=amount,
        why=why,
        actor=actor,
        state="wanted",
        wanted_at=now,
    )
    of.captures.append(capture)
    session.flush()
    return capture


def new_refund(session: Session, of: Authorisation, amount: int, why: str, actor: str, now: dt.datetime) -> Refund:
    """A row for money that is to be given back, once."""
    refund = Refund(
        id=new_id(),
        merchant_id=of.merchant_id,
        step=len(of.refunds) + 1,
        amount=amount,
        why=why,
        actor=actor,
        state="wanted",
        wanted_at=now,
    )
    of.refunds.append(refund)
    session.flush()
    return refund


def announce(session: Session, found: Authorisation, pickups: Sequence[Pickup], now: dt.datetime) -> None:
    """Tell the order's pickups of a payment, once there are any."""
    if pickups and found.announced_at is None:
        found.announced_at = now
        say(session, pickups, "money_authorised", now, found, found.authorised)


def say(
    session: Session,
    pickups: Sequence[Pickup],
    what: str,
    now: dt.datetime,
    of: Authorisation,
    amount: int,
    **detail: object,
) -> None:
    """Write it on the timeline of every pickup of the order."""
    told = {"amount": amount, "currency": of.currency, "sum": written(amount, of.currency), "payment": of.id, **detail}
    for pickup in pickups:
        timeline.write(session, pickup.id, what, actor=SYSTEM, at=now, **told)


def ask(
    session: Session, of: Authorisation, pickups: Sequence[Pickup], kind: str, reason: str, now: dt.datetime
) -> None:
    """Ask a person about a payment."""
    name = of.order.name if of.order is not None else of.order_name or of.order_key
    tasks.ask(
        session,
        kind,
        of.id,
        merchant_id=of.merchant_id,
        store_id=pickups[0].store_id if pickups else None,
        reason=reason.format(order=name, amount=written(of.captured or of.authorised, of.currency)),
        now=now,
    )


def secure(session: Session, order: Order, secured: bool, now: dt.datetime) -> None:
    """Say whether we hold money for an order; when that changes, what waits for it is looked at anew."""
    if order.secured == secured:
        return
    order.secured = secured
    session.flush()
    inbox.ask_again(session, order.connection_id, order.platform_order_id, f"money {secured} {now.isoformat()}", now)


def link_waiting(session: Session, order: Order, now: dt.datetime) -> None:
    """Payments that came before their order."""
    for found in queries.waiting_for(session, order):
        _belongs_to(session, found, order, now)


def _known(session: Session, connection: Connection, seen: PaymentSeen, now: dt.datetime) -> Authorisation | None:
    where = (Authorisation.connection_id == connection.id, Authorisation.reference == seen.reference)
    found = session.scalars(select(Authorisation).where(*where)).first()
    key = seen.order_id or seen.order_name
    if found is not None or not key or seen.state == "unfinished":
        return found
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    page = session.get(Checkout, seen.checkout) if seen.checkout else None
    if page is not None and page.connection_id != connection.id:
        page = None
    fresh = {
        "id": new_id(),
        "checkout_id": page.id if page else None,
        "merchant_id": connection.merchant_id,
        "connection_id": connection.id,
        "reference": seen.reference,
        "order_key": key,
        "order_name": seen.order_name,
        "currency": seen.currency,
        "authorised": seen.authorised,
        "captured": 0,
        "refunded": 0,
        "state": "authorised",
        "why": "no_pickup",
        "capture_before": seen.capture_before,
        "created_at": now,
    }
    session.execute(dialect.insert(Authorisation).values(fresh).on_conflict_do_nothing())
    return session.scalars(select(Authorisation).where(*where)).one()


def _link(session: Session, found: Authorisation, now: dt.datetime) -> None:
    order = found.checkout.order if found.checkout else queries.order_named(session, found)
    if order is not None:
        _belongs_to(session, found, order, now)


def _belongs_to(session: Session, found: Authorisation, order: Order, now: dt.datetime) -> None:
    session.execute(select(Order.id).where(Order.id == order.id).with_for_update())
    found.order_id = order.id
    session.flush()
    if found.state == "authorised" and not order.pays_here:  # of those `actions.follow` knows whether it is enough
        secure(session, order, True, now)


def _into(
    session: Session, found: Authorisation, seen: PaymentSeen, pickups: Sequence[Pickup], now: dt.datetime
) -> None:
    found.state, found.captured, found.releasing_at = seen.state, seen.captured, None
    wanted = next((capture for capture in found.captures if capture.state == "wanted"), None)
    if seen.state == "captured":
        if wanted is None:
            wanted = new_capture(session, found, seen.captured, "elsewhere", "provider", now)
        wanted.state, wanted.done_at, wanted.amount = "done", now, seen.captured
        say(session, pickups, "money_captured", now, found, seen.captured, reason=wanted.why)
    else:
        if wanted is not None:
            wanted.state = "failed"
        say(
            session,
            pickups,
            "money_released" if seen.state == "released" else "money_lapsed",
            now,
            found,
            found.authorised,
        )
    for kind in ("money_stuck", *PASSING):
        tasks.settle(session, kind, found.id, actor=SYSTEM, now=now)


def _agree_refund(
    session: Session, found: Authorisation, seen: RefundSeen, pickups: Sequence[Pickup], now: dt.datetime
) -> None:
    ours = next((each for each in found.refunds if seen.reference == each.reference or seen.ours == each.id), None)
    if ours is None:
        ours = new_refund(session, found, seen.amount, "elsewhere", "provider", now)
    ours.reference, ours.amount = seen.reference, seen.amount
    if _REFUND_RANK[seen.state] <= _REFUND_RANK[ours.state]:
        return
    was, ours.state = ours.state, seen.state
    if seen.state == "failed":
        say(session, pickups, "money_refund_failed", now, found, seen.amount)
        ask(session, found, pickups, "money_stuck", "Money for {order} that was given back came back to you.", now)
    else:
        ours.done_at = ours.done_at or now
        if was == "wanted":
            say(session, pickups, "money_refunded", now, found, seen.amount, reason=ours.why)


def _look_again(of: Authorisation, now: dt.datetime) -> dt.datetime | None:
    if of.state == "authorised":
        soon = now + LOOK_EVERY
        before = of.capture_before - AHEAD if of.capture_before else None
        return before if before is not None and now < before < soon else soon
    return now + LOOK_EVERY if any(refund.state == "pending" for refund in of.refunds) else None
