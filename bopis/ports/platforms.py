"""What we ask of shop platforms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bopis.ports.common import Account, Delivery
from bopis.ports.orders import Location, OrderSnapshot
from bopis.ports.trials import Trial


@dataclass(frozen=True)
class AccountNews:
    """Something said about a whole account, or about a shopper's rights. `kind` is one of ACCOUNT_NEWS."""

    kind: str
    order_ids: tuple[str, ...] = ()


ACCOUNT_NEWS = ("uninstalled", "data_request", "erase_orders", "erase_account")


@dataclass(frozen=True)
class Installed:
    """An account whose owner let us in: its name, and the secrets to keep for it.

    Secrets that expire carry `access_expires_at` and `refresh_expires_at` (ISO 8601).
    """

    account_name: str
    secrets: Mapping[str, str] = field(repr=False)


class Platform(Protocol):
    """A shop platform. Methods that call out raise only the three EffectErrors."""

    def verify(self, headers: Mapping[str, str], body: bytes, account: Account) -> Delivery:
        """Check the raw body and say what it is. Headers' names come in lower case. No I/O. Raises BadSignature, or
        BadDelivery when the signature is good and the content is not what the vendor documents; Ping for a question
        that the vendor asks unsigned, only to see whether anybody answers."""

    def verify_for_app(self, headers: Mapping[str, str], body: bytes) -> tuple[str, Delivery]:
        """`verify` for the address that all accounts of our app share; the account's name comes first."""

    def order_of(self, delivery: Delivery, body: bytes) -> str | None:
        """The order id a delivery names, or None when it names none. No I/O. Raises BadDelivery."""

    def unit_of(self, delivery: Delivery, body: bytes) -> str | None:
        """The unit id of a delivery that names no order, or None. No I/O. Raises BadDelivery."""

    def account_news(self, account: Account, delivery: Delivery, body: bytes) -> AccountNews | None:
        """What a delivery says about the account itself, or None. No I/O. Raises BadDelivery."""

    def order_of_unit(self, account: Account, unit_id: str) -> str | None:
        """The id of the order a unit belongs to; None when the platform has no such unit."""

    def fetch_order(self, account: Account, order_id: str) -> OrderSnapshot | None:
        """The order as it is now; None when the platform has no such order."""

    def locations(self, account: Account) -> list[Location]:
        """The places it may hand orders over at, as far as it lists any."""

    def mark_ready(self, account: Account, unit_id: str) -> None:
        """Tell the platform the goods wait for the shopper. Safe to repeat."""

    def mark_collected(self, account: Account, unit_id: str) -> None:
        """Tell the platform the goods were handed over. Safe to repeat."""

    def mark_returned(self, account: Account, unit_id: str, key: str) -> None:
        """Put what is left of a unit, which nobody collected, back into stock, and move no money.

        Safe to repeat with the same `key` (a UUID), and where nothing is left of it.
        """

    def changed_since(self, account: Account, since: dt.datetime) -> Iterable[tuple[str, dt.datetime]]:
        """The id of each order changed since then and when, oldest change first; asks as it is read."""

    def ensure_subscriptions(self, account: Account, callback_url: str) -> list[str]:
        """See to it that the platform sends its news to this address; returns the topics that were missing."""

    def test_delivery(self, account: Account, callback_url: str, body: bytes) -> Trial:
        """Sign this body, which says nothing of any order, as the platform signs what it sends to this address; or
        have the platform send a test of its own. Raises PermanentFailure where no delivery can be believed as things
        are, saying what to do."""


class Installer(Protocol):
    """How an account's owner lets us in with a browser. Methods that call out raise only the three EffectErrors."""

    def account_name(self, text: str) -> str:
        """The account's name as typed or sent by anyone, made safe; "" when it cannot be one. No I/O."""

    def permission_url(self, account_name: str, redirect_uri: str, state: str) -> str:
        """Where its owner says yes. No I/O."""

    def finish(self, parameters: Mapping[str, str], now: dt.datetime) -> Installed | None:
        """Check what the browser brought back and fetch the secrets. Raises BadSignature.

        None where the platform posts the secrets itself, to the same address: `finish` is then called with what was
        posted, and `shop`, the account's name that its owner was asked about.
        """

    def refresh(self, account: Account, now: dt.datetime) -> Mapping[str, str]:
        """A new set of secrets in place of those that expire."""
