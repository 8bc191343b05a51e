"""What became of an order after its goods were put into a place: the goods stay ours, and a person is asked."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bopis import inbox, tasks, timeline
from bopis.pickups.models import Pickup
from bopis.ports import Line, Money, OrderSnapshot, Unit

WORDS = {
    "lines": "what is in it changed",
    "moved": "it goes to another store now",
    "on_hold": "it was put on hold",
    "unpaid": "its payment was taken back",
}
"""How an order may differ from what was loaded."""


def has_goods(pickup: Pickup) -> bool:
    """Whether something of it may be in a place, so that its place and contents are no longer ours to choose."""
    return pickup.state in ("ready", "expired") or any(
        place.touched or place.state == "loaded" for place in pickup.live_placements()
    )


def written(lines: tuple[Line, ...]) -> list[dict[str, object]]:
    """Lines as a pickup keeps them."""
    return [{"title": line.title, "sku": line.sku, "quantity": line.quantity} for line in lines]


def cost(lines: tuple[Line, ...]) -> Money | None:
    """What lines cost together; None where one does not say, or in another currency."""
    known = [line.cost for line in lines if line.cost is not None]
    if not known or len(known) < len(lines) or len({each.currency for each in known}) > 1:
        return None
    return Money(sum(each.amount for each in known), known[0].currency)


def keep_cost(pickup: Pickup, lines: tuple[Line, ...]) -> None:
    """Note what is in it costs now."""
    known = cost(lines)
    pickup.cost, pickup.cost_currency = (known.amount, known.currency) if known else (None, None)


def compare(
    session: Session,
    pickup: Pickup,
    unit: Unit,
    snapshot: OrderSnapshot,
    store_id: str | None,
    now: dt.datetime,
    *,
    actor: str,
) -> None:
    """Ask for what is loaded to be taken out and changed, if the order differs from it in a new way.

    The pickup keeps its place and its code: whatever is inside, somebody must still be able to get it out.
    """
    before = set(pickup.differs.split())
    edited = written(unit.lines) != pickup.lines
    found = {
        "lines": edited or "lines" in before,
        "moved": store_id != pickup.store_id,
        "on_hold": unit.status == "on_hold",
        "unpaid": not snapshot.paid,
    }
    after = [word for word in WORDS if found[word]]
    pickup.differs = " ".join(after)
    pickup.lines = written(unit.lines)
    keep_cost(pickup, unit.lines)
    session.flush()
    if not after and before:
        tasks.settle(session, "changed_after_loading", pickup.id, actor=actor, now=now)
    elif edited or set(after) - before:
        timeline.write(session, pickup.id, "changed_after_loading", actor=actor, at=now, differs=after)
        why = " and ".join(WORDS[word] for word in after)
        tasks.settle(session, "changed_after_loading", pickup.id, actor=actor, now=now)
        tasks.ask(
            session,
            "changed_after_loading",
            pickup.id,
            merchant_id=pickup.merchant_id,
            store_id=pickup.store_id,
            reason=f"{pickup.order.name} is loaded already: {why}.",
            now=now,
        )


def taken_out(session: Session, pickup: Pickup, now: dt.datetime, *, actor: str) -> None:
    """Its goods are out again: the platform is asked how the order stands now, and it goes on from there."""
    tasks.settle(session, "changed_after_loading", pickup.id, actor=actor, now=now)
    if pickup.differs:
        pickup.differs = ""
        session.flush()
        inbox.ask_again(
            session, pickup.order.connection_id, pickup.order.platform_order_id, f"taken out {now.isoformat()}", now
        )
