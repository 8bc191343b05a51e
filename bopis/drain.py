"""Works off both boxes until nothing is due. Jobs and the relay do the same thing here.

Rows are claimed some at a time. What the world must be asked is asked side by side, and what came of it is written
down together.
"""

from __future__ import annotations

import time
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, select, true

from bopis import clock
from bopis.claims import claim, due
from bopis.dispatch import by_lanes
from bopis.inbox import InboxEntry
from bopis.lanes import BREATH, Lanes
from bopis.outbox import OutboxEntry
from bopis.wiring import Service
from webhooks.process import finish
from webhooks.reading import read

BATCH = 20
MOST_UNDER_WAY = 8 * BATCH
LONGEST = 120.0
"""Seconds after which nothing new is begun: a job that takes longer than three minutes is stopped."""
_LOOK = 0.2
"""Seconds between two looks for what came due, while calls are waited for."""
Entry = TypeVar("Entry", InboxEntry, OutboxEntry)


def drain(service: Service) -> int:
    """Work off everything that is due now; returns how many entries were worked on."""
    done, until = 0, time.monotonic() + LONGEST
    with Lanes(service.hands) as lanes:
        while True:
            taken = _take(service, lanes) if time.monotonic() < until else 0
            done += taken
            if not taken and not lanes.under_way:
                return done
            found = lanes.finished(wait=BREATH if taken else _LOOK)
            finish(service.database, [finding for finding in found if finding is not None])


def _take(service: Service, lanes: Lanes) -> int:
    """Claim what is due in both boxes, but for lanes that are full, and set about it."""
    if lanes.under_way >= MOST_UNDER_WAY:
        return 0
    full = lanes.full()
    shops = [owner for box, owner in full if box == "shop"]
    deliveries = _claimed(service, InboxEntry, InboxEntry.connection_id.not_in(shops))
    for each in read(service.database, service.gateways.platforms, deliveries):
        lanes.put(("shop", each.shop), each.run)
    messages = _claimed(service, OutboxEntry, and_(true(), *(_not_in(*lane) for lane in full)))
    for lane, work in by_lanes(service.database, service.handlers, messages):
        lanes.put(lane, work)
    return len(deliveries) + len(messages)


def _claimed(service: Service, box: type[Entry], where: ColumnElement[bool]) -> list[Entry]:
    if not is_due(service, box):  # so that looking costs no write lock
        return []
    with service.database.transaction() as session:
        return claim(session, box, BATCH, clock.now(), where=where)


def _not_in(kind: str, merchant_id: str | None) -> ColumnElement[bool]:
    """A message that belongs into another lane than this."""
    of_merchant = true() if merchant_id is None else OutboxEntry.merchant_id == merchant_id
    return ~and_(OutboxEntry.kind == kind, of_merchant)


def is_due(service: Service, box: type[Entry]) -> bool:
    """Whether there is anything to work on in this box now."""
    with service.database.reading() as session:
        return session.scalars(select(box.id).where(due(box, clock.now())).limit(1)).first() is not None
