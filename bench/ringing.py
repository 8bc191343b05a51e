"""The usual way instead of ours: one RQ job for each order."""

from __future__ import annotations

import signal

import redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import select

from bopis import clock
from bopis.claims import claim
from bopis.dispatch import by_lanes
from bopis.inbox import InboxEntry
from bopis.outbox import OutboxEntry
from bopis.wiring import Service
from webhooks.process import finish
from webhooks.reading import read

_service: list[Service] = []


def one_order() -> None:
    """The job: one delivery, and what it asked the world for."""
    service = _service[0]
    with service.database.transaction() as session:
        deliveries = claim(session, InboxEntry, 1, clock.now())
    errands = read(service.database, service.gateways.platforms, deliveries)
    finish(service.database, [errand.run() for errand in errands])
    with service.database.transaction() as session:
        messages = claim(session, OutboxEntry, 1, clock.now())
    for _, work in by_lanes(service.database, service.handlers, messages):
        work()


def by_rq(service: Service, redis_url: str) -> None:
    """Enqueue a job for every delivery in the inbox and let one SimpleWorker work them off."""
    _service[:] = [service]
    connection = redis.Redis.from_url(redis_url)
    queue = Queue("orders", connection=connection, serializer=JSONSerializer)
    with service.database.reading() as session:
        waiting = len(session.scalars(select(InboxEntry.id).where(InboxEntry.state == "waiting")).all())
    for _ in range(waiting):
        queue.enqueue_call("bench.ringing.one_order", result_ttl=0)
    worker = SimpleWorker([queue], connection=connection, serializer=JSONSerializer, log_job_description=False)
    ours = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        worker.work(burst=True, logging_level="CRITICAL")
    finally:
        for number, handler in ours.items():  # the worker took them, and would keep them
            signal.signal(number, handler)
    connection.close()
