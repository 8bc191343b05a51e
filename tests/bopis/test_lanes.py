"""Calls side by side: few in each lane, all of them made, what they return handed back."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from bopis.lanes import IN_A_LANE, Lanes

SECONDS = 20.0


def all_of(lanes: Lanes) -> list[object]:
    found: list[object] = []
    while lanes.under_way:
        found += lanes.finished(SECONDS)
    return found


@pytest.mark.parametrize("threads", [0, 1, 8])
def test_every_call_is_made_and_handed_back(threads: int) -> None:
    with Lanes(threads) as lanes:
        for number in range(50):
            lanes.put(number % 3, partial(int, number))
        assert sorted(all_of(lanes)) == list(range(50))


def test_without_threads_each_call_is_made_where_it_is_put_in() -> None:
    made: list[str] = []
    with Lanes(0) as lanes:
        lanes.put("a", lambda: made.append(threading.current_thread().name))
        assert made == [threading.current_thread().name]


def test_a_full_lane_is_known_and_stops_no_other() -> None:
    free = threading.Event()
    with Lanes(16) as lanes:
        for _ in range(IN_A_LANE + 3):
            lanes.put("slow", lambda: free.wait(SECONDS))
        lanes.put("quick", lambda: "done")
        assert lanes.finished(SECONDS) == ["done"]
        assert lanes.full() == ["slow"]
        free.set()
        assert all_of(lanes) == [True] * (IN_A_LANE + 3)
    assert lanes.full() == []


def test_what_a_call_raises_is_raised_where_it_is_waited_for() -> None:
    lanes = Lanes(2)
    lanes.put("a", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        lanes.finished(SECONDS)
