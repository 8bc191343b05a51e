"""Endpoints as pages and announcements read them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bopis.hooks.models import HookEndpoint
from bopis.messages import SendHook, SendTestHook
from bopis.outbox import OutboxEntry
from bopis.prepared import word

KINDS = (SendHook.__name__, SendTestHook.__name__)


def of_merchant(session: Session, merchant_id: str) -> list[HookEndpoint]:
    """A merchant's endpoints, oldest first."""
    mine = select(HookEndpoint).where(HookEndpoint.merchant_id == merchant_id)
    return list(session.scalars(mine.order_by(HookEndpoint.id)))


def latest(session: Session, endpoint: HookEndpoint, limit: int) -> list[OutboxEntry]:
    """Its messages, newest first."""
    return list(session.scalars(select(OutboxEntry).where(*its(endpoint)).order_by(OutboxEntry.id.desc()).limit(limit)))


def its(endpoint: HookEndpoint, state: str = "") -> tuple[ColumnElement[bool], ...]:
    """The conditions for its rows in the outbox, of this state if one is named."""
    # Every message to it begins with its id, and the index over kind and subject finds them by that.
    theirs = (OutboxEntry.subject >= f"{endpoint.id}|", OutboxEntry.subject < f"{endpoint.id}}}")
    # The index of those in one state serves nobody who sends the state as a parameter.
    wanted = (OutboxEntry.state == word(state),) if state else ()
    return (OutboxEntry.merchant_id == endpoint.merchant_id, OutboxEntry.kind.in_(KINDS), *theirs, *wanted)
