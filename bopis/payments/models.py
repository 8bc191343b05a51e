"""The ledger: authorisations, what was captured of them, and what was given back."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bopis import sealing
from bopis.db import Base, Id
from bopis.merchants.models import Connection
from bopis.orders.models import Order
from bopis.pickups.models import Pickup

_OPEN = text("state = 'authorised'")
_UNLINKED = text("order_id IS NULL")
_LIVE = text("state IN ('wanted', 'open')")
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
    checkout_id: Mapped[str | None] = mapped_column(Id, ForeignKey("checkouts.id"))
    """The page of ours it was made on; None for one of the shop's own checkout."""
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
    checkout: Mapped[Checkout | None] = relationship()
    captures: Mapped[list[Capture]] = relationship(back_populates="authorisation", order_by="Capture.step")
    refunds: Mapped[list[Refund]] = relationship(back_populates="authorisation", order_by="Refund.step")

    def is_busy(self) -> bool:
        """Whether something was asked of the provider that it has not answered."""
        return self.releasing_at is not None or any(each.state == "wanted" for each in [*self.captures, *self.refunds])

    def given_back(self) -> int:
        """What was given back or is on its way back."""
        return sum(refund.amount for refund in self.refunds if refund.state != "failed")


class Checkout(Base):
    """A page of the provider's on which a shopper pays before the door opens. Its id is the key it is asked for with.

    `state`: wanted (asked for), open, ending (nothing more is to be paid there), paid, expired, failed. Of an order
    one is wanted or open: two tabs share it.
    """

    __tablename__ = "checkouts"
    __table_args__ = (
        Index("ux_checkouts_live", "order_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_checkouts_order", "order_id"),
        Index("ix_checkouts_watched", "look_at", sqlite_where=_WATCHED, postgresql_where=_WATCHED),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    connection_id: Mapped[str] = mapped_column(Id, ForeignKey("connections.id"))
    order_id: Mapped[str] = mapped_column(Id, ForeignKey("orders.id"))
    pickup_id: Mapped[str] = mapped_column(Id, ForeignKey("pickups.id"))
    """The one whose page led to it, and whose storage it pays."""
    reference: Mapped[str | None]
    url_sealed: Mapped[bytes | None]
    """Where it is paid: for its shopper alone."""
    back_hash: Mapped[str] = mapped_column(unique=True)
    back_sealed: Mapped[bytes]
    """The unguessable part of the address it leads back to, which is not the shopper's link: others read it."""
    goods: Mapped[int] = mapped_column(BigInteger)
    fee: Mapped[int] = mapped_column(BigInteger)
    """For storage, on top of the goods."""
    fee_up_to: Mapped[int] = mapped_column(BigInteger)
    """What all storage of the pickup has cost once this is paid."""
    currency: Mapped[str]
    state: Mapped[str]
    asked_at: Mapped[dt.datetime | None]
    returned_at: Mapped[dt.datetime | None]
    """When its shopper last came back from it."""
    expires_at: Mapped[dt.datetime]
    created_at: Mapped[dt.datetime]
    settled_at: Mapped[dt.datetime | None]
    look_at: Mapped[dt.datetime | None]
    """When to see again how it stands; None once nothing more can happen."""
    order: Mapped[Order] = relationship()
    pickup: Mapped[Pickup] = relationship()
    connection: Mapped[Connection] = relationship()

    @property
    def amount(self) -> int:
        """What is paid on it."""
        return self.goods + self.fee

    def url(self) -> str:
        """Where it is paid; empty until the provider has opened it."""
        return sealing.unseal(self.url_sealed, to=f"checkouts.url:{self.id}") if self.url_sealed else ""

    def back(self) -> str:
        """The unguessable part of the address it leads back to."""
        return sealing.unseal(self.back_sealed, to=f"checkouts.back:{self.id}")


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
