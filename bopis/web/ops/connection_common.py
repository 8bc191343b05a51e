"""What the pages of one connection share."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import changes, clock
from bopis.errors import NotFound
from bopis.merchants.models import Connection
from bopis.web.ops.common import actor, me

LONGEST_NAME = 255


def mine(session: Session, connection_id: str) -> Connection:
    """A connection of the merchant of whoever asks. Raises NotFound."""
    found = session.scalars(
        select(Connection).where(Connection.id == connection_id, Connection.merchant_id == me().merchant_id)
    ).first()
    if found is None:
        raise NotFound("unknown_connection", "There is no such connection.")
    return found


def note(session: Session, connection: Connection, what: str, before: str | None, after: str) -> None:
    """Who changed it; of a secret its name alone."""
    changes.note(session, connection.merchant_id, connection.id, what, before, after, actor=actor(), now=clock.now())
