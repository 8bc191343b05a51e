"""When each connection last told us something: noted while its news is worked off, at most once a minute."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Sequence

from sqlalchemy import update

from bopis.db import RECEIPT_PATIENCE, Database
from bopis.errors import Unavailable
from bopis.inbox import ASK_AGAIN, InboxWork
from bopis.merchants.models import Connection
from bopis.merchants.queries import Known

_OFTEN_ENOUGH = dt.timedelta(minutes=1)
log = logging.getLogger(__name__)


def keep_last(database: Database, connections: Iterable[Known], entries: Sequence[InboxWork]) -> None:
    """Note the newest of these deliveries for each connection of which a clearly older one is known.

    In transactions of their own, one row each, so that nobody who holds more can wait for us in a circle. What cannot
    be written now is left out: these deliveries are claimed, and no order waits a lease for a note.
    """
    newest = {entry.connection_id: entry for entry in sorted(_theirs(entries), key=lambda entry: entry.received_at)}
    for each in connections:
        entry = newest.get(each.account.connection_id)
        if entry is not None and _is_clearly_older(each.last_delivery, entry.received_at):
            _keep(database, entry)


def _theirs(entries: Sequence[InboxWork]) -> Iterable[InboxWork]:
    return (entry for entry in entries if entry.topic != ASK_AGAIN)


def _is_clearly_older(known: dict[str, str] | None, at: dt.datetime) -> bool:
    return known is None or dt.datetime.fromisoformat(known["at"]) + _OFTEN_ENOUGH <= at


def _keep(database: Database, entry: InboxWork) -> None:
    of = update(Connection).where(Connection.id == entry.connection_id)
    told = {"at": entry.received_at.isoformat(), "topic": entry.topic}
    try:
        with database.transaction(patience=RECEIPT_PATIENCE) as session:
            session.execute(of.values(last_delivery=told).execution_options(synchronize_session=False))
    except Unavailable:
        log.warning("the last delivery of connection %s is not noted", entry.connection_id)
