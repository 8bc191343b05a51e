from __future__ import annotations

import gc
import threading
import time

from bopis.bell import BankListener, NewsForBank, RedisBell


def followers() -> int:
    return sum(thread.name == "bank-listener" for thread in threading.enumerate())


def until(look: object, seconds: float = 10) -> bool:
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


def test_a_listener_nobody_needs_any_more_lets_go_of_its_thread(redis_url: str) -> None:
    before = followers()
    listener = BankListener(redis_url)
    listener.count("b1")
    assert until(lambda: followers() > before)
    del listener
    gc.collect()
    assert until(lambda: followers() <= before)
