"""Bridges, their events, and the doors they are asked to open."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bopis.db import Base, Id, Json
from bopis.lockers.models import Bank

_LIVE = text("revoked_at IS NULL")
_WAITING = text("status = 'waiting'")


class EnrolmentCode(Base):
    """A one-time code with which a machine becomes a bank's bridge. Only its hash is kept."""

    __tablename__ = "enrolment_codes"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    bank_id: Mapped[str] = mapped_column(Id, ForeignKey("banks.id"))
    code_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class Bridge(Base):
    """The machine in the store, known by the key it made itself."""

    __tablename__ = "bridges"
    __table_args__ = (Index("ux_bridges_bank", "bank_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    """Also the name of its first key."""
    merchant_id: Mapped[str] = mapped_column(Id)
    bank_id: Mapped[str] = mapped_column(Id, ForeignKey("banks.id"))
    public_key: Mapped[bytes]
    key_number: Mapped[int] = mapped_column(default=1)
    key_since: Mapped[dt.datetime | None]
    key_asked_at: Mapped[dt.datetime | None]
    """Since when it is asked to change its key."""
    next_public_key: Mapped[bytes | None]
    """Offered and not used yet."""
    old_public_key: Mapped[bytes | None]
    old_key_until: Mapped[dt.datetime | None]
    software: Mapped[str]
    enrolled_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime | None]
    boot_id: Mapped[str] = mapped_column(default="")
    boot_since: Mapped[dt.datetime | None]
    earlier_boots: Mapped[list[Any]] = mapped_column(type_=Json, default=list)
    last_seq: Mapped[int] = mapped_column(default=0)
    """The highest event number stored without a gap."""
    applied_version: Mapped[int] = mapped_column(default=0)
    """The bank's sync version it last said it has taken over; what changed later has not reached it yet."""
    staff_held: Mapped[str] = mapped_column(default="")
    """Hash of the list of people it last said it holds."""
    frozen_at: Mapped[dt.datetime | None]
    """Since when two machines are known to use its key; it is asked for nothing until it is enrolled anew."""
    frozen_because: Mapped[str] = mapped_column(default="")
    revoked_at: Mapped[dt.datetime | None]
    bank: Mapped[Bank] = relationship()


class BridgeNonce(Base):
    """A request already answered; kept ten minutes so that it cannot be played back."""

    __tablename__ = "bridge_nonces"

    nonce: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[dt.datetime] = mapped_column(index=True)


class DeviceEvent(Base):
    """One event of a bridge's journal, as it was reported. Never refused, never changed."""

    __tablename__ = "device_events"
    __table_args__ = (UniqueConstraint("bridge_id", "seq"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    bridge_id: Mapped[str] = mapped_column(Id, ForeignKey("bridges.id"))
    seq: Mapped[int]
    kind: Mapped[str]
    at: Mapped[dt.datetime]
    data: Mapped[dict[str, Any]]
    recorded_at: Mapped[dt.datetime]
    trouble: Mapped[str] = mapped_column(default="")
    """Why it could not be acted on, if so; a task asks a person to look."""


class DoorCommand(Base):
    """Something a bridge is asked to do now or never. `status`: waiting, then one of the protocol's RESULTS."""

    __tablename__ = "door_commands"
    __table_args__ = (Index("ix_door_commands_waiting", "bridge_id", sqlite_where=_WAITING, postgresql_where=_WAITING),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    bridge_id: Mapped[str] = mapped_column(Id, ForeignKey("bridges.id"))
    kind: Mapped[str]
    actor: Mapped[str]
    details: Mapped[dict[str, Any]]
    issued_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    status: Mapped[str] = mapped_column(default="waiting")
    code: Mapped[str] = mapped_column(default="")
    result: Mapped[dict[str, Any]]
    delivered_at: Mapped[dt.datetime | None]
    settled_at: Mapped[dt.datetime | None]
