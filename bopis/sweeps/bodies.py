"""How long raw deliveries are kept, which hold more about people than we need."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from bopis.inbox import InboxEntry
from bopis.orders.models import Order
from bopis.pickups.models import Pickup
from bopis.prepared import Prepared, word
from bopis.sweeps.step import NOW, Step, first

KEEP_BODIES = dt.timedelta(days=7)


class EraseBodies(Step):
    """They are erased after a week.

    Only where an order stands nowhere else, its newest version is kept until nothing of it is to be handed over.
    """

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return first(session, _OLD_BODY, now - KEEP_BODIES)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        session.get_one(InboxEntry, found).body_sealed = None


_later = aliased(InboxEntry)
_IS_OPEN = exists().where(
    Order.connection_id == InboxEntry.connection_id,
    Order.platform_order_id == InboxEntry.subject,
    Pickup.order_id == Order.id,
    Pickup.closed_at.is_(None),
)
_IS_OUTDATED = exists().where(
    _later.connection_id == InboxEntry.connection_id,
    _later.subject == InboxEntry.subject,
    _later.is_source,
    _later.body_sealed.is_not(None),
    _later.state == word("done"),
    # The order's own time decides; of two versions of one moment the one that came last counts.
    or_(
        _later.occurred_at > InboxEntry.occurred_at,
        and_(_later.occurred_at == InboxEntry.occurred_at, _later.id > InboxEntry.id),
    ),
)
_OLD_BODY = Prepared(
    select(InboxEntry.id)
    .where(
        InboxEntry.received_at < NOW,
        InboxEntry.body_sealed.is_not(None),
        InboxEntry.state == word("done"),
        or_(~InboxEntry.is_source, ~_IS_OPEN, _IS_OUTDATED),
    )
    .limit(1)
)
