"""What happens to a pickup between the order and the shelf: accepted, reserved, ready, called off.

Every function expects the store's lock (`stores.queries.lock`) to be held and leaves the commit to its caller.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from bopis import outbox, tasks, timeline
from bopis.lockers.experience import known
from bopis.messages import PAY_FIRST, FollowMoney, MailShopper, MarkCollected, MarkReady, TellShopper
from bopis.pickups import grants, holding, places
from bopis.pickups.later import keep_cost, written
from bopis.pickups.lifecycle import check_move
from bopis.pickups.measuring import measured
from bopis.pickups.models import Pickup
from bopis.pickups.promising import Promises
from bopis.pickups.returning import goods_are_back
from bopis.ports import Line
from bopis.prepared import Prepared, Write, send_later

SYSTEM = "system"


def move(
    session: Session, pickup: Pickup, to: str, *, actor: str, now: dt.datetime, reason: str = "", **detail: object
) -> None:
    """Bring a pickup into another state, with its reason, on the timeline. Raises IllegalMove."""
    check_move(pickup.state, to)
    timeline.write(session, pickup.id, to, actor=actor, at=now, reason=reason, was=pickup.state, **detail)
    pickup.state, pickup.reason = to, reason
    session.flush()
    if pickup.order.secured or pickup.order.pays_here or pickup.fee_at is not None or not pickup.order.paid:
        news = FollowMoney(pickup.order_id, f"{to} {pickup.id} {now.isoformat()}")
        outbox.put(session, news, now, merchant_id=pickup.merchant_id)


def measure(session: Session, pickup: Pickup, lines: tuple[Line, ...]) -> bool:
    """Take over what is in it, and the door that needs; returns whether that is another kind than before."""
    before = pickup.size, pickup.needs, pickup.parcels
    what = known(session, pickup.merchant_id, [line.sku for line in lines if line.sku])
    for column, value in measured(lines, what)._asdict().items():
        setattr(pickup, column, value)
    pickup.lines = written(lines)
    keep_cost(pickup, lines)
    session.flush()
    return before != (pickup.size, pickup.needs, pickup.parcels)


def reserve(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str = SYSTEM) -> None:
    """Give a waiting pickup a place, a compartment or else the counter, and a code that opens nothing yet.

    All that is to be known is read by one statement, and what follows from it is sent as another.
    """
    assert pickup.store_id is not None
    check_move(pickup.state, "reserved")
    session.flush()
    try:
        wanted = [pickup.store_id for _ in places.numbers(pickup)]
        promise = Promises.read(session, wanted, now, of=pickup.id).make(session, pickup, now)
    except grants.NoSelectorFree:
        pickup.reason = "no_code_free"
        return
    told = {"reason": promise.reason, "was": pickup.state, "door": promise.door}
    send_later(
        session,
        *promise.writes,
        timeline.entry(session, pickup.id, "reserved", actor=actor, at=now, **told),
        Write(_MOVE, {"of": pickup.id, "to": "reserved", "why": promise.reason}),
    )
    _is_now(session, pickup, "reserved", promise.reason)


_MOVE = Prepared(
    update(Pickup.__table__)
    .where(Pickup.__table__.c.id == bindparam("of"))
    .values(state=bindparam("to"), reason=bindparam("why"))
)


def _is_now(session: Session, pickup: Pickup, state: str, reason: str) -> None:
    """Let the object agree with its row, which was changed past it."""
    set_committed_value(pickup, "state", state)
    set_committed_value(pickup, "reason", reason)
    session.expire(pickup, ["placements"])


def give_up_place(session: Session, pickup: Pickup, now: dt.datetime, *, reason: str, actor: str) -> None:
    """Take a promised place away from a pickup; it waits, and is reserved again if there is another."""
    put_back(session, pickup, now, reason=reason, actor=actor)
    reserve(session, pickup, now)


def put_back(session: Session, pickup: Pickup, now: dt.datetime, *, reason: str, actor: str) -> None:
    """Take a promised place away from a pickup that must wait; it is reserved again when nothing keeps it."""
    _let_go(session, pickup, now)
    move(session, pickup, "waiting", actor=actor, now=now, reason=reason)


def change_store(session: Session, pickup: Pickup, store_id: str | None, now: dt.datetime, *, actor: str) -> None:
    """Let a pickup of which nothing is in a place yet go to another store, where it gets a code of that bank."""
    if pickup.state == "reserved":
        put_back(session, pickup, now, reason="moved", actor=actor)
    grant = grants.open_grant(session, pickup.id)
    if grant is not None:
        grants.close(session, grant, now)
    pickup.store_id = store_id
    session.flush()
    session.expire(pickup, ["store"])


def _let_go(session: Session, pickup: Pickup, now: dt.datetime) -> None:
    for placement in pickup.live_placements():
        if placement.state == "held" and not placement.touched:
            places.release(session, placement, "never_opened", now)


def make_ready(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> None:
    """Everything is in its place: let the code open it, tell the shopper and the platform."""
    until = holding.begin(session, pickup, now)
    move(session, pickup, "ready", actor=actor, now=now, until=until.isoformat())
    grant = grants.open_grant(session, pickup.id)
    assert grant is not None
    grants.activate(session, grant, until, now)
    outbox.put(session, MarkReady(pickup.id), now, merchant_id=pickup.merchant_id)
    template = PAY_FIRST if pickup.is_unpaid() else "ready"
    if pickup.order.phone_sealed is not None:
        outbox.put(session, TellShopper(pickup.id, template), now, merchant_id=pickup.merchant_id)
    elif pickup.order.email_sealed is not None:
        outbox.put(session, MailShopper(pickup.id, template), now, merchant_id=pickup.merchant_id)
    else:
        _ask(session, pickup, "no_phone", "There is no phone number we can text, and no e-mail address.", now)


def make_collected(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> None:
    """The goods are with the shopper: close the pickup and tell the platform. Reality wins over a cancel."""
    called_off = pickup.state == "cancelled"
    move(session, pickup, "collected", actor=actor, now=now)
    pickup.closed_at = now
    for kind in ("reclaim", "shopper_at_counter", "changed_after_loading"):
        tasks.settle(session, kind, pickup.id, actor=actor, now=now)
    grant = grants.open_grant(session, pickup.id)
    if grant is not None:
        grants.activate(session, grant, now + grants.AFTER_COLLECTING, now)
    if called_off:
        _ask(session, pickup, "goods_gone", "The order was called off, but the goods had left already.", now)
    else:
        outbox.put(session, MarkCollected(pickup.id), now, merchant_id=pickup.merchant_id)


def cancel(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str, reason: str) -> None:
    """Call a pickup off. A place is free only if nothing can be inside; else someone is asked to take it out."""
    if pickup.state in ("cancelled", "returned"):
        return
    if pickup.state == "collected":
        if not any(entry.what == "called_off_too_late" for entry in timeline.entries(session, pickup.id)):
            timeline.write(session, pickup.id, "called_off_too_late", actor=actor, at=now, reason=reason)
            _ask(session, pickup, "goods_gone", "The order was called off after it was collected.", now)
        return
    move(session, pickup, "cancelled", actor=actor, now=now, reason=reason)
    _let_go(session, pickup, now)
    for kind in ("changed_after_loading", "map_location"):
        tasks.settle(session, kind, pickup.id, actor=actor, now=now)
    grant = grants.open_grant(session, pickup.id)
    if grant is not None:
        grants.close(session, grant, now)
    if pickup.live_placements():
        _ask(session, pickup, "reclaim", "The order was called off; its goods are still here.", now)
    else:
        pickup.closed_at = now
    session.flush()


def make_returned_if_empty(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> None:
    """Close a pickup that was called off or expired once nothing of it is left in the store's places."""
    if pickup.state in ("cancelled", "expired") and not pickup.live_placements():
        nobody_came = pickup.state == "expired"
        move(session, pickup, "returned", actor=actor, now=now)
        pickup.closed_at = now
        grant = grants.open_grant(session, pickup.id)
        if grant is not None:
            grants.close(session, grant, now)
        tasks.settle(session, "reclaim", pickup.id, actor=actor, now=now)
        if nobody_came:
            goods_are_back(session, pickup, now)


def _ask(session: Session, pickup: Pickup, kind: str, reason: str, now: dt.datetime) -> None:
    tasks.ask(
        session, kind, pickup.id, merchant_id=pickup.merchant_id, store_id=pickup.store_id, reason=reason, now=now
    )
