"""Works off both boxes until nothing is due. Jobs and the relay do the same thing here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import select

from bopis import clock
from bopis.claims import claim, due
from bopis.dispatch import carry_out
from bopis.inbox import InboxEntry
from bopis.logs import about
from bopis.outbox import OutboxEntry
from bopis.wiring import Service
from webhooks.process import process

BATCH = 10
Entry = TypeVar("Entry", InboxEntry, OutboxEntry)


def drain(service: Service) -> int:
    """Work off everything that is due now; returns how many entries were worked on."""
    done = 0
    while batch := _one_batch(service):
        done += batch
    return done


def _one_batch(service: Service) -> int:
    database, platforms = service.database, service.gateways.platforms
    return _work(service, InboxEntry, lambda entry: process(database, platforms, entry)) + _work(
        service, OutboxEntry, lambda entry: carry_out(database, service.handlers, entry)
    )


def _work(service: Service, box: type[Entry], step: Callable[[Entry], None]) -> int:
    if not is_due(service, box):  # so that looking costs no write lock
        return 0
    with service.database.transaction() as session:
        batch = claim(session, box, BATCH, clock.now())
    for entry in batch:
        with about(**ids_of(entry)):
            step(entry)
    return len(batch)


def ids_of(entry: InboxEntry | OutboxEntry) -> dict[str, object]:
    """What the lines logged at work on an entry are about."""
    if isinstance(entry, InboxEntry):
        return {"delivery": entry.id}
    return {"effect": entry.id, "pickup": entry.pickup_id, "grant": entry.fields.get("grant_id")}


def is_due(service: Service, box: type[Entry]) -> bool:
    """Whether there is anything to work on in this box now."""
    with service.database.reading() as session:
        return session.scalars(select(box.id).where(due(box, clock.now())).limit(1)).first() is not None
