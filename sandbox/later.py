"""Things done in the background, now or in a while, by a few threads that stop when told."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)


class Later:
    """A queue ordered by due time. What is still waiting at `stop` is dropped: the sandbox keeps nothing."""

    def __init__(self, name: str, threads: int = 4) -> None:
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._changed = threading.Condition()
        self._stopping = False
        self._threads = [threading.Thread(target=self._run, name=f"{name}-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def do(self, what: Callable[[], None], after: float = 0.0) -> None:
        """Run `what` once, `after` seconds from now at the earliest."""
        with self._changed:
            heapq.heappush(self._queue, (time.monotonic() + after, next(self._count), what))
            self._changed.notify()

    def stop(self) -> None:
        """Stop taking up work and wait a moment for what is running."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=2)

    def _run(self) -> None:
        while (what := self._next()) is not None:
            try:
                what()
            except Exception:
                log.exception("a background step of the sandbox failed")

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._stopping:
                wait = self._queue[0][0] - time.monotonic() if self._queue else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._queue)[2]
                self._changed.wait(wait)
            return None
