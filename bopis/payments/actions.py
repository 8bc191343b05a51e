"""The money of an order made to follow its goods. Every function leaves the commit to others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy.orm import Session

from bopis import outbox, tasks
from bopis.messages import CaptureMoney, RefundMoney, ReleaseMoney
from bopis.orders.models import Order
from bopis.payments import dues, queries
from bopis.payments.ledger import PASSING, SYSTEM, announce, ask, hold, link_waiting, new_capture, new_refund, secure
from bopis.payments.models import Authorisation
from bopis.payments.rules import OVER, Goods, Held, Policy, Step, next_step, shares
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
    standing = [each for each in payments if each.state in ("authorised", "captured")]
    owed = _shares(order, pickups, standing)
    for each in payments:
        announce(session, each, pickups, now)
        goods = Goods(
            tuple(pickup.state for pickup in pickups),
            order.cancelled_at is not None,
            order.paid and _for_goods(each) > 0,
        )
        held = _held(each, owed.get(each.id), several=len(standing) > (each in standing))
        step = next_step(held, goods, Policy.of(each.connection.settings), now)
        _take(session, each, pickups, step, now)
    covered = any(_for_goods(each) > 0 for each in standing)
    secure(session, order, covered and not (order.pays_here and dues.still_to_pay(order, payments)), now)
    dues.refresh(session, order, pickups, now)


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


def _shares(order: Order, pickups: Sequence[Pickup], standing: Sequence[Authorisation]) -> dict[str, int | None]:
    """What each payment bears of what the order costs and of its storage; None where nobody knows."""
    for_goods = [each for each in standing if _for_goods(each) > 0]
    bears: dict[str, int | None] = dict.fromkeys((each.id for each in standing), 0)
    goods = shares(_total(order, pickups, for_goods), [_for_goods(each) for each in for_goods])
    bears |= dict(zip((each.id for each in for_goods), goods, strict=True))
    for_storage = [each for each in standing if each.checkout and each.checkout.fee]
    for pickup_id in {each.checkout.pickup_id for each in for_storage if each.checkout}:
        theirs = [each.checkout for each in for_storage if each.checkout and each.checkout.pickup_id == pickup_id]
        fees = shares(max(each.fee_up_to for each in theirs), [each.fee for each in theirs])
        for page, fee in zip(theirs, fees, strict=True):
            paid = next(each for each in for_storage if each.checkout is page)
            so_far = bears[paid.id]
            bears[paid.id] = None if so_far is None else so_far + (fee or 0)
    return bears


def _for_goods(of: Authorisation) -> int:
    """How much of a payment is for goods, the rest being for storage."""
    most = of.captured if of.state == "captured" else of.authorised
    return min(most, of.checkout.goods) if of.checkout else most


def _total(order: Order, pickups: Sequence[Pickup], standing: Sequence[Authorisation]) -> int | None:
    """What the order costs, if the shop says so in the currency of every payment; nothing where the counter took it.

    Where it says no total but what each line costs, what was held is less what was called off or came back.
    """
    if order.paid_at_counter_at is not None and order.pays_here:
        return 0
    if order.total is not None and all(each.currency == order.currency for each in standing):
        return order.total
    over = [pickup for pickup in pickups if pickup.state in OVER]
    if order.total is not None or not over or len(over) == len(pickups):
        return None
    currencies = {each.currency for each in standing} | {pickup.cost_currency for pickup in over}
    if len(currencies) > 1:
        return None
    held = sum(each.authorised for each in standing)
    return max(0, held - sum(pickup.cost or 0 for pickup in over))
