"""What is over is forgotten after a while, so that the service costs the same in its tenth year as in its first.

Ids begin with the millisecond they were made in, and nothing ends before it began: the primary key leads to what is
old enough, and a look passes over little else. No index has to be kept for it; no row costs more to write.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, select
from sqlalchemy.orm import Session

from bopis.bridges.models import Bridge, DeviceEvent, DoorCommand, EnrolmentCode
from bopis.db import Id
from bopis.ids import first_id
from bopis.inbox import InboxEntry
from bopis.outbox import OutboxEntry
from bopis.prepared import Prepared, word
from bopis.staff.models import StaffSession
from bopis.sweeps.step import NOW, Step
from bopis.tasks import Task

AT_ONCE = 500
"""Rows one transaction forgets, so that nobody waits long for it."""
SESSIONS, BOXES, HISTORY = dt.timedelta(days=30), dt.timedelta(days=90), dt.timedelta(days=396)


class Forget(Step):
    """Rows of one table that have been over for longer than `kept` are deleted, oldest first.

    `over` says of a row whether it was over before NOW.
    """

    def __init__(self, table: Any, kept: dt.timedelta, over: ColumnElement[bool]) -> None:
        self.table, self.kept = table, kept
        old = and_(table.id < bindparam("first", type_=Id), over)
        some = select(table.id).where(old).order_by(table.id)
        # Two relays take different rows, and one that is being written to is left for the next time.
        these = some.limit(AT_ONCE).with_for_update(skip_locked=True, of=table).cte("these")
        self._find = Prepared(some.limit(1))
        self._delete = Prepared(delete(table.__table__).where(table.id.in_(select(these.c.id)), old))

    def find(self, session: Session, now: dt.datetime) -> str | None:
        found = self._find.run(session, **self._before(now))
        return found[0][0] if found else None

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        self._delete.run(session, **self._before(now))

    def _before(self, now: dt.datetime) -> dict[str, Any]:
        return {"now": now - self.kept, "first": first_id(now - self.kept)}


# By its last event a bridge that fell silent says until when we know what its doors did.
_IS_LAST_WORD = exists().where(Bridge.id == DeviceEvent.bridge_id, Bridge.last_seq == DeviceEvent.seq)
FORGETTING = (
    Forget(StaffSession, SESSIONS, StaffSession.created_at < NOW),
    Forget(EnrolmentCode, SESSIONS, EnrolmentCode.expires_at < NOW),
    # Dead letters wait for a person, for as long as that takes.
    Forget(
        InboxEntry,
        BOXES,
        and_(InboxEntry.state == word("done"), InboxEntry.received_at < NOW, InboxEntry.body_sealed.is_(None)),
    ),
    Forget(OutboxEntry, BOXES, and_(OutboxEntry.state == word("done"), OutboxEntry.done_at < NOW)),
    Forget(DoorCommand, HISTORY, DoorCommand.settled_at < NOW),
    Forget(DeviceEvent, HISTORY, and_(DeviceEvent.recorded_at < NOW, ~_IS_LAST_WORD)),
    Forget(Task, HISTORY, Task.settled_at < NOW),
)
