"""Pickups, their placements and grants."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bopis import sealing
from bopis.db import Base, Id, Json
from bopis.lockers.models import Bank, Compartment
from bopis.orders.models import Order
from bopis.prepared import word
from bopis.stores.models import Store

_LIVE = text("state <> 'released'")
_OPEN = text("closed_at IS NULL")
_DUE = text("due_at IS NOT NULL")
_FEE = text("fee_at IS NOT NULL")
_NOT_CLOSED = text("state <> 'closed'")
_CLOSED = text("state = 'closed'")
_TOLD = text("sync_version > 0")


class Pickup(Base):
    """What must be handed over in one store: one order's unit there. `state` is ruled by `pickups.lifecycle`."""

    __tablename__ = "pickups"
    __table_args__ = (
        UniqueConstraint("order_id", "unit_id"),
        # No index holds the state: PostgreSQL then changes it in place, without a new entry in every index.
        Index("ix_pickups_store_open", "store_id", "created_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_pickups_merchant_open", "merchant_id", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_pickups_fee", "fee_at", sqlite_where=_FEE, postgresql_where=_FEE),
        Index("ix_pickups_due", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
        # Newest first, page by page, for those who look over all stores or one.
        Index("ix_pickups_merchant", "merchant_id", "id"),
        Index("ix_pickups_store", "store_id", "id"),
        Index("ix_pickups_unit", "unit_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id, ForeignKey("merchants.id"))
    order_id: Mapped[str] = mapped_column(Id, ForeignKey("orders.id"))
    unit_id: Mapped[str]
    store_id: Mapped[str | None] = mapped_column(Id, ForeignKey("stores.id"))
    """None until someone says which store the platform's location is."""
    location_id: Mapped[str] = mapped_column(default="")
    location_name: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    """Why it is in this state or place, as a stable word; staff read `pickups.words`."""
    size: Mapped[str]
    lines: Mapped[list[Any]] = mapped_column(type_=Json)
    """[{"title", "sku", "quantity"}]"""
    needs: Mapped[str] = mapped_column(default="")
    """What its goods need beside room, of `fit.NEEDS` with blanks between."""
    low_door: Mapped[bool] = mapped_column(default=False)
    """Its shopper needs a door that everybody can reach."""
    parcels: Mapped[list[Any]] = mapped_column(type_=Json, default=list)
    """What lies apart since no one door takes it all: [{"size", "needs", "holds": [[line, quantity]]}]; else empty."""
    teaches: Mapped[dict[str, Any]] = mapped_column(type_=Json, default=dict)
    """What its door will tell of: {"sku", "size", "category", "band"}; empty when that is not one single piece."""
    differs: Mapped[str] = mapped_column(default="")
    """How the order differs from what was loaded, as stable words with blanks between."""
    link_hash: Mapped[str] = mapped_column(unique=True)
    link_sealed: Mapped[bytes]
    created_at: Mapped[dt.datetime]
    ready_at: Mapped[dt.datetime | None]
    hold_until: Mapped[dt.datetime | None]
    hold_number: Mapped[int | None]
    """Goes up with every new end of its hold: what is said of an end is said once."""
    extended: Mapped[int | None]
    """How often its shopper asked for more time since it is ready."""
    reminded: Mapped[str | None]
    """The last reminder of this hold, by its template."""
    due_at: Mapped[dt.datetime | None]
    """When its hold asks for something next: a reminder, or its end."""
    kept_because: Mapped[str | None]
    """Why it is kept although its time is over, as a stable word."""
    pinned_until: Mapped[dt.datetime | None]
    """Its shopper is on the way: until then it stays where it lies."""
    cost: Mapped[int | None] = mapped_column(BigInteger)
    """What its lines cost together, as the platform says, in minor units of `cost_currency`."""
    cost_currency: Mapped[str | None]
    fee_due: Mapped[int | None] = mapped_column(BigInteger)
    """What its storage costs by now and nobody has paid, in minor units of its merchant's `storage_fee`."""
    fee_at: Mapped[dt.datetime | None]
    """When to see again what its storage costs; None where it costs nothing."""
    fee_waived_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    order: Mapped[Order] = relationship()
    store: Mapped[Store | None] = relationship()
    placements: Mapped[list[Placement]] = relationship(
        back_populates="pickup", order_by="(Placement.created_at, Placement.parcel)"
    )

    def is_unpaid(self) -> bool:
        """Whether something is to be paid before it may be taken out."""
        return bool(self.fee_due) or self.order.is_unpaid()

    def link_token(self) -> str:
        """The unguessable part of the shopper's link."""
        return sealing.unseal(self.link_sealed, to=f"pickups.link:{self.id}")

    def live_placements(self) -> list[Placement]:
        """Where its goods are or will be, in the order they were chosen."""
        return [place for place in self.placements if place.state != "released"]

    def wanted_placements(self) -> list[Placement]:
        """The live ones that staff have not given up."""
        return [place for place in self.live_placements() if not place.abandoned]

    def found_at(self) -> list[Placement]:
        """Where its shopper finds it: not where it is only on its way to, once anything lies in its place."""
        wanted = self.wanted_placements()
        return [place for place in wanted if place.state == "loaded"] or wanted

    def is_at_counter(self) -> bool:
        """Whether its shopper finds all of it at the counter."""
        return all(place.compartment_id is None for place in self.found_at())


@dataclass
class NewPickup:
    """A pickup on its way into its table, as light as it comes, since every order makes one. Its fields are columns."""

    id: str
    merchant_id: str
    order_id: str
    unit_id: str
    store_id: str | None
    location_id: str
    location_name: str
    reason: str
    size: str
    lines: list[dict[str, object]]
    cost: int | None
    cost_currency: str | None
    created_at: dt.datetime
    link_hash: str
    link_sealed: bytes
    needs: str = ""
    parcels: list[dict[str, object]] = field(default_factory=list)
    teaches: dict[str, object] = field(default_factory=dict)
    state: str = "waiting"
    differs: str = ""
    low_door: bool = False


def all_needs(pickup: Any) -> frozenset[str]:
    """What a pickup's goods need, and what its shopper asked for, of `fit.NEEDS`; a row with these columns will do."""
    return frozenset(pickup.needs.split()) | ({"accessible"} if pickup.low_door else frozenset())


class Placement(Base):
    """Where one parcel of a pickup is or will be. `state`: held, loaded, released.

    A compartment is free only when no placement in it is live: the unique index says so to everyone at once.
    """

    __tablename__ = "placements"
    __table_args__ = (
        Index("ux_placements_live", "compartment_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_placements_pickup", "pickup_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    pickup_id: Mapped[str] = mapped_column(Id, ForeignKey("pickups.id"))
    compartment_id: Mapped[str | None] = mapped_column(Id, ForeignKey("compartments.id"))
    """None for the counter."""
    state: Mapped[str]
    touched: Mapped[bool] = mapped_column(default=False)
    """Its door was asked to open for loading, so goods may be inside although it is only held."""
    abandoned: Mapped[bool] = mapped_column(default=False)
    """Staff chose another place; it is released when its door is shut again."""
    parcel: Mapped[int] = mapped_column(default=1)
    """Which of its pickup's parcels goes there, counted from 1."""
    collected_at: Mapped[dt.datetime | None]
    """When the shopper's own opening of it was seen."""
    created_at: Mapped[dt.datetime]
    loaded_at: Mapped[dt.datetime | None]
    released_at: Mapped[dt.datetime | None]
    evidence: Mapped[str] = mapped_column(default="")
    """What told us that it is empty: item_sensor, own_opening, staff, never_opened."""
    pickup: Mapped[Pickup] = relationship(back_populates="placements")
    compartment: Mapped[Compartment | None] = relationship()


class Grant(Base):
    """One pickup's access. `state`: held (known to the bridge, opens nothing), active, closed."""

    __tablename__ = "grants"
    __table_args__ = (
        Index(
            "ux_grants_pickup_open", "pickup_id", unique=True, sqlite_where=_NOT_CLOSED, postgresql_where=_NOT_CLOSED
        ),
        Index(
            "ux_grants_selector",
            "bank_id",
            "selector",
            unique=True,
            sqlite_where=_NOT_CLOSED,
            postgresql_where=_NOT_CLOSED,
        ),
        Index("ix_grants_pickup", "pickup_id"),
        Index(
            "ix_grants_spent",
            "valid_until",
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
        Index("ix_grants_resting", "bank_id", "closed_at", sqlite_where=_CLOSED, postgresql_where=_CLOSED),
        Index("ix_grants_sync", "bank_id", "sync_version", sqlite_where=_TOLD, postgresql_where=_TOLD),
        Index("ix_grants_qr", "qr_sha256", sqlite_where=_NOT_CLOSED, postgresql_where=_NOT_CLOSED),
        Index("ix_grants_lease", "lease_until", sqlite_where=_NOT_CLOSED, postgresql_where=_NOT_CLOSED),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    pickup_id: Mapped[str] = mapped_column(Id, ForeignKey("pickups.id"))
    bank_id: Mapped[str | None] = mapped_column(Id, ForeignKey("banks.id"))
    """None in a store without lockers: such a grant has a QR and no code."""
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str]
    selector: Mapped[str | None]
    code_sealed: Mapped[bytes | None]
    salt: Mapped[bytes | None]
    verifier: Mapped[bytes | None]
    """None until worked out, which takes too long for a transaction."""
    qr_sealed: Mapped[bytes | None]
    qr_sha256: Mapped[str]
    valid_from: Mapped[dt.datetime]
    valid_until: Mapped[dt.datetime]
    lease_until: Mapped[dt.datetime]
    """Until when a bridge that hears nothing more from us honours it; renewed long before."""
    sync_version: Mapped[int] = mapped_column(default=0)
    """That of its bank at its last change; 0 as long as no bridge was to hear of it."""
    created_at: Mapped[dt.datetime]
    closed_at: Mapped[dt.datetime | None]
    pickup: Mapped[Pickup] = relationship()
    bank: Mapped[Bank | None] = relationship()


# The words are part of these conditions' text: a partial index serves nobody who sends them as parameters.
IS_LIVE = Placement.state != word("released")
IS_NOT_CLOSED = Grant.state != word("closed")
IS_CLOSED = Grant.state == word("closed")
IS_TOLD = Grant.sync_version > literal_column("0")
