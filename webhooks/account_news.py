"""News of an account itself, carried out: it was taken from us, or a shopper or its owner asks for their rights."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bopis import tasks
from bopis.inbox import InboxWork
from bopis.merchants import actions as merchants
from bopis.merchants.models import Connection
from bopis.orders import privacy
from bopis.ports import AccountNews


def take_note(session: Session, entry: InboxWork, news: AccountNews, now: dt.datetime) -> str:
    """Do what the news ask for; returns in a few words what came of it."""
    connection = session.get_one(Connection, entry.connection_id, with_for_update=True)
    if news.kind == "uninstalled":
        return _uninstalled(session, connection, entry, now)
    if news.kind == "data_request":
        return _data_request(session, connection, news, now)
    if news.kind == "erase_account":
        merchants.pause(session, connection, "closed", now)
        connection.keep_secrets({})
        count = privacy.ask_erasure(session, connection.id, None, now)
    else:
        count = privacy.ask_erasure(session, connection.id, news.order_ids, now)
    privacy.erase_bodies(session, connection.id, None if news.kind == "erase_account" else news.order_ids, entry.id)
    return f"{count} orders to erase"


def _uninstalled(session: Session, connection: Connection, entry: InboxWork, now: dt.datetime) -> str:
    said = entry.occurred_at or entry.received_at
    if connection.installed_at is not None and said < connection.installed_at:
        return "installed again since"
    merchants.pause(session, connection, "uninstalled", now)
    return "paused"


def _data_request(session: Session, connection: Connection, news: AccountNews, now: dt.datetime) -> str:
    held = [order for order in privacy.orders(session, connection.id, news.order_ids) if order.erased_at is None]
    for order in held:
        tasks.ask(
            session,
            "data_request",
            order.id,
            merchant_id=order.merchant_id,
            store_id=None,
            reason=f"The shopper of {order.name} asks what we hold. Download it and send it within 30 days.",
            now=now,
        )
    return f"{len(held)} orders to answer for"
