"""Calls to the world side by side: a few in each lane, so that whoever is slow holds up nobody but their own.

A lane is a shop, or one kind of message for one merchant. What the calls return comes back to the one who put them in.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any

Lane = Hashable
IN_A_LANE = 4
"""Calls under way in one lane: more would only be asked to slow down."""
BREATH = 0.002
"""Seconds in which what comes back counts as coming back together."""


class Lanes:
    """`threads` calls at once in all; with none, each is made where it is put in, one after another."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="lane") if threads else None
        self._waiting: dict[Lane, deque[Callable[[], Any]]] = {}
        self._running: Counter[Lane] = Counter()
        self._lock = threading.Lock()
        self._back: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self.under_way = 0
        """How many calls have not been handed back yet."""

    def __enter__(self) -> Lanes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=problem is None, cancel_futures=True)

    def put(self, lane: Lane, call: Callable[[], Any]) -> None:
        """Make this call as soon as its lane has room."""
        self.under_way += 1
        if self._pool is None:
            self._back.put((call(), None))
            return
        with self._lock:
            self._waiting.setdefault(lane, deque()).append(call)
            if self._running[lane] < IN_A_LANE:
                self._running[lane] += 1
                self._pool.submit(self._run, lane)

    def full(self) -> list[Lane]:
        """The lanes in which another call would have to wait."""
        with self._lock:
            return [lane for lane, running in self._running.items() if running >= IN_A_LANE]

    def finished(self, wait: float) -> list[Any]:
        """What came back: the first within `wait` seconds, and the others within a breath of each other."""
        found: list[Any] = []
        while self.under_way:
            try:
                value, problem = self._back.get(timeout=BREATH if found else wait)
            except Empty:
                break
            self.under_way -= 1
            if problem is not None:
                raise problem
            found.append(value)
        return found

    def _run(self, lane: Lane) -> None:
        while True:
            with self._lock:
                waiting = self._waiting.get(lane)
                if not waiting:
                    self._running[lane] -= 1
                    return
                call = waiting.popleft()
            try:
                self._back.put((call(), None))
            except BaseException as problem:  # noqa: BLE001
                self._back.put((None, problem))
