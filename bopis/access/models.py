"""Keys, and what was answered to a deed that may be asked for again."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bopis.db import Base, Id


class ApiKey(Base):
    """A program that a merchant lets in. Of what it shows only the SHA-256 is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (
        UniqueConstraint("prefix"),
        UniqueConstraint("key_hash"),
        Index("ix_api_keys_merchant", "merchant_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id, ForeignKey("merchants.id"))
    store_id: Mapped[str | None] = mapped_column(Id, ForeignKey("stores.id"))
    """The one store it sees; None for all of its merchant's."""
    name: Mapped[str]
    """What it is for, in its merchant's words."""
    prefix: Mapped[str]
    """How it begins: enough to recognise it by, of no use without the rest."""
    key_hash: Mapped[str]
    scopes: Mapped[str]
    """Of `scopes.SCOPES`, with blanks between."""
    created_by: Mapped[str]
    """As the timeline names people."""
    created_at: Mapped[dt.datetime]
    last_used_at: Mapped[dt.datetime | None]
    """To the minute."""
    revoked_by: Mapped[str] = mapped_column(default="")
    revoked_at: Mapped[dt.datetime | None]

    def may(self, scope: str) -> bool:
        """Whether it was given this scope."""
        return scope in self.scopes.split()


class ApiDeed(Base):
    """A deed asked for under an idempotency key: under way while `status` is None, else what was answered."""

    __tablename__ = "api_deeds"
    __table_args__ = (Index("ix_api_deeds_begun", "begun_at"),)

    key_id: Mapped[str] = mapped_column(Id, ForeignKey("api_keys.id"), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    """Of method, address and body."""
    begun_at: Mapped[dt.datetime]
    turn: Mapped[str] = mapped_column(Id)
    """Whoever works on it; another may take over after a while."""
    status: Mapped[int | None]
    body_sealed: Mapped[bytes | None]
    """It may say who a shopper is."""
