"""Tests of a connection's address: asked for, known again when they come in, and what their sender met."""

from __future__ import annotations

import datetime as dt
import re

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bopis import outbox
from bopis.errors import Conflict
from bopis.ids import new_id
from bopis.merchants.models import Connection, DeliveryTest
from bopis.messages import SendTestDelivery

OUTCOMES = (
    "believed",
    "answers",
    "refused",
    "redirected",
    "shut",
    "elsewhere",
    "failing",
    "bad_certificate",
    "not_reached",
    "no_answer",
    "not_asked",
)
"""Believed by the vendor's word; only answers its question; refused as badly signed; sends its callers on; lets nobody
in; is answered by somebody else; answers that something is broken; shows a certificate nobody trusts; cannot be
reached; says nothing; no test could be had."""
LOST_AFTER = dt.timedelta(minutes=1)
"""A test that nobody has ended by then keeps nobody from asking for another."""
PAUSE = dt.timedelta(seconds=10)
_BEGINS = b'{"lockers_test":"'
_BODY = re.compile(_BEGINS + rb'([0-9a-f-]{36})"}')


def body_of(test_id: str) -> bytes:
    """What is sent: nothing but which test it is. No platform's news look like it."""
    return _BEGINS + test_id.encode() + b'"}'


def id_in(body: bytes) -> str | None:
    """The test a body is of, or None."""
    found = _BODY.fullmatch(body) if body.startswith(_BEGINS) else None
    return found[1].decode() if found else None


def latest(session: Session, connection_id: str) -> DeliveryTest | None:
    """The last test of a connection's address."""
    return session.scalars(select(DeliveryTest).where(DeliveryTest.connection_id == connection_id)).first()


def ask(session: Session, connection_id: str, now: dt.datetime) -> str:
    """Have a test sent to this connection's address; its id. Raises Conflict while one is on its way, or just was."""
    connection = session.get_one(Connection, connection_id, with_for_update=True)
    if connection.paused_at is not None:
        raise Conflict("paused", "It is not connected at the moment: connect it again first.")
    before = latest(session, connection_id)
    if before is not None and is_on_its_way(before, now):
        raise Conflict("test_on_its_way", "A test is on its way. Wait for what comes of it.")
    if before is not None and now < before.asked_at + PAUSE:
        raise Conflict("just_tested", "A test was sent a moment ago. Wait a few seconds before the next.")
    session.execute(delete(DeliveryTest).where(DeliveryTest.connection_id == connection_id))
    test = DeliveryTest(id=new_id(), connection_id=connection_id, asked_at=now)
    session.add(test)
    session.flush()
    outbox.put(session, SendTestDelivery(test.id), now, merchant_id=connection.merchant_id)
    return test.id


def is_on_its_way(test: DeliveryTest, now: dt.datetime) -> bool:
    """Whether something may still come of it soon."""
    return test.ended_at is None and now < test.asked_at + LOST_AFTER


def came(session: Session, connection_id: str, test_id: str, now: dt.datetime) -> None:
    """Note that a test came in at its connection's address, well signed; what is no test of it any more changes
    nothing."""
    theirs = (DeliveryTest.id == test_id, DeliveryTest.connection_id == connection_id, DeliveryTest.came_at.is_(None))
    session.execute(update(DeliveryTest).where(*theirs).values(came_at=now))


def ended(session: Session, test_id: str, outcome: str, detail: str, now: dt.datetime) -> None:
    """Note what the sender met: one of OUTCOMES."""
    values = {"ended_at": now, "outcome": outcome, "detail": detail[:300]}
    session.execute(update(DeliveryTest).where(DeliveryTest.id == test_id).values(**values))
