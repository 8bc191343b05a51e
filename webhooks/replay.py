"""Dead letters brought back to life, by hand, under the same idempotency as the first time."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis.bell import WorkToDo
from bopis.db import ring_after_commit
from bopis.inbox import InboxEntry
from bopis.outbox import OutboxEntry


def dead_letters(session: Session) -> list[InboxEntry | OutboxEntry]:
    """Everything that was given up, oldest first in each box."""
    inbox = session.scalars(select(InboxEntry).where(InboxEntry.state == "dead").order_by(InboxEntry.received_at))
    outbox = session.scalars(select(OutboxEntry).where(OutboxEntry.state == "dead").order_by(OutboxEntry.created_at))
    return [*inbox, *outbox]


def replay(session: Session, entry: InboxEntry | OutboxEntry, now: dt.datetime) -> None:
    """Let a dead letter be tried again from its first attempt. What may have happened is still looked up first."""
    entry.state, entry.attempts, entry.next_at, entry.lease_until = "waiting", 0, now, None
    session.flush()
    ring_after_commit(session, WorkToDo())
