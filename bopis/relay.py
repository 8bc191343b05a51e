"""The relay: rings for what came due, and does the work itself when ringing does not help.

It needs no Redis. Every other duty that time brings, a sweep, is also a step of its round.
"""

from __future__ import annotations

import datetime as dt
import logging
import signal
import threading

from sqlalchemy import select

from bopis import clock
from bopis.bell import WorkToDo
from bopis.claims import Box, due
from bopis.config import Settings
from bopis.drain import drain
from bopis.errors import Unavailable
from bopis.inbox import InboxEntry
from bopis.logs import start_logging
from bopis.outbox import OutboxEntry
from bopis.sweeps import sweep
from bopis.wiring import Service, build

ROUND_SECONDS = 0.5
PATIENCE = dt.timedelta(seconds=2)
"""How long what is due may lie before the relay works it off itself."""
log = logging.getLogger(__name__)


def one_round(service: Service) -> bool:
    """Ring for what is due, work off what lies too long, sweep; True when there was anything to do."""
    rung = False
    for box in (InboxEntry, OutboxEntry):
        waited = _longest_wait(service, box)
        if waited is None:
            continue
        rung = True
        service.database.bell.ring(WorkToDo())
        if waited > PATIENCE:
            drain(service)
    return sweep(service.database, clock.now()) or rung


def _longest_wait(service: Service, box: Box) -> dt.timedelta | None:
    now = clock.now()
    with service.database.reading() as session:
        first = session.scalars(select(box.next_at).where(due(box, now)).order_by(box.next_at).limit(1)).first()
    return now - first if first else None


def main() -> None:
    """Go round until told to stop."""
    start_logging()
    service = build(Settings.from_env())
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    while not stop.wait(ROUND_SECONDS):
        try:
            one_round(service)
        except Unavailable as problem:
            log.warning("%s", problem)
        except Exception:
            log.exception("a round failed")


if __name__ == "__main__":
    main()
