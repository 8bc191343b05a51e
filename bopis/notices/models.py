"""What a shopper was sent."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bopis.db import Base, Id

TEXT, EMAIL = CHANNELS = ("text", "e-mail")


class Notice(Base):
    """One message, sent at most once per pickup, template and version. `state`: submitting, then a MESSAGE_STATE.

    The row stays the same when the channel changes from text to e-mail: that is what makes it one over all channels.
    """

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("pickup_id", "template", "version"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    pickup_id: Mapped[str] = mapped_column(Id, ForeignKey("pickups.id"))
    channel: Mapped[str] = mapped_column(default=TEXT)
    """One of CHANNELS."""
    connection_id: Mapped[str | None] = mapped_column(Id, ForeignKey("connections.id"))
    """The provider's account that carries a text; none for an e-mail."""
    template: Mapped[str]
    version: Mapped[int]
    state: Mapped[str]
    until: Mapped[dt.datetime | None]
    """The end of the hold it names: whatever happens meanwhile, a text that may have gone out keeps its wording."""
    provider_id: Mapped[str | None] = mapped_column(index=True)
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]
