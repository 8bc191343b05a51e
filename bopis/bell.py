"""Rings after a commit: a hint that there is work, never the work itself.

Everything rung is also found by looking, so a lost ring costs a moment and a `FLUSHALL` nothing. A ring that fails is
logged, never raised.
"""

from __future__ import annotations

import logging
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol

import redis
from rq import Queue
from rq.serializers import JSONSerializer

QUEUE = "bopis"
BANKS = "bopis:banks"
SILENCE = 0.1, 5.0
"""Seconds until a ring that failed is tried again: at first, and at most, after it failed again and again. A Redis that
is slow for a moment loses no ring; for one that is away, what is due is found by looking meanwhile."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkToDo:
    """Rows were put into the inbox or the outbox."""


@dataclass(frozen=True)
class NewsForBank:
    """A bank's bridge has something to fetch, or someone waits for what it did."""

    bank_id: str


Ring = WorkToDo | NewsForBank
_BREATHS: dict[type[Ring], float] = {WorkToDo: 0.1, NewsForBank: 0.01}
"""Seconds between two rings of a kind, in which others may join the second. The first of a busy time goes at once.

A ring costs as much as half a delivery, and a worker that has just been rung finds what comes meanwhile anyway. For
news of a bank somebody stands before a door.
"""


class Bell(Protocol):
    def ring(self, ring: Ring) -> None: ...


class SilentBell:
    """Rings nothing: for commands that work without Redis."""

    def ring(self, ring: Ring) -> None:
        pass


class RedisBell:
    """Rings an RQ worker for work, and a channel for banks, each from a thread of its own: who rings never waits.

    Rings of one kind that come while another is under way become one, so a busy process rings no more often than
    Redis answers. The threads end with the bell. A process that ends at once may take its last ring with it.
    """

    def __init__(self, url: str) -> None:
        self.redis = connect(url)
        self.queue = Queue(QUEUE, connection=self.redis, serializer=JSONSerializer)
        self._asked = {kind: _Asked(_Ringer(self.redis, self.queue, breath)) for kind, breath in _BREATHS.items()}

    def ring(self, ring: Ring) -> None:
        self._asked[type(ring)].put(ring)


class _Asked:
    """What one thread of a bell is asked to ring. Who drops it, or the bell it is of, ends the thread."""

    def __init__(self, ringer: _Ringer) -> None:
        # Of all queues this one may be put into from a finalizer.
        self._rings: SimpleQueue[Ring | None] = SimpleQueue()
        self._ringer = ringer
        self._starting = threading.Lock()
        self._started = False
        weakref.finalize(self, self._rings.put, None)

    def put(self, ring: Ring) -> None:
        self._rings.put(ring)
        if self._started:
            return
        with self._starting:
            if not self._started:  # not before: a server may fork after it was made
                threading.Thread(target=self._ringer.serve, args=(self._rings,), name="bell", daemon=True).start()
                self._started = True


class _Ringer:
    """The thread's side of it."""

    def __init__(self, client: redis.Redis, queue: Queue, breath: float) -> None:
        self._redis, self._queue, self._breath = client, queue, breath

    def serve(self, asked: SimpleQueue[Ring | None]) -> None:
        """Ring until asked for nothing."""
        pause, silence = threading.Event(), 0.0
        wanted: set[Ring | None] = set()
        while None not in wanted:
            if not wanted:
                wanted.add(asked.get())
            with suppress(Empty):
                while True:
                    wanted.add(asked.get_nowait())
            try:
                self._ring_all(wanted)
                silence = 0.0
            except redis.RedisError as problem:
                # A Redis that hangs takes a second to say nothing; meanwhile a bank's rings become one.
                silence = min(max(SILENCE[0], 2 * silence), SILENCE[1])
                log.warning("ring failed: %s", type(problem).__name__)
            pause.wait(max(self._breath, silence))

    def _ring_all(self, wanted: set[Ring | None]) -> None:
        """Ring, and take out what has been rung; what could not be stays."""
        for ring in [ring for ring in wanted if ring is not None]:
            self._ring(ring)
            wanted.discard(ring)

    def _ring(self, ring: Ring) -> None:
        if isinstance(ring, NewsForBank):
            self._redis.publish(BANKS, ring.bank_id)
        # A job still waiting in the queue has read nothing yet, so it will see these rows too.
        elif self._queue.count == 0:
            self._queue.enqueue_call("bopis.jobs.work", result_ttl=0, failure_ttl=60, description="work")


def connect(url: str) -> redis.Redis:
    """A client that gives up quickly: a doorbell must never hold up a door."""
    return redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=1.0)


@dataclass
class _News:
    """How often one bank's news was heard, and who waits for more."""

    changed: threading.Condition
    count: int = 0


class BankListener:
    """Wakes whoever waits for news of a bank, from a thread that follows the channel as long as the listener lives."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._banks: dict[str, _News] = {}
        self._started = False

    def count(self, bank_id: str) -> int:
        """How often news of this bank was heard; read it before looking, hand it to `wait` after."""
        return self._news(bank_id).count

    def wait(self, bank_id: str, since: int, timeout: float) -> bool:
        """Wait until news came after `since`; False when there was none for `timeout` seconds."""
        news = self._news(bank_id)
        with news.changed:
            return news.changed.wait_for(lambda: news.count != since, timeout)

    def wake(self, bank_id: str) -> None:
        """Let whoever waits for news of this bank look now."""
        news = self._news(bank_id)
        with news.changed:
            news.count += 1
            news.changed.notify_all()

    def _news(self, bank_id: str) -> _News:
        # A condition a bank: thousands wait, and one's news must not wake the others.
        with self._lock:
            if not self._started:
                self._started = True
                arguments = (self._url, weakref.ref(self))
                threading.Thread(target=_follow, args=arguments, name="bank-listener", daemon=True).start()
            if bank_id not in self._banks:
                self._banks[bank_id] = _News(threading.Condition())
            return self._banks[bank_id]


def _follow(url: str, listener: weakref.ref[BankListener]) -> None:
    # Holds its listener only for the moment of a message: who drops the listener ends the thread.
    pause = threading.Event()
    while listener() is not None:
        try:
            client = redis.Redis.from_url(url, socket_connect_timeout=0.5, health_check_interval=15)
            with client, client.pubsub(ignore_subscribe_messages=True) as channel:
                channel.subscribe(BANKS)
                while (awake := listener()) is not None:
                    del awake
                    heard = channel.get_message(timeout=1.0)
                    awake = listener()
                    if heard and awake is not None:
                        awake.wake(heard["data"].decode())
                    del awake
        except (redis.RedisError, OSError):
            pause.wait(0.5)
