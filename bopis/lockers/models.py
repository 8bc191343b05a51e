"""Banks and compartments."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, and_, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bopis.db import Base, Id, Json
from bopis.prepared import word
from bopis.stores.models import Store


class Bank(Base):
    """One block of compartments in a store, driven by one bridge."""

    __tablename__ = "banks"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id, ForeignKey("merchants.id"))
    store_id: Mapped[str] = mapped_column(Id, ForeignKey("stores.id"), index=True)
    name: Mapped[str]
    board: Mapped[str]
    """The board protocol, as the bridge's registry names it."""
    board_options: Mapped[dict[str, Any]] = mapped_column(type_=Json, default=dict)
    """How its boards differ from the usual: lock wiring, pulse time. The bridge checks them."""
    has_item_sensors: Mapped[bool] = mapped_column(default=False)
    key_sealed: Mapped[bytes]
    """The 32-byte key of its grants' verifiers, base64."""
    quarantined_at: Mapped[dt.datetime | None]
    """Since when nothing is opened here, because another door moved than the one that was meant."""
    quarantine: Mapped[dict[str, Any]] = mapped_column(type_=Json, default=dict)
    """Then: `door`, which was meant, and `moved`."""
    sync_version: Mapped[int] = mapped_column(default=0)
    """Goes up with every change its bridge must hear of; rows carry the value of their last change."""
    indoors: Mapped[bool] = mapped_column(default=False)
    """Reached only while the store is open, so that goods are held for so many opening hours."""
    knobs: Mapped[dict[str, Any]] = mapped_column(type_=Json, default=dict)
    """How it chooses doors, as `lockers.knobs.Knobs` keeps it."""
    lapse_at: Mapped[dt.datetime | None]
    """When to look next for orders that were promised a door here and not loaded."""
    audit_at: Mapped[dt.datetime | None]
    """When to look next for doors whose state, sensor and goods disagree."""
    audited_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    store: Mapped[Store] = relationship()
    compartments: Mapped[list[Compartment]] = relationship(back_populates="bank", order_by="Compartment.number")


class Compartment(Base):
    """One box with one door."""

    __tablename__ = "compartments"
    __table_args__ = (UniqueConstraint("bank_id", "number"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    bank_id: Mapped[str] = mapped_column(Id, ForeignKey("banks.id"))
    number: Mapped[int]
    size: Mapped[str]
    """S, M, L or XL."""
    inner_mm: Mapped[list[Any]] = mapped_column(type_=Json)
    """Height, width, depth."""
    accessible: Mapped[bool] = mapped_column(default=False)
    cold: Mapped[str] = mapped_column(default="")
    """chilled or frozen; empty when it is as warm as the room."""
    board_address: Mapped[int | None]
    """With `channel`: its coil and its sensor. None when it was not found at the last commissioning."""
    channel: Mapped[int | None]
    row: Mapped[int]
    column: Mapped[int]
    height: Mapped[int]
    in_service: Mapped[bool] = mapped_column(default=True)
    out_of_service_reason: Mapped[str] = mapped_column(default="")
    door: Mapped[str] = mapped_column(default="unknown")
    """shut, open or unknown, as the bridge last said."""
    item: Mapped[str] = mapped_column(default="unsupported")
    door_at: Mapped[dt.datetime | None]
    bank: Mapped[Bank] = relationship(back_populates="compartments")


class ItemSize(Base):
    """What is known of the room that a merchant's item needs, by SKU; `fit.Item` says what each value means."""

    __tablename__ = "item_sizes"
    __table_args__ = (UniqueConstraint("merchant_id", "sku"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id, ForeignKey("merchants.id"))
    sku: Mapped[str]
    size: Mapped[str] = mapped_column(default="")
    high_mm: Mapped[int | None]
    """With `wide_mm` and `deep_mm`: of one packed piece; all three or none."""
    wide_mm: Mapped[int | None]
    deep_mm: Mapped[int | None]
    grams: Mapped[int | None]
    category: Mapped[str] = mapped_column(default="")
    confirmed: Mapped[str] = mapped_column(default="")
    needs: Mapped[str] = mapped_column(default="")
    """Of `fit.NEEDS`, with blanks between."""


class SizeGuess(Base):
    """What staff found out at the door about items of one category and weight band; `band` is "" for all of them."""

    __tablename__ = "size_guesses"
    __table_args__ = (UniqueConstraint("merchant_id", "category", "band"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id, ForeignKey("merchants.id"))
    category: Mapped[str]
    band: Mapped[str]
    took_s: Mapped[int] = mapped_column(default=0)
    """With those after it: how many needed that size."""
    took_m: Mapped[int] = mapped_column(default=0)
    took_l: Mapped[int] = mapped_column(default=0)
    took_xl: Mapped[int] = mapped_column(default=0)
    shift: Mapped[int] = mapped_column(default=0)
    """Of the whole category: how far it lies from its guess, in millionths of what `learning.Shift` has, after so many
    `taps`."""
    taps: Mapped[int] = mapped_column(default=0)


TAKES_GOODS = and_(
    Compartment.in_service.is_(true()), Compartment.item != word("present"), Bank.quarantined_at.is_(None)
)
"""Whether new goods may go in: a sensor that sees something there is believed, whatever we think lies in it."""
