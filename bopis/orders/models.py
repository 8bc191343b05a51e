"""Orders and their lines."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bopis import sealing
from bopis.db import Base, Id

PHONE = "orders.phone"
"""What the numbers are made blind for."""
_TO_ERASE = text("erasure_asked_at IS NOT NULL AND erased_at IS NULL")
_KNOWN = text("erased_at IS NULL")


class Order(Base):
    """What the platform says was bought. Phone number and e-mail address are sealed; no street is kept."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("connection_id", "platform_order_id"),
        Index("ix_orders_name", "merchant_id", "name"),
        Index("ix_orders_phone", "merchant_id", "phone_index"),
        Index("ix_orders_to_erase", "erasure_asked_at", sqlite_where=_TO_ERASE, postgresql_where=_TO_ERASE),
        Index("ix_orders_known", "id", sqlite_where=_KNOWN, postgresql_where=_KNOWN),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id, ForeignKey("merchants.id"))
    connection_id: Mapped[str] = mapped_column(Id, ForeignKey("connections.id"))
    platform_order_id: Mapped[str]
    name: Mapped[str]
    """As people say it: `#1001`."""
    first_name_sealed: Mapped[bytes | None]
    phone_sealed: Mapped[bytes | None]
    phone_index: Mapped[str | None]
    """By which a typed number finds its orders; says nothing to whoever has no key (`sealing.blind`)."""
    email_sealed: Mapped[bytes | None]
    locale: Mapped[str]
    paid: Mapped[bool]
    secured: Mapped[bool] = mapped_column(default=False)
    """A payment that we look after covers it, so that it need not be paid on the platform."""
    pays_here: Mapped[bool] = mapped_column(default=False)
    """It may be loaded unpaid: its shopper pays on our page before the door opens."""
    paid_at_counter_at: Mapped[dt.datetime | None]
    """When staff said that they had taken the money for it."""
    total: Mapped[int | None] = mapped_column(BigInteger)
    """What it costs as the platform says, in minor units of `currency`; None where it was not asked."""
    currency: Mapped[str] = mapped_column(default="")
    cancelled_at: Mapped[dt.datetime | None]
    platform_updated_at: Mapped[dt.datetime]
    created_at: Mapped[dt.datetime]
    erasure_asked_at: Mapped[dt.datetime | None]
    """Since when nothing personal may be kept once the order is over."""
    erased_at: Mapped[dt.datetime | None]

    def is_unpaid(self) -> bool:
        """Whether it is to be paid here and nobody has yet."""
        return self.pays_here and not (self.paid or self.secured or self.paid_at_counter_at)

    def phone(self) -> str:
        """The E.164 number, or an empty text."""
        return sealing.unseal(self.phone_sealed, to=f"orders.phone:{self.id}") if self.phone_sealed else ""

    def email(self) -> str:
        """The e-mail address, or an empty text."""
        return sealing.unseal(self.email_sealed, to=f"orders.email:{self.id}") if self.email_sealed else ""

    def first_name(self) -> str:
        """The shopper's first name, or an empty text."""
        if not self.first_name_sealed:
            return ""
        return sealing.unseal(self.first_name_sealed, to=f"orders.first_name:{self.id}")


def personal(order_id: str, *, phone: str = "", email: str = "", first_name: str = "") -> dict[str, bytes | str | None]:
    """The columns of an order that say whom it is for, sealed: an E.164 number, an e-mail address, a first name.

    What is empty is forgotten.
    """
    return {
        "phone_sealed": sealing.seal(phone, to=f"orders.phone:{order_id}") if phone else None,
        "phone_index": sealing.blind(PHONE, phone)[0] if phone else None,
        "email_sealed": sealing.seal(email, to=f"orders.email:{order_id}") if email else None,
        "first_name_sealed": sealing.seal(first_name, to=f"orders.first_name:{order_id}") if first_name else None,
    }
