"""Orders that nobody told us of, found by asking the platform what changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bopis import inbox, outbox, tasks
from bopis.bell import WorkToDo
from bopis.db import ring_after_commit
from bopis.errors import EffectError, TemporaryFailure
from bopis.inbox import InboxEntry
from bopis.merchants.effects import failed
from bopis.merchants.models import Connection
from bopis.messages import MarkCollected, MarkReady, Reconcile, WatchSubscriptions
from bopis.orders.models import Order
from bopis.outbox import OutboxEntry
from bopis.pickups.models import Pickup
from bopis.ports import ACCESS_REFUSED, Account, Platform

EVERY = dt.timedelta(minutes=5)
OVERLAP = dt.timedelta(minutes=15)
"""How much is asked for twice: clocks differ, and a change shows in a search some time after it happened."""
AT_ONCE = 2000
"""Orders of one look, so that it ends before its lease does; the rest follows at once."""
_TOLD = (MarkReady.__name__, MarkCollected.__name__)


@dataclass(frozen=True)
class _Look:
    account: Account
    since: dt.datetime
    began: dt.datetime


@dataclass(frozen=True)
class _Found:
    orders: tuple[tuple[str, dt.datetime], ...]
    is_all: bool


class ReconcileEffect:
    """Asks what changed since the last look, and has every order fetched that we do not hold as it is."""

    idempotent = True

    def __init__(self, platforms: Mapping[str, Platform]) -> None:
        self.platforms = platforms

    def read(self, session: Session, message: Reconcile, now: dt.datetime) -> _Look | None:
        connection = session.get_one(Connection, message.connection_id)
        if connection.paused_at is not None or connection.vendor not in self.platforms:
            return None
        since = connection.reconciled_until or connection.created_at
        overlap = OVERLAP if (connection.reconciled or {}).get("is_all", True) else dt.timedelta()
        return _Look(connection.account(), since - overlap, now)

    def call(self, work: _Look) -> _Found:
        found: list[tuple[str, dt.datetime]] = []
        try:
            changed = self.platforms[work.account.vendor].changed_since(work.account, work.since)
            for order in islice(changed, AT_ONCE + 1):
                found.append(order)
        except TemporaryFailure:
            if not found:
                raise
            return _Found(tuple(found), is_all=False)
        return _Found(tuple(found[:AT_ONCE]), is_all=len(found) <= AT_ONCE)

    def look_up(self, work: _Look, since: dt.datetime) -> None:
        return None

    def record(self, session: Session, work: _Look, outcome: _Found, now: dt.datetime) -> None:
        connection = session.get_one(Connection, work.account.connection_id, with_for_update=True)
        asked = _ask_for(session, connection.id, outcome.orders, now)
        total = (connection.reconciled or {}).get("total", 0) + asked
        connection.reconciled = {
            "at": now.isoformat(),
            "changed": len(outcome.orders),
            "asked": asked,
            "total": total,
            "is_all": outcome.is_all,
        }
        connection.reconciled_until = work.began if outcome.is_all else outcome.orders[-1][1]
        if not outcome.is_all:
            connection.reconcile_at = now
        if tasks.settle(session, "reconnect", connection.id, actor="system", now=now):
            revive(session, connection.id, now)
        tasks.settle(session, "connection_failed", connection.id, actor="system", now=now)

    def give_up(self, session: Session, message: Reconcile, problem: EffectError, now: dt.datetime) -> None:
        failed(session, message.connection_id, problem, now)


def ask_now(session: Session, connection: Connection, now: dt.datetime, *, actor: str) -> None:
    """Ask a platform at once what changed and whether it still tells us; what failed is a task again if it fails again.

    Of a connection that has no orders there is nothing to ask; of a paused one nothing before it is connected again.
    """
    if connection.reconcile_at is not None and connection.paused_at is None:
        for message in (Reconcile(connection.id), WatchSubscriptions(connection.id)):
            outbox.repeat(session, message, now, merchant_id=connection.merchant_id)
    tasks.settle(session, "connection_failed", connection.id, actor=actor, now=now)


def _ask_for(session: Session, connection_id: str, found: tuple[tuple[str, dt.datetime], ...], now: dt.datetime) -> int:
    """Have those fetched that we do not know, or know as they were before; returns how many."""
    known: dict[str, dt.datetime] = {}
    for start in range(0, len(found), 500):
        ids = [order_id for order_id, _ in found[start : start + 500]]
        statement = select(Order.platform_order_id, Order.platform_updated_at).where(
            Order.connection_id == connection_id, Order.platform_order_id.in_(ids)
        )
        known |= dict(iter(session.execute(statement)))
    return sum(
        inbox.ask_again(session, connection_id, order_id, f"changed {changed_at.isoformat()}", now)
        for order_id, changed_at in found
        if order_id not in known or known[order_id] < changed_at
    )


def revive(session: Session, connection_id: str, now: dt.datetime) -> int:
    """Try everything again that was given up because an account let us in no more; returns how many."""
    barred = [f"{code}:%" for code in (ACCESS_REFUSED, "paused")]
    ours = select(Pickup.id).join(Order, Order.id == Pickup.order_id).where(Order.connection_id == connection_id)
    count = 0
    for box, mine in (
        (InboxEntry, InboxEntry.connection_id == connection_id),
        (OutboxEntry, OutboxEntry.kind.in_(_TOLD) & OutboxEntry.pickup_id.in_(ours)),
    ):
        for words in barred:
            dead = (mine, box.state == "dead", box.outcome.like(words))
            again = update(box).where(*dead).values(state="waiting", attempts=0, next_at=now, lease_until=None)
            found = (
                session.execute(again.returning(box.id).execution_options(synchronize_session=False)).scalars().all()
            )
            for entry_id in found if box is InboxEntry else ():
                tasks.settle(session, "delivery_failed", entry_id, actor="system", now=now)
            count += len(found)
    if count:
        ring_after_commit(session, WorkToDo())
    return count
