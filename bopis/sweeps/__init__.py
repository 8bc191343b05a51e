"""Duties that time brings, each one step that says whether it did anything."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bopis import outbox
from bopis.access import deeds
from bopis.access.models import ApiDeed
from bopis.bridges.actions import NONCE_LIFE, forget_nonces
from bopis.bridges.models import BridgeNonce, DoorCommand
from bopis.db import Database
from bopis.merchants.effects import EVERY
from bopis.merchants.models import Connection
from bopis.messages import Reconcile, WatchSubscriptions
from bopis.payments.watching import WatchPayments
from bopis.pickups import grants, reconcile
from bopis.pickups.models import IS_NOT_CLOSED, Grant, Pickup
from bopis.prepared import Prepared, word
from bopis.stores.queries import lock
from bopis.sweeps.bodies import EraseBodies
from bopis.sweeps.holds import AuditDoors, FollowHolds, LapsePromises
from bopis.sweeps.money import FollowFees, LookForPayments, WatchCheckouts
from bopis.sweeps.retention import FORGETTING
from bopis.sweeps.shoppers import EraseOrders, ForgetShoppers
from bopis.sweeps.step import NOW, Step, first


def sweep(database: Database, now: dt.datetime) -> bool:
    """Take every step until none finds anything more; True when any did something."""
    did = False
    while due := _due(database, now):
        for step in due:
            did = _take(database, step, now) or did
    return did


def _due(database: Database, now: dt.datetime) -> list[Step]:
    """The steps that find something. All looks are one transaction, and none of them costs the write lock."""
    with database.reading() as session:
        return [step for step in STEPS if step.find(session, now) is not None]


def _take(database: Database, step: Step, now: dt.datetime) -> bool:
    with database.transaction() as session:
        found = step.find(session, now)
        if found is not None:
            step.do(session, found, now)
        return found is not None


class CloseSpentGrants(Step):
    """A collected pickup's code is forgotten once its door may not be opened again."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return first(session, _SPENT, now)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        grant = session.get_one(Grant, found)
        assert grant.pickup.store_id is not None
        lock(session, grant.pickup.store_id)
        grants.close(session, grant, now)


class RenewLeases(Step):
    """A live grant's lease is renewed long before it lapses, so that only a store out of reach loses it."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return first(session, _LEASED, now + grants.RENEW_BEFORE)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        grant = session.get_one(Grant, found)
        assert grant.pickup.store_id is not None
        lock(session, grant.pickup.store_id)
        grants.changed(session, grant, now)


class ExpireCommands(Step):
    """A door command nobody obeyed in time is over, and whoever waits for it hears so."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        # The bridge may be obeying in the very last second: its own word comes first.
        return first(session, _UNHEEDED, now - dt.timedelta(seconds=10))

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        session.execute(
            update(DoorCommand)
            .where(DoorCommand.id == found, DoorCommand.status == "waiting")
            .values(status="expired", code="expired", settled_at=now)
        )


class ForgetNonces(Step):
    """A bridge's request that is too old to be taken need not be remembered."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return first(session, _OLD_NONCE, now - NONCE_LIFE)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        forget_nonces(session, now)


class ForgetDeeds(Step):
    """What was answered to a merchant's program is kept a day, in case it asks the same again."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return first(session, _OLD_DEED, now - deeds.KEPT)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        deeds.forget(session, now)


class AskWhatChanged(Step):
    """Every platform is asked regularly what changed, because news get lost."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return first(session, _UNASKED, now)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        connection = session.get_one(Connection, found)
        connection.reconcile_at = now + reconcile.EVERY
        outbox.repeat(session, Reconcile(found), now, merchant_id=connection.merchant_id)


class LookAfterSubscriptions(Step):
    """Every platform is looked at regularly: does it still send us its news?"""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        return first(session, _UNWATCHED, now)

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        connection = session.get_one(Connection, found)
        connection.subscriptions_at = now + EVERY
        outbox.repeat(session, WatchSubscriptions(found), now, merchant_id=connection.merchant_id)


_SPENT = Prepared(
    select(Grant.id)
    .join(Pickup, Pickup.id == Grant.pickup_id)
    .where(Grant.state == word("active"), Grant.valid_until <= NOW, Pickup.closed_at.is_not(None))
    .limit(1)
)
_LEASED = Prepared(select(Grant.id).where(IS_NOT_CLOSED, Grant.lease_until <= NOW).limit(1))
_UNHEEDED = Prepared(
    select(DoorCommand.id).where(DoorCommand.status == word("waiting"), DoorCommand.expires_at <= NOW).limit(1)
)
_OLD_NONCE = Prepared(select(BridgeNonce.nonce).where(BridgeNonce.seen_at < NOW).limit(1))
_OLD_DEED = Prepared(select(ApiDeed.key_id).where(ApiDeed.begun_at < NOW).limit(1))
_UNASKED, _UNWATCHED = (
    Prepared(select(Connection.id).where(at <= NOW, Connection.paused_at.is_(None)).limit(1))
    for at in (Connection.reconcile_at, Connection.subscriptions_at)
)
STEPS: tuple[Step, ...] = (
    CloseSpentGrants(),
    RenewLeases(),
    ExpireCommands(),
    EraseBodies(),
    ForgetNonces(),
    ForgetDeeds(),
    AskWhatChanged(),
    LookAfterSubscriptions(),
    EraseOrders(),
    ForgetShoppers(),
    FollowHolds(),
    LapsePromises(),
    AuditDoors(),
    WatchPayments(),
    WatchCheckouts(),
    FollowFees(),
    LookForPayments(),
    *FORGETTING,
)
