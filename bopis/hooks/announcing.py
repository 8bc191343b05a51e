"""What stands on the timeline told to whoever listens: one message an event and endpoint, in the same transaction.

Done once, right before a transaction is committed, so that whoever writes on a timeline need not know who listens.
"""

from __future__ import annotations

import threading
import time
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from bopis import clock, outbox, timeline
from bopis.among import among
from bopis.hooks.catalogue import event_of
from bopis.hooks.models import HookEndpoint
from bopis.messages import SendHook
from bopis.pickups.models import Pickup

REMEMBERED_SECONDS = 5.0
"""How long another process may not know of a new endpoint. Most merchants have none, and to look costs each order."""
_known: WeakKeyDictionary[Any, tuple[float, frozenset[str]]] = WeakKeyDictionary()
_lock = threading.Lock()
_OWNERS = select(Pickup.id, Pickup.merchant_id).where(among(Pickup.id, "pickups"))


@event.listens_for(Session, "before_commit")
def announce(session: Session) -> None:
    """Write into the outbox what this transaction has told its timelines, for each endpoint that wants it."""
    told = timeline.newly_told(session)
    news = [(pickup_id, number, name) for pickup_id, number, what in told if (name := event_of(what))]
    if not news or not (listening := _listening(session)):
        return
    session.flush()  # a pickup of this very transaction may not have been sent yet
    owners: dict[str, str] = dict(iter(session.execute(_OWNERS, {"pickups": {pickup_id for pickup_id, *_ in news}})))
    merchants = listening & set(owners.values())
    if not merchants:
        return
    on = select(HookEndpoint).where(HookEndpoint.merchant_id.in_(merchants), HookEndpoint.off_at.is_(None))
    endpoints, now = list(session.scalars(on.order_by(HookEndpoint.id))), clock.now()
    for pickup_id, number, name in news:
        for endpoint in endpoints:
            if endpoint.merchant_id == owners.get(pickup_id) and endpoint.wants(name):
                message = SendHook(endpoint.id, pickup_id, number)
                outbox.put(session, message, now, merchant_id=endpoint.merchant_id)


def forget(session: Session) -> None:
    """Look again who listens, for that has changed."""
    with _lock:
        _known.pop(session.get_bind(), None)


def _listening(session: Session) -> frozenset[str]:
    """The merchants with an endpoint that is on, as known for a moment."""
    engine, now = session.get_bind(), time.monotonic()
    with _lock:
        until, merchants = _known.get(engine, (0.0, frozenset()))
    if until < now:
        merchants = frozenset(session.scalars(select(HookEndpoint.merchant_id).where(HookEndpoint.off_at.is_(None))))
        with _lock:
            _known[engine] = now + REMEMBERED_SECONDS, merchants
    return merchants
