"""What changes in banks."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from bopis.among import among
from bopis.bell import NewsForBank
from bopis.db import ring_after_commit
from bopis.lockers.models import Bank, Compartment
from bopis.prepared import Prepared


def next_sync_version(session: Session, bank_id: str) -> int:
    """A number higher than every earlier change of this bank, and word to its bridge after the commit.

    The row lock of the UPDATE is held to the commit, so the numbers become visible in their order.
    """
    ring_after_commit(session, NewsForBank(bank_id))
    version: int = session.connection().execute(_NEXT, {"of": bank_id}).scalar_one()
    return version


def next_sync_versions(session: Session, bank_ids: Collection[str]) -> dict[str, int]:
    """`next_sync_version` of several banks, whose stores' locks are held."""
    if not bank_ids:
        return {}
    for bank_id in bank_ids:
        ring_after_commit(session, NewsForBank(bank_id))
    found = _NEXT_OF_ALL.run(session, banks=bank_ids)
    return {row[0]: row[1] for row in found}


_BANKS = Bank.__table__
_NEXT = (
    update(_BANKS)
    .where(_BANKS.c.id == bindparam("of"))
    .values(sync_version=_BANKS.c.sync_version + 1)
    .returning(_BANKS.c.sync_version)
)
_NEXT_OF_ALL = Prepared(
    update(_BANKS)
    .where(among(_BANKS.c.id, "banks"))
    .values(sync_version=_BANKS.c.sync_version + 1)
    .returning(_BANKS.c.id, _BANKS.c.sync_version)
)


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
