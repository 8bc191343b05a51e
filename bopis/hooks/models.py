"""Where a merchant wants to hear from us."""

from __future__ import annotations

import datetime as dt
import json
import secrets as random
from base64 import b64encode
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bopis import sealing
from bopis.db import Base, Id, Json

BOTH_SIGN = dt.timedelta(hours=24)
"""How long a secret that was replaced still signs beside the new one."""
_SECRET_BYTES = 32


class HookEndpoint(Base):
    """An address of a merchant's, and how it has answered lately."""

    __tablename__ = "hook_endpoints"
    __table_args__ = (Index("ix_hook_endpoints_merchant", "merchant_id", "id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id, ForeignKey("merchants.id"))
    url: Mapped[str]
    events: Mapped[list[Any]] = mapped_column(type_=Json)
    """Names from the catalogue; none for all there are and will be."""
    secrets_sealed: Mapped[bytes]
    created_at: Mapped[dt.datetime]
    answered_at: Mapped[dt.datetime | None]
    """When it last took a message, to the minute."""
    failing_since: Mapped[dt.datetime | None]
    """When it failed for the first time after it had answered last; None while it answers."""
    failure: Mapped[str] = mapped_column(default="")
    """What its last failure was, in words without anything secret."""
    off_at: Mapped[dt.datetime | None]
    """Since when nothing is sent there."""
    off_because: Mapped[str] = mapped_column(default="")
    """`person`, `failing` or `gone`."""

    def wants(self, event: str) -> bool:
        """Whether it is told of this event while it is on."""
        return not self.events or event in self.events

    def new_secret(self, now: dt.datetime) -> str:
        """Give it a new secret, which is returned; the one before signs beside it for a while."""
        before = self._kept().get("secret") if self.secrets_sealed else None
        kept = {"secret": "whsec_" + b64encode(random.token_bytes(_SECRET_BYTES)).decode()}
        if before:
            kept |= {"previous": before, "previous_until": (now + BOTH_SIGN).isoformat()}
        self.secrets_sealed = sealing.seal(json.dumps(kept), to=self._place())
        return kept["secret"]

    def secrets(self, now: dt.datetime) -> tuple[str, ...]:
        """What signs now, newest first."""
        kept = self._kept()
        until = kept.get("previous_until")
        also = until is not None and now < dt.datetime.fromisoformat(until)
        return (kept["secret"], kept["previous"]) if also else (kept["secret"],)

    def _kept(self) -> dict[str, str]:
        kept: dict[str, str] = json.loads(sealing.unseal(self.secrets_sealed, to=self._place()))
        return kept

    def _place(self) -> str:
        return f"hook_endpoints.secrets:{self.id}"
