"""What a delivery means for us, carried out: an order followed, an account's news taken note of.

The fetch happens outside any transaction. Acting on the order's present state, not on the delivery's words, is what
makes late, repeated and shuffled deliveries harmless.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bopis import clock, inbox
from bopis.claims import settle
from bopis.db import Database
from bopis.errors import TemporaryFailure
from bopis.inbox import InboxEntry
from bopis.merchants.models import Connection
from bopis.orders.actions import accept
from bopis.orders.queries import country_of, known_order
from bopis.pickups.follow import follow, forget
from bopis.pickups.queries import order_id_of_unit
from bopis.ports import Account, Delivery, OrderSnapshot, Platform
from webhooks.account_news import take_note


@dataclass(frozen=True)
class _Sender:
    account: Account
    merchant_id: str
    country: str


def act(database: Database, platforms: Mapping[str, Platform], entry: InboxEntry) -> str:
    """Carry out one claimed delivery; returns in a few words what came of it. Raises EffectError or BadDelivery."""
    with database.reading() as session:
        connection = session.get_one(Connection, entry.connection_id)
        country = country_of(session, connection.merchant_id)
        sender = _Sender(connection.account(), connection.merchant_id, country)
    platform, body = platforms[sender.account.vendor], inbox.body_of(entry)
    delivery = Delivery(entry.delivery_id, entry.topic, entry.subject, entry.occurred_at)
    news = None if entry.topic == inbox.ASK_AGAIN else platform.account_news(sender.account, delivery, body)
    if news is not None:
        with database.transaction() as session:
            outcome = take_note(session, entry, news, clock.now())
            settle(session, entry, state="done", outcome=outcome)
        return outcome
    order_id = entry.subject if entry.topic == inbox.ASK_AGAIN else platform.order_of(delivery, body)
    if order_id is None:
        unit_id = platform.unit_of(delivery, body)
        if unit_id is None:
            return _finish(database, entry, "concerns no order")
        order_id = _order_of_unit(database, platform, sender.account, unit_id)
        if order_id is None:
            return _finish(database, entry, "the platform has no such unit")
    snapshot = platform.fetch_order(sender.account, order_id)
    if snapshot is None:
        return _gone(database, entry, order_id)
    return _follow(database, entry, sender, snapshot)


def _order_of_unit(database: Database, platform: Platform, account: Account, unit_id: str) -> str | None:
    with database.reading() as session:
        known = order_id_of_unit(session, account.connection_id, unit_id)
    return known or platform.order_of_unit(account, unit_id)


def _follow(database: Database, entry: InboxEntry, sender: _Sender, snapshot: OrderSnapshot) -> str:
    settled = snapshot.complete or snapshot.cancelled_at is not None
    with database.transaction() as session:
        now = clock.now()
        order = accept(session, sender.merchant_id, sender.account, snapshot, sender.country, now)
        outcome = follow(session, order, snapshot, now) if order else "newer news is known"
        if settled:
            settle(session, entry, state="done", outcome=outcome)
    if not settled:
        raise TemporaryFailure("units_missing", "The platform has not worked out yet what goes where.")
    return outcome


def _gone(database: Database, entry: InboxEntry, order_id: str) -> str:
    with database.transaction() as session:
        order = known_order(session, entry.connection_id, order_id)
        outcome = forget(session, order, clock.now()) if order else "the platform has no such order"
        settle(session, entry, state="done", outcome=outcome)
    return outcome


def _finish(database: Database, entry: InboxEntry, outcome: str) -> str:
    with database.transaction() as session:
        settle(session, entry, state="done", outcome=outcome)
    return outcome
