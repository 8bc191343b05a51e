"""Settings that people changed: who, when, from what to what. Written with the change itself, never altered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bopis.db import Base, Id, Json
from bopis.ids import new_id


class SettingChange(Base):
    """One setting of a store or a bank, changed once."""

    __tablename__ = "setting_changes"
    __table_args__ = (Index("ix_setting_changes_subject", "subject_id", "id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    subject_id: Mapped[str] = mapped_column(Id)
    """The store or bank it belongs to."""
    what: Mapped[str]
    """The setting's name, as its model has it."""
    before: Mapped[dict[str, Any]] = mapped_column(type_=Json)
    """{"value"}, as is `after`."""
    after: Mapped[dict[str, Any]] = mapped_column(type_=Json)
    actor: Mapped[str]
    at: Mapped[dt.datetime]


def note(
    session: Session,
    merchant_id: str,
    subject_id: str,
    what: str,
    before: Any,
    after: Any,
    *,
    actor: str,
    now: dt.datetime,
) -> None:
    """Write down that a setting was changed; one that stays as it was is no change."""
    if before == after:
        return
    values = {"before": {"value": before}, "after": {"value": after}}
    session.add(
        SettingChange(
            id=new_id(), merchant_id=merchant_id, subject_id=subject_id, what=what, actor=actor, at=now, **values
        )
    )
    session.flush()


def latest(session: Session, subject_ids: Collection[str], at_most: int) -> list[SettingChange]:
    """The last changes of these stores and banks, newest first."""
    statement = select(SettingChange).where(SettingChange.subject_id.in_(subject_ids))
    return list(session.scalars(statement.order_by(SettingChange.id.desc()).limit(at_most)))
