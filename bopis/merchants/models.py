"""Merchants and their connections."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bopis import sealing
from bopis.db import Base, Id
from bopis.ports import Account


class Merchant(Base):
    """A retailer, the tenant. Everything belongs to exactly one."""

    __tablename__ = "merchants"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    holding: Mapped[dict[str, Any] | None]
    """How long goods are held and what is said meanwhile, where it is not the usual (`pickups.holding.Rules`)."""
    storage_fee: Mapped[dict[str, Any] | None]
    """What it costs when goods lie longer than is free (`payments.rules_fee.Terms`); None for nothing."""
    created_at: Mapped[dt.datetime]


class Connection(Base):
    """A merchant's account with one vendor, its secrets sealed."""

    __tablename__ = "connections"
    __table_args__ = (UniqueConstraint("vendor", "account_name"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id, ForeignKey("merchants.id"))
    vendor: Mapped[str]
    account_name: Mapped[str]
    secrets_sealed: Mapped[bytes]
    settings: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime]
    installed_at: Mapped[dt.datetime | None]
    """When its owner last let us in with a browser; None for one whose secrets were typed in."""
    paused_at: Mapped[dt.datetime | None]
    """Since when we do not call it; see `paused_because`."""
    paused_because: Mapped[str] = mapped_column(default="")
    reconcile_at: Mapped[dt.datetime | None]
    """When to ask next what changed; None for a connection that has no orders."""
    reconciled_until: Mapped[dt.datetime | None]
    """Everything that changed before this has been asked for."""
    reconciled: Mapped[dict[str, Any] | None]
    """What came of the last time: {"at", "changed", "asked", "total"}."""
    last_delivery: Mapped[dict[str, Any] | None]
    """Its newest delivery that was worked off, to the minute: {"at", "topic"}."""
    refused_at: Mapped[dt.datetime | None]
    """When something came to its address last that its secret did not sign, to the minute."""
    subscriptions_at: Mapped[dt.datetime | None]
    """When to look next whether the platform still sends us its news."""
    subscriptions: Mapped[dict[str, Any] | None]
    """What came of the last look: {"at", "created", "lost"}, `lost` counting all ever re-created."""
    places: Mapped[dict[str, Any] | None]
    """The places it listed when it was last asked: {"at", "listed"}, the latter names by the shop's own ids."""
    payments_at: Mapped[dt.datetime | None]
    """When to look next for payments that nobody told us of; None for a connection that holds no money."""
    payments_until: Mapped[dt.datetime | None]
    """Every payment begun before this has been looked for."""
    secrets_lease_until: Mapped[dt.datetime | None]
    """Until when one worker is renewing the secrets and the others wait."""
    merchant: Mapped[Merchant] = relationship()

    def watch(self, now: dt.datetime) -> None:
        """Follow this platform from now on: orders that nobody told us of, subscriptions that got lost."""
        self.reconcile_at = self.subscriptions_at = now

    def keep_secrets(self, secrets: dict[str, str]) -> None:
        """Seal the account's secrets, replacing what was kept."""
        self.secrets_sealed = sealing.seal(json.dumps(secrets), to=f"connections.secrets:{self.id}")

    def account(self) -> Account:
        """The account with its secrets opened, for an integration."""
        secrets = open_secrets(self.id, self.secrets_sealed)
        return Account(self.id, self.vendor, self.account_name, secrets, self.settings)


class DeliveryTest(Base):
    """A test of a connection's address that somebody asked for. Of each connection the last one is kept."""

    __tablename__ = "delivery_tests"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    """Stands in the body that is sent, and is known again by it."""
    connection_id: Mapped[str] = mapped_column(Id, ForeignKey("connections.id"), unique=True)
    asked_at: Mapped[dt.datetime]
    came_at: Mapped[dt.datetime | None]
    """When it came in at our address, well signed."""
    ended_at: Mapped[dt.datetime | None]
    """When whoever sent it had an answer, or gave up."""
    outcome: Mapped[str] = mapped_column(default="")
    """What the sender met, one of `testing.OUTCOMES`; "" until then."""
    detail: Mapped[str] = mapped_column(default="")
    """A status, where a redirect leads, or the failure's own words."""


@lru_cache(maxsize=1024)
def open_secrets(connection_id: str, sealed: bytes) -> Mapping[str, str]:
    """The secrets in a sealed value, opened once: while the row holds this value they stay the same."""
    secrets: dict[str, str] = json.loads(sealing.unseal(sealed, to=f"connections.secrets:{connection_id}"))
    return MappingProxyType(secrets)
