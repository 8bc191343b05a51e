"""What claimed deliveries are about, found out without asking anybody outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from bopis import inbox
from bopis.db import Database
from bopis.inbox import InboxWork
from bopis.merchants.queries import Known, known
from bopis.orders.actions import Sender
from bopis.orders.queries import country_of
from bopis.pickups.queries import orders_of_units
from bopis.ports import BadDelivery, Delivery, Platform
from webhooks.acting import Errand, Finding
from webhooks.last import keep_last


def read(database: Database, platforms: Mapping[str, Platform], entries: Sequence[InboxWork]) -> list[Errand | Finding]:
    """What to ask the platforms for these deliveries, once for each order; or what needs no asking."""
    if not entries:
        return []
    with database.reading() as session:
        connections = known(session, {entry.connection_id for entry in entries})
        senders = _senders(session, connections)
        read = [_read(entry, senders[entry.connection_id], platforms) for entry in entries]
        found = [each for each in read if isinstance(each, Finding)] + _merged(
            session, [each for each in read if isinstance(each, Errand)]
        )
    keep_last(database, connections, entries)
    return found


def _senders(session: Session, found: Sequence[Known]) -> dict[str, Sender]:
    countries = {owner: country_of(session, owner) for owner in {each.merchant_id for each in found}}
    return {
        each.account.connection_id: Sender(each.account, each.merchant_id, countries[each.merchant_id])
        for each in found
    }


def _read(entry: InboxWork, sender: Sender, platforms: Mapping[str, Platform]) -> Errand | Finding:
    try:
        return _understood(entry, sender, platforms[sender.account.vendor])
    except KeyError as problem:
        return Finding((entry,), said=BadDelivery(str(problem)))
    except Exception as problem:  # noqa: BLE001
        return Finding((entry,), said=problem)


def _understood(entry: InboxWork, sender: Sender, platform: Platform) -> Errand | Finding:
    if entry.topic == inbox.ASK_AGAIN:
        return Errand((entry,), sender, platform, entry.subject)
    body = inbox.body_of(entry)
    delivery = Delivery(entry.delivery_id, entry.topic, entry.subject, entry.occurred_at)
    news = platform.account_news(sender.account, delivery, body)
    if news is not None:
        return Finding((entry,), news=news)
    order_id = platform.order_of(delivery, body)
    unit_id = platform.unit_of(delivery, body) if order_id is None else ""
    if unit_id is None:
        return Finding((entry,), said="concerns no order")
    return Errand((entry,), sender, platform, order_id, unit_id)


def _merged(session: Session, errands: Sequence[Errand]) -> list[Errand | Finding]:
    """One errand an order, for all the deliveries about it."""
    units = {(errand.sender.account.connection_id, errand.unit_id) for errand in errands if errand.order_id is None}
    orders = orders_of_units(session, units)
    merged: dict[tuple[str, str | None, str], Errand] = {}
    for errand in errands:
        connection_id, unit_id = errand.sender.account.connection_id, errand.unit_id
        order_id = errand.order_id or orders.get((connection_id, unit_id))
        key = (connection_id, order_id, "" if order_id else unit_id)
        entries = merged[key].entries + errand.entries if key in merged else errand.entries
        merged[key] = Errand(entries, errand.sender, errand.platform, order_id, unit_id)
    return list(merged.values())
