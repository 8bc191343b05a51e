from __future__ import annotations

import gc
import threading
import time

import redis

from bopis.bell import BANKS, BankListener, NewsForBank, RedisBell, WorkToDo


def threads(name: str) -> int:
    return sum(thread.name == name for thread in threading.enumerate())


def until(look: object, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if look():  # type: ignore[operator]
            return True
        threading.Event().wait(0.05)
    return False


def test_a_ring_wakes_whoever_waits_for_this_bank(redis_url: str) -> None:
    listener, bell = BankListener(redis_url), RedisBell(redis_url)
    heard = listener.count("b1")

    def rung() -> bool:
        bell.ring(NewsForBank("b1"))
        listener.wait("b1", heard, 0.2)
        return listener.count("b1") > heard

    assert until(rung)
    assert listener.count("b2") == 0


def test_a_ring_that_redis_was_too_slow_for_is_rung_again(redis_url: str) -> None:
    listener, bell = BankListener(redis_url), RedisBell(redis_url)
    other = redis.Redis.from_url(redis_url)
    heard = listener.count("b1")
    assert until(lambda: other.pubsub_numsub(BANKS)[0][1])
    longer_than_a_bell_waits = 1500
    other.client_pause(longer_than_a_bell_waits)
    bell.ring(NewsForBank("b1"))
    assert listener.wait("b1", heard, 30.0)


def test_a_listener_nobody_needs_any_more_lets_go_of_its_thread(redis_url: str) -> None:
    before = threads("bank-listener")
    listener = BankListener(redis_url)
    listener.count("b1")
    assert until(lambda: threads("bank-listener") > before)
    del listener
    gc.collect()
    assert until(lambda: threads("bank-listener") <= before)


def test_a_bell_nobody_needs_any_more_rings_what_it_was_asked_and_lets_go_of_its_thread(redis_url: str) -> None:
    before, bell = threads("bell"), RedisBell(redis_url)
    queue = bell.queue
    bell.ring(NewsForBank("b1"))
    assert threads("bell") == before + 1
    bell.ring(WorkToDo())
    del bell
    gc.collect()
    assert until(lambda: threads("bell") <= before)
    assert queue.count == 1
