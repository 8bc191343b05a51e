"""The service's state as Prometheus reads it, over all merchants, without anything that names one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from bopis import clock
from bopis.bridges.models import Bridge
from bopis.bridges.queries import ONLINE_WITHIN
from bopis.claims import due
from bopis.db import Database
from bopis.ids import first_id
from bopis.inbox import InboxEntry
from bopis.lockers.models import Compartment
from bopis.outbox import OutboxEntry
from bopis.pickups.models import Grant
from bopis.tasks import Task

BOXES = {"inbox": InboxEntry, "outbox": OutboxEntry}
DAY = dt.timedelta(days=1)
MOST = 1_000_000
"""Effects of a day that are counted: a scrape must stay cheap."""


class Gauges(Collector):
    """Asks the database when it is scraped."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterable[Metric]:
        return []  # or registering would ask the database once more

    def collect(self) -> Iterator[Metric]:
        now = clock.now()
        with self._database.reading() as session:
            yield from _boxes(session, now)
            yield _effects(session, now)
            yield _bridges(session, now)
            yield _plain(
                "bopis_doors_out_of_service", "Doors given to nobody.", session, Compartment, ~Compartment.in_service
            )
            yield _by("bopis_tasks_open", "What needs a person.", session, Task.kind, Task.settled_at.is_(None))
            yield _by("bopis_grants_live", "Codes that are not over.", session, Grant.state, Grant.state != "closed")


def _boxes(session: Session, now: dt.datetime) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("bopis_box_due", "Entries someone should work on now.", labels=("box",))
    oldest = GaugeMetricFamily("bopis_box_oldest_due_seconds", "How long the oldest of them waits.", labels=("box",))
    dead = GaugeMetricFamily("bopis_dead_letters", "Entries that were given up.", labels=("box",))
    for name, box in BOXES.items():
        count, first = session.execute(select(func.count(), func.min(box.next_at)).where(due(box, now))).one()
        waiting.add_metric((name,), count)
        oldest.add_metric((name,), (now - first).total_seconds() if first else 0)
        dead.add_metric((name,), session.scalar(select(func.count()).select_from(box).where(box.state == "dead")) or 0)
    return iter((waiting, oldest, dead))


def _effects(session: Session, now: dt.datetime) -> Metric:
    found = GaugeMetricFamily(
        "bopis_effects_last_day", "What the world was asked for in the last day.", labels=("kind", "state")
    )
    recent = (
        select(OutboxEntry.kind, OutboxEntry.state)
        .where(OutboxEntry.id >= first_id(now - DAY))
        .order_by(OutboxEntry.id)
        .limit(MOST)
        .subquery()
    )
    statement = select(recent.c.kind, recent.c.state, func.count()).group_by(recent.c.kind, recent.c.state)
    for kind, state, count in session.execute(statement):
        found.add_metric((kind, state), count)
    return found


def _bridges(session: Session, now: dt.datetime) -> Metric:
    online = case((Bridge.seen_at >= now - ONLINE_WITHIN, "online"), else_="offline")
    found = GaugeMetricFamily("bopis_bridges", "Enrolled bridges.", labels=("state",))
    statement = select(online, func.count()).where(Bridge.revoked_at.is_(None)).group_by(online)
    counted = dict(iter(session.execute(statement)))
    for state in ("online", "offline"):
        found.add_metric((state,), counted.get(state, 0))
    return found


def _plain(name: str, words: str, session: Session, table: type, where: ColumnElement[bool]) -> Metric:
    count = session.scalar(select(func.count()).select_from(table).where(where))
    return GaugeMetricFamily(name, words, value=count or 0)


def _by(name: str, words: str, session: Session, column: ColumnElement[str], where: ColumnElement[bool]) -> Metric:
    found = GaugeMetricFamily(name, words, labels=(column.key or "",))
    for value, count in session.execute(select(column, func.count()).where(where).group_by(column)):
        found.add_metric((value,), count)
    return found
