"""Stores and the platform locations that mean them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bopis.db import Base, Id
from bopis.merchants.models import Merchant


class Store(Base):
    """A shop with an address and a time zone."""

    __tablename__ = "stores"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id, ForeignKey("merchants.id"))
    name: Mapped[str]
    address: Mapped[str]
    country: Mapped[str]
    """ISO 3166-1 alpha-2; how phone numbers without a country code are read."""
    time_zone: Mapped[str]
    """An IANA name, such as `America/New_York`."""
    hold_hours: Mapped[int | None]
    """How long goods are held here; None for as long as the merchant says (`merchants.models.Merchant.holding`)."""
    opening: Mapped[str | None]
    """When it is open, as `stores.hours` reads it; None when that is not known."""
    staff_offline_hours: Mapped[int] = mapped_column(default=72)
    """How long its people sign in at a kiosk that hears nothing from us."""
    created_at: Mapped[dt.datetime]
    merchant: Mapped[Merchant] = relationship()


class LocationMapping(Base):
    """A location of a connection, and the store it is. `name` is what the platform calls it, as far as known."""

    __tablename__ = "location_mappings"
    __table_args__ = (UniqueConstraint("connection_id", "location_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    connection_id: Mapped[str] = mapped_column(Id, ForeignKey("connections.id"))
    location_id: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    store_id: Mapped[str] = mapped_column(Id, ForeignKey("stores.id"))
