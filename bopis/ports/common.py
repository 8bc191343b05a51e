"""What every port speaks of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Account:
    """A merchant's account with a vendor, secrets opened: what a client needs to call it. Never logged or stored."""

    connection_id: str
    vendor: str
    name: str
    """The vendor's own name for the account, such as a shop's domain."""
    secrets: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Delivery:
    """One verified webhook. `subject` is the vendor's id of what it is about, for content deduplication and display."""

    delivery_id: str
    topic: str
    subject: str
    occurred_at: dt.datetime | None = None
    is_thin: bool = False
    """It says so little that the same body may come again and mean something new."""
    is_source: bool = False
    """The order stands in its body and can be asked for nowhere: it is kept until the goods are handed over."""


ACCESS_REFUSED = "token_revoked"
"""The code of the PermanentFailure that says: this account lets us in no more."""


SLOW_DOWN = "throttled"
"""The code of the TemporaryFailure that says: you ask too often."""


class BadSignature(Exception):
    """The sender could not prove who they are."""


class Ping(Exception):
    """No news: an unsigned question whether anybody answers at this address. It is answered 200; nothing is kept."""


class BadDelivery(Exception):
    """A well-signed message whose content is not what the vendor documents; the text names the field."""
