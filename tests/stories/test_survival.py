"""The whole copy, over HTTP and the serial line, with something taken away on the way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis
import requests

from sandbox.journey import Journey, WentWrong
from tests.stories.conftest import Copy

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("stories")]


@contextmanager
def emptied_again_and_again(copy: Copy) -> Iterator[None]:
    """FLUSHALL every 50 ms."""
    stop = threading.Event()

    def empty() -> None:
        with redis.Redis.from_url(f"unix://{copy.stack.socket}") as connection:
            while not stop.wait(0.05):
                connection.flushall()

    thread = threading.Thread(target=empty)
    thread.start()
    yield
    stop.set()
    thread.join()


def test_a_redis_emptied_again_and_again_loses_nothing(copy: Copy) -> None:
    journey = copy.journey()
    with emptied_again_and_again(copy):
        order = journey.whole_way()
    assert len(journey.texts(order)) == 1


def test_a_redis_that_hangs_delays_and_loses_nothing(copy: Copy) -> None:
    journey = copy.journey()
    copy.send("valkey-server", signal.SIGSTOP)
    order = journey.whole_way()
    copy.send("valkey-server", signal.SIGCONT)
    assert len(journey.texts(order)) == 1
    assert len(journey.texts(journey.whole_way())) == 1


def test_a_killed_worker_and_a_killed_bridge_come_back_and_go_on(copy: Copy) -> None:
    journey = copy.journey()
    order = journey.order()
    copy.kill("worker")
    pickup = journey.listed(order)
    door = journey.open_to_load(pickup)
    journey.put_in_and_shut(door)
    copy.kill("worker")
    text = journey.text(order)
    before, bridge = journey.pulse_count(), copy.pids("firmware_bridge")
    copy.send("firmware_bridge", signal.SIGKILL)
    journey.until("another bridge process", lambda: set(copy.pids("firmware_bridge")) - set(bridge))
    journey.until("the kiosk answering", lambda: _ready(journey))
    assert journey.pulse_count() == before, "a restart pulses nothing"
    assert journey.type_code(journey.code_in(text)) == "open"
    journey.take_out_and_shut(journey.opened())
    journey.platform_says(order, "picked_up")
    assert (len(journey.texts(order)), journey.pulse_count()) == (1, before + 1)


def test_shuffled_and_repeated_webhooks_make_one_pickup_and_one_text(copy: Copy) -> None:
    journey = copy.journey()
    journey.behave("shop", duplicate_webhooks=True, shuffle_webhooks=1.0)
    order = journey.whole_way()
    assert len(journey.texts(order)) == 1


def test_a_text_that_was_taken_before_the_provider_broke_is_not_sent_twice(copy: Copy) -> None:
    journey = copy.journey()
    journey.behave("phone", broken_after=1)
    order = journey.whole_way()
    assert len(journey.texts(order)) == 1


def test_the_kiosk_opens_doors_while_the_service_is_gone(copy: Copy) -> None:
    journey = copy.journey()
    order = journey.order()
    pickup = journey.listed(order)
    door = journey.open_to_load(pickup)
    journey.put_in_and_shut(door)
    code = journey.code_in(journey.text(order))
    for process in ("bopis.app:bridges", "bopis.app:web"):
        copy.send(process, signal.SIGSTOP)
    assert journey.type_code(code) == "open"
    assert journey.opened() == door
    journey.take_out_and_shut(door)
    for process in ("bopis.app:bridges", "bopis.app:web"):
        copy.send(process, signal.SIGCONT)
    journey.platform_says(order, "picked_up")


def _ready(journey: Journey) -> bool:
    try:
        return bool(journey.state()["ready"])
    except (requests.ConnectionError, WentWrong):
        return False
