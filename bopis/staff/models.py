"""People and their sign-ins."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bopis.db import Base, Id
from bopis.stores.models import Store


class StaffMember(Base):
    """One person, one badge, one PIN."""

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("badge"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id, ForeignKey("merchants.id"))
    store_id: Mapped[str] = mapped_column(Id, ForeignKey("stores.id"))
    name: Mapped[str]
    badge: Mapped[str]
    pin_hash: Mapped[str]
    role: Mapped[str]
    """associate, manager or admin."""
    active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)
    paused_until: Mapped[dt.datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    """Goes up when a manager lets a locked badge in again; bridges then forget its wrong PINs too."""
    store: Mapped[Store] = relationship()


class StaffSession(Base):
    """A signed-in device. Only the hash of its token is kept.

    `bank_id`, `bridge_session` and `present_until` are set while the person is present at a bank.
    """

    __tablename__ = "staff_sessions"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(Id, ForeignKey("staff.id"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    bank_id: Mapped[str | None] = mapped_column(Id, ForeignKey("banks.id"))
    bridge_session: Mapped[str | None]
    present_until: Mapped[dt.datetime | None]
    staff: Mapped[StaffMember] = relationship()
