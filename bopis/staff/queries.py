"""What others ask about people and their sign-ins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bopis.staff.actions import token_hash
from bopis.staff.models import StaffMember, StaffSession

IDLE = dt.timedelta(minutes=15)
LONGEST = dt.timedelta(hours=12)


def live_session(session: Session, token: str, now: dt.datetime) -> StaffSession | None:
    """The sign-in a device's token stands for, with its person and store; None once it is over."""
    return session.scalars(
        select(StaffSession)
        .join(StaffMember, StaffMember.id == StaffSession.staff_id)
        .where(
            StaffSession.token_hash == token_hash(token),
            StaffSession.ended_at.is_(None),
            StaffSession.used_at > now - IDLE,
            StaffSession.created_at > now - LONGEST,
            StaffMember.active.is_(True),
        )
        .options(joinedload(StaffSession.staff).joinedload(StaffMember.store))
    ).first()


def people_in(session: Session, merchant_id: str, store_id: str) -> list[StaffMember]:
    """The active staff of a store, by name."""
    return list(
        session.scalars(
            select(StaffMember)
            .where(
                StaffMember.merchant_id == merchant_id, StaffMember.store_id == store_id, StaffMember.active.is_(True)
            )
            .order_by(StaffMember.name)
        )
    )


def names(session: Session, merchant_id: str, staff_ids: Collection[str]) -> dict[str, str]:
    """The names behind these ids, of this merchant's people only."""
    statement = select(StaffMember.id, StaffMember.name).where(
        StaffMember.merchant_id == merchant_id, StaffMember.id.in_(staff_ids)
    )
    return dict(iter(session.execute(statement)))
