"""What a transaction has read or done already, so that nothing is asked twice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session


def memory(session: Session, of: str) -> dict[str, Any]:
    """What is remembered of this, by id; empty again when anything was rolled back, and in the next transaction.

    Only what a held lock protects may be remembered.
    """
    found: dict[str, Any] = session.info.setdefault("memory", {}).setdefault(of, {})
    return found


@event.listens_for(Session, "after_soft_rollback")
@event.listens_for(Session, "after_commit")
def _forget(session: Session, *_: Any) -> None:
    session.info.pop("memory", None)
