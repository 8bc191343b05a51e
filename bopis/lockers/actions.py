"""What changes in banks."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from bopis.bell import NewsForBank
from bopis.db import ring_after_commit
from bopis.lockers.models import Bank, Compartment


def next_sync_version(session: Session, bank_id: str) -> int:
    """A number higher than every earlier change of this bank, and word to its bridge after the commit.

    The row lock of the UPDATE is held to the commit, so the numbers become visible in their order.
    """
    ring_after_commit(session, NewsForBank(bank_id))
    statement = (
        update(Bank)
        .where(Bank.id == bank_id)
        .values(sync_version=Bank.sync_version + 1)
        .returning(Bank.sync_version)
        .execution_options(synchronize_session=False)
    )
    return session.execute(statement).scalar_one()


def take_out_of_service(session: Session, compartment: Compartment, reason: str) -> None:
    """Give this compartment to nobody until someone puts it right. What is inside stays assigned."""
    compartment.in_service = False
    compartment.out_of_service_reason = reason
    session.flush()


def put_back_into_service(session: Session, compartment: Compartment) -> None:
    """A person says that this door works again."""
    compartment.in_service = True
    compartment.out_of_service_reason = ""
    session.flush()
