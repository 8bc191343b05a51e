"""The ledger: authorisations, what was captured of them, and what was given back."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bopis.db import Base, Id
from bopis.merchants.models import Connection
from bopis.orders.models import Order

_OPEN = text("state = 'authorised'")
_UNLINKED = text("order_id IS NULL")
_WATCHED = text("look_at IS NOT NULL")


class Authorisation(Base):
    """A payment at a provider. `state`: authorised, captured, released, expired; it never goes back.

    Amounts are minor units of `currency`. What a provider says is merged in, so that older news change nothing.
    """

    __tablename__ = "authorisations"
    __table_args__ = (
        UniqueConstraint("connection_id", "reference"),
        Index("ix_authorisations_merchant", "merchant_id", "id"),
        Index("ix_authorisations_open", "merchant_id", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_authorisations_order", "order_id"),
        Index(
            "ix_authorisations_unlinked", "merchant_id", "order_key", sqlite_where=_UNLINKED, postgresql_where=_UNLINKED
        ),
        Index("ix_authorisations_watched", "look_at", sqlite_where=_WATCHED, postgresql_where=_WATCHED),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id, ForeignKey("merchants.id"))
    connection_id: Mapped[str] = mapped_column(Id, ForeignKey("connections.id"))
    reference: Mapped[str]
    """The provider's own id of the payment."""
    order_id: Mapped[str | None] = mapped_column(Id, ForeignKey("orders.id"))
    """None until the order it names is known."""
    order_key: Mapped[str]
    """The platform's id of the order, as the checkout wrote it; or the order's name where it wrote only that."""
    order_name: Mapped[str]
    currency: Mapped[str]
    authorised: Mapped[int] = mapped_column(BigInteger)
    captured: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded: Mapped[int] = mapped_column(BigInteger, default=0)
    due: Mapped[int | None] = mapped_column(BigInteger)
    """What a person said is to be kept of it, whatever the shop says."""
    state: Mapped[str]
    why: Mapped[str] = mapped_column(default="")
    """What was decided last, as a stable word; people read `payments.words`."""
    capture_before: Mapped[dt.datetime | None]
    announced_at: Mapped[dt.datetime | None]
    """When the order's pickups were told of it."""
    releasing_at: Mapped[dt.datetime | None]
    """Since when it is to be let go."""
    release_asked_at: Mapped[dt.datetime | None]
    disputed_at: Mapped[dt.datetime | None]
    look_at: Mapped[dt.datetime | None]
    """When to see again how it stands; None once nothing more can happen."""
    created_at: Mapped[dt.datetime]
    order: Mapped[Order | None] = relationship()
    connection: Mapped[Connection] = relationship()
    captures: Mapped[list[Capture]] = relationship(back_populates="authorisation", order_by="Capture.step")
    refunds: Mapped[list[Refund]] = relationship(back_populates="authorisation", order_by="Refund.step")

    def is_busy(self) -> bool:
        """Whether something was asked of the provider that it has not answered."""
        return self.releasing_at is not None or any(each.state == "wanted" for each in [*self.captures, *self.refunds])

    def given_back(self) -> int:
        """What was given back or is on its way back."""
        return sum(refund.amount for refund in self.refunds if refund.state != "failed")


class Capture(Base):
    """Money taken, or to be taken, once. `state`: wanted, done, failed. Its id is the key it is asked for with."""

    __tablename__ = "captures"
    __table_args__ = (UniqueConstraint("authorisation_id", "step"), Index("ix_captures_done", "merchant_id", "done_at"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    authorisation_id: Mapped[str] = mapped_column(Id, ForeignKey("authorisations.id"))
    step: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)
    why: Mapped[str]
    actor: Mapped[str]
    state: Mapped[str]
    wanted_at: Mapped[dt.datetime]
    asked_at: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
    authorisation: Mapped[Authorisation] = relationship(back_populates="captures")


class Refund(Base):
    """Money given back, or to be given back, once. `state`: wanted, pending, done, failed."""

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("authorisation_id", "step"),
        UniqueConstraint("authorisation_id", "reference"),
        Index("ix_refunds_done", "merchant_id", "done_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    authorisation_id: Mapped[str] = mapped_column(Id, ForeignKey("authorisations.id"))
    step: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)
    why: Mapped[str]
    actor: Mapped[str]
    state: Mapped[str]
    reference: Mapped[str | None]
    """The provider's own id of it, once it has one."""
    wanted_at: Mapped[dt.datetime]
    asked_at: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
    authorisation: Mapped[Authorisation] = relationship(back_populates="refunds")
