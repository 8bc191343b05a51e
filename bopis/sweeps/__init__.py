"""Duties that time brings, each one step that says whether it did anything."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from bopis import outbox
from bopis.bridges.actions import NONCE_LIFE, forget_nonces
from bopis.bridges.models import BridgeNonce, DoorCommand
from bopis.db import Database
from bopis.inbox import InboxEntry
from bopis.merchants.effects import EVERY
from bopis.merchants.models import Connection
from bopis.messages import Reconcile, WatchSubscriptions
from bopis.orders.models import Order
from bopis.orders.privacy import erase
from bopis.payments.watching import WatchPayments
from bopis.pickups import grants, reconcile
from bopis.pickups.models import Grant, Pickup
from bopis.stores.queries import lock
from bopis.sweeps.holds import AuditDoors, FollowHolds, LapsePromises
from bopis.sweeps.step import Step

KEEP_BODIES = dt.timedelta(days=7)


def sweep(database: Database, now: dt.datetime) -> bool:
    """Take every step until it finds nothing more; True when any did something."""
    did = False
    for step in STEPS:
        while _take(database, step, now):
            did = True
    return did


def _take(database: Database, step: Step, now: dt.datetime) -> bool:
    with database.reading() as session:  # so that looking costs no write lock
        if step.find(session, now) is None:
            return False
    with database.transaction() as session:
        found = step.find(session, now)
        if found is not None:
            step.do(session, found, now)
        return found is not None


class CloseSpentGrants(Step):
    """A collected pickup's code is forgotten once its door may not be opened again."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return session.scalars(
            select(Grant.id)
            .join(Pickup, Pickup.id == Grant.pickup_id)
            .where(Grant.state == "active", Grant.valid_until <= now, Pickup.closed_at.is_not(None))
            .limit(1)
        ).first()

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        grant = session.get_one(Grant, found)
        assert grant.pickup.store_id is not None
        lock(session, grant.pickup.store_id)
        grants.close(session, grant, now)


class RenewLeases(Step):
    """A live grant's lease is renewed long before it lapses, so that only a store out of reach loses it."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return session.scalars(
            select(Grant.id).where(Grant.state != "closed", Grant.lease_until <= now + grants.RENEW_BEFORE).limit(1)
        ).first()

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        grant = session.get_one(Grant, found)
        assert grant.pickup.store_id is not None
        lock(session, grant.pickup.store_id)
        grants.changed(session, grant, now)


class ExpireCommands(Step):
    """A door command nobody obeyed in time is over, and whoever waits for it hears so."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        # The bridge may be obeying in the very last second: its own word comes first.
        late = now - dt.timedelta(seconds=10)
        return session.scalars(
            select(DoorCommand.id).where(DoorCommand.status == "waiting", DoorCommand.expires_at <= late).limit(1)
        ).first()

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        session.execute(
            update(DoorCommand)
            .where(DoorCommand.id == found, DoorCommand.status == "waiting")
            .values(status="expired", code="expired", settled_at=now)
        )


class EraseBodies(Step):
    """Raw deliveries hold personal data: they are erased after a week."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return session.scalars(
            select(InboxEntry.id)
            .where(
                InboxEntry.received_at < now - KEEP_BODIES,
                InboxEntry.body_sealed.is_not(None),
                InboxEntry.state == "done",
            )
            .limit(1)
        ).first()

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        session.get_one(InboxEntry, found).body_sealed = None


class ForgetNonces(Step):
    """A bridge's request that is too old to be taken need not be remembered."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return session.scalars(select(BridgeNonce.nonce).where(BridgeNonce.seen_at < now - NONCE_LIFE).limit(1)).first()

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        forget_nonces(session, now)


class AskWhatChanged(Step):
    """Every platform is asked regularly what changed, because news get lost."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return session.scalars(
            select(Connection.id).where(Connection.reconcile_at <= now, Connection.paused_at.is_(None)).limit(1)
        ).first()

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        connection = session.get_one(Connection, found)
        connection.reconcile_at = now + reconcile.EVERY
        outbox.repeat(session, Reconcile(found), now, merchant_id=connection.merchant_id)


class LookAfterSubscriptions(Step):
    """Every platform is looked at regularly: does it still send us its news?"""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return session.scalars(
            select(Connection.id).where(Connection.subscriptions_at <= now, Connection.paused_at.is_(None)).limit(1)
        ).first()

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        connection = session.get_one(Connection, found)
        connection.subscriptions_at = now + EVERY
        outbox.repeat(session, WatchSubscriptions(found), now, merchant_id=connection.merchant_id)


class EraseOrders(Step):
    """Who an order was for is forgotten, where that was asked for, once nothing of it waits for anybody."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        is_open = exists().where(Pickup.order_id == Order.id, Pickup.closed_at.is_(None))
        return session.scalars(
            select(Order.id).where(Order.erasure_asked_at.is_not(None), Order.erased_at.is_(None), ~is_open).limit(1)
        ).first()

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        erase(session, session.get_one(Order, found), now)


STEPS: tuple[Step, ...] = (
    CloseSpentGrants(),
    RenewLeases(),
    ExpireCommands(),
    EraseBodies(),
    ForgetNonces(),
    AskWhatChanged(),
    LookAfterSubscriptions(),
    EraseOrders(),
    FollowHolds(),
    LapsePromises(),
    AuditDoors(),
    WatchPayments(),
)
