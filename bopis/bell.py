"""Rings after a commit: a hint that there is work, never the work itself.

Everything rung is also found by looking, so a lost ring costs a moment and a `FLUSHALL` nothing. A ring that fails is
logged, never raised.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Protocol

import redis
from rq import Queue
from rq.serializers import JSONSerializer

QUEUE = "bopis"
BANKS = "bopis:banks"
SILENCE = 5.0
"""Seconds without ringing after a ring was lost; what is due is found by looking meanwhile."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkToDo:
    """Rows were put into the inbox or the outbox."""


@dataclass(frozen=True)
class NewsForBank:
    """A bank's bridge has something to fetch, or someone waits for what it did."""

    bank_id: str


Ring = WorkToDo | NewsForBank


class Bell(Protocol):
    def ring(self, ring: Ring) -> None: ...


class SilentBell:
    """Rings nothing: for commands that work without Redis."""

    def ring(self, ring: Ring) -> None:
        pass


class RedisBell:
    """Rings an RQ worker for work, and a channel for banks."""

    def __init__(self, url: str) -> None:
        self.redis = connect(url)
        self.queue = Queue(QUEUE, connection=self.redis, serializer=JSONSerializer)
        self._silent_until = 0.0

    def ring(self, ring: Ring) -> None:
        if time.monotonic() < self._silent_until:
            return
        try:
            if isinstance(ring, NewsForBank):
                self.redis.publish(BANKS, ring.bank_id)
            # A job still waiting in the queue has read nothing yet, so it will see these rows too.
            elif self.queue.count == 0:
                self.queue.enqueue_call("bopis.jobs.work", result_ttl=0, failure_ttl=60, description="work")
        except redis.RedisError as problem:
            # Whoever rings has someone waiting for an answer: a Redis that hangs may cost that only now and then.
            self._silent_until = time.monotonic() + SILENCE
            log.warning("ring lost: %s", type(problem).__name__)


def connect(url: str) -> redis.Redis:
    """A client that gives up quickly: a doorbell must never hold up a door."""
    return redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=1.0)


class BankListener:
    """Wakes whoever waits for news of a bank, from a thread that follows the channel."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._changed = threading.Condition()
        self._counts: dict[str, int] = {}
        threading.Thread(target=self._follow, name="bank-listener", daemon=True).start()

    def count(self, bank_id: str) -> int:
        """How often news of this bank was heard; read it before looking, hand it to `wait` after."""
        with self._changed:
            return self._counts.get(bank_id, 0)

    def wait(self, bank_id: str, since: int, timeout: float) -> None:
        """Return when news came after `since`, or after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._counts.get(bank_id, 0) != since, timeout)

    def _follow(self) -> None:
        pause = threading.Event()
        while True:
            try:
                # No socket time-out here: silence is normal, a dead server ends the read, and waiters look anyway.
                channel = redis.Redis.from_url(self._url, socket_connect_timeout=0.5, health_check_interval=15).pubsub()
                channel.subscribe(BANKS)
                for heard in channel.listen():
                    if heard["type"] == "message":
                        self._heard(heard["data"].decode())
            except (redis.RedisError, OSError):
                pause.wait(0.5)

    def _heard(self, bank_id: str) -> None:
        with self._changed:
            self._counts[bank_id] = self._counts.get(bank_id, 0) + 1
            self._changed.notify_all()
