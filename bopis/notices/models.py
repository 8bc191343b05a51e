"""What a shopper was sent."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bopis.db import Base, Id


class Notice(Base):
    """One text, sent at most once per pickup, template and version. `state`: submitting, then a MESSAGE_STATE."""

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("pickup_id", "template", "version"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    pickup_id: Mapped[str] = mapped_column(Id, ForeignKey("pickups.id"))
    connection_id: Mapped[str] = mapped_column(Id, ForeignKey("connections.id"))
    template: Mapped[str]
    version: Mapped[int]
    state: Mapped[str]
    provider_id: Mapped[str | None] = mapped_column(index=True)
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]
