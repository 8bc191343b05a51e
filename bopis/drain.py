"""Works off both boxes until nothing is due. Jobs and the relay do the same thing here.

Rows are claimed some at a time. What the world must be asked is asked side by side, and what came of it is written
down together.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from bopis import clock
from bopis.claims import claim, is_any_due
from bopis.dispatch import by_lanes
from bopis.inbox import InboxEntry, InboxWork
from bopis.lanes import BREATH, Lanes
from bopis.outbox import OutboxEntry, OutboxWork
from bopis.wiring import Service
from webhooks.process import finish
from webhooks.reading import read

BATCH = 20
MOST_UNDER_WAY = 8 * BATCH
LONGEST = 120.0
"""Seconds after which nothing new is begun: a job that takes longer than three minutes is stopped."""
_LOOK = 0.2
"""Seconds between two looks for what came due, while calls are waited for."""
SHOP, _WRITING = "shop", ("written down", None)


def drain(service: Service) -> int:
    """Work off everything that is due now; returns how many entries were worked on."""
    done, until = 0, time.monotonic() + LONGEST
    with Lanes(service.hands) as lanes:
        while True:
            taken = _take(service, lanes) if time.monotonic() < until else 0
            done += taken
            if not taken and not lanes.under_way:
                return done
            _write_down(service, lanes, lanes.finished(wait=BREATH if taken else _LOOK))


def _write_down(service: Service, lanes: Lanes, back: Sequence[Any]) -> None:
    """In a lane of its own: while the database works on some orders we can read others. It brings nothing back."""
    findings = [finding for finding in back if finding is not None]
    if findings:
        lanes.put(_WRITING, partial(finish, service.database, findings))


def _take(service: Service, lanes: Lanes) -> int:
    """Claim what is due in both boxes, but for lanes that are full, and set about it."""
    if lanes.under_way >= MOST_UNDER_WAY:
        return 0
    full = lanes.full()
    deliveries, messages = _claimed(
        service,
        [owner for box, owner in full if box == SHOP],
        [kind if merchant_id is None else f"{kind} {merchant_id}" for kind, merchant_id in full],
    )
    for each in read(service.database, service.gateways.platforms, deliveries):
        lanes.put((SHOP, each.shop), each.run)
    for lane, work in by_lanes(service.database, service.handlers, messages):
        lanes.put(lane, work)
    return len(deliveries) + len(messages)


def _claimed(service: Service, shops: list[str], kinds: list[str]) -> tuple[list[InboxWork], list[OutboxWork]]:
    """Work of other shops and kinds than these, taken in one transaction."""
    now = clock.now()
    with service.database.reading() as session:
        if not is_any_due(session, now):  # so that looking costs no write lock
            return [], []
    with service.database.transaction() as session:
        return (
            claim(session, InboxEntry, BATCH, now, but_of=shops),
            claim(session, OutboxEntry, BATCH, now, but_of=kinds),
        )
