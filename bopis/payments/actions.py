"""The money of an order made to follow its goods. Every function leaves the commit to others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy.orm import Session

from bopis import outbox, tasks
from bopis.messages import CaptureMoney, RefundMoney, ReleaseMoney
from bopis.orders.models import Order
from bopis.payments import queries
from bopis.payments.ledger import PASSING, SYSTEM, announce, ask, hold, link_waiting, new_capture, new_refund, secure
from bopis.payments.models import Authorisation
from bopis.payments.rules import Goods, Held, Policy, Step, next_step, shares
from bopis.payments.words import WHY
from bopis.pickups.models import Pickup


def follow(session: Session, order_id: str, now: dt.datetime) -> None:
    """Let the money of an order follow its goods: take, let go, give back, or ask a person."""
    order = session.get(Order, order_id, with_for_update=True)
    if order is None:
        return
    pickups = hold(session, order_id)
    link_waiting(session, order, now)
    payments = queries.of_order(session, order_id, for_update=True)
    goods = Goods(tuple(pickup.state for pickup in pickups), order.cancelled_at is not None, order.paid)
    standing = [each for each in payments if each.state in ("authorised", "captured")]
    dues = dict(
        zip(
            (each.id for each in standing),
            shares(_total(order, standing), [_most(each) for each in standing]),
            strict=True,
        )
    )
    for each in payments:
        announce(session, each, pickups, now)
        held = _held(each, dues.get(each.id), several=len(standing) > (each in standing))
        step = next_step(held, goods, Policy.of(each.connection.settings), now)
        _take(session, each, pickups, step, now)
    secure(session, order, bool(standing), now)


def want_capture(session: Session, of: Authorisation, amount: int, why: str, actor: str, now: dt.datetime) -> None:
    """Write down that this much is to be taken; the unique step sees to it that it is done once."""
    capture = new_capture(session, of, amount, why, actor, now)
    outbox.put(session, CaptureMoney(capture.id), now, merchant_id=of.merchant_id)


def want_refund(session: Session, of: Authorisation, amount: int, why: str, actor: str, now: dt.datetime) -> None:
    """Write down that this much is to be given back, once."""
    refund = new_refund(session, of, amount, why, actor, now)
    outbox.put(session, RefundMoney(refund.id), now, merchant_id=of.merchant_id)


def want_release(session: Session, of: Authorisation, now: dt.datetime) -> None:
    """Write down that an authorisation is to be let go."""
    of.releasing_at = now
    session.flush()
    outbox.repeat(session, ReleaseMoney(of.id), now, merchant_id=of.merchant_id)


def refused(session: Session, of: Authorisation, what: str, said: str, now: dt.datetime) -> None:
    """The provider will not do what was asked: a person decides."""
    pickups = hold(session, of.order_id) if of.order_id else []
    of.why = "refused"
    ask(session, of, pickups, "money_stuck", f"The money for {{order}} could not be {what}: {said}", now)


def _take(session: Session, of: Authorisation, pickups: Sequence[Pickup], step: Step, now: dt.datetime) -> None:
    if step.why != "under_way":
        of.why = step.why
    for kind in PASSING:
        if step.do != "ask" or (kind == "money_lapses") != (step.why == "lapses"):
            tasks.settle(session, kind, of.id, actor=SYSTEM, now=now)
    if step.do == "capture":
        want_capture(session, of, step.amount, step.why, SYSTEM, now)
    elif step.do == "refund":
        want_refund(session, of, step.amount, step.why, SYSTEM, now)
    elif step.do == "release":
        want_release(session, of, now)
    elif step.do == "ask":
        words = f"{{order}}, {{amount}}: {WHY[step.why]}."
        ask(session, of, pickups, "money_lapses" if step.why == "lapses" else "money_unclear", words, now)
    session.flush()


def _held(of: Authorisation, due: int | None, *, several: bool) -> Held:
    last = (*of.captures[-1:], *of.refunds[-1:])
    return Held(
        of.state,
        of.authorised,
        of.captured,
        of.given_back(),
        of.due if of.due is not None else due,
        of.capture_before,
        of.is_busy(),
        any(each.state == "failed" for each in last) or (of.why == "refused" and of.state == "authorised"),
        several,
    )


def _most(of: Authorisation) -> int:
    return of.captured if of.state == "captured" else of.authorised


def _total(order: Order, standing: Sequence[Authorisation]) -> int | None:
    """What the order costs, if the shop says so in the currency of every payment."""
    if order.total is None or any(each.currency != order.currency for each in standing):
        return None
    return order.total
