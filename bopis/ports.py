"""What we ask of the world outside, and the plain values that cross the border.

Integrations implement these Protocols and import nothing else of ours. Ids are strings, money is integer minor units
with a currency, times are aware UTC, phone numbers E.164.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from bopis.money import Money as Money
from bopis.ports_common import Account as Account
from bopis.ports_common import Delivery as Delivery
from bopis.ports_payments import CHECKOUT_STATES as CHECKOUT_STATES
from bopis.ports_payments import PAYMENT_STATES as PAYMENT_STATES
from bopis.ports_payments import CheckoutAsked as CheckoutAsked
from bopis.ports_payments import CheckoutSeen as CheckoutSeen
from bopis.ports_payments import PaymentAsked as PaymentAsked
from bopis.ports_payments import Payments as Payments
from bopis.ports_payments import PaymentSeen as PaymentSeen
from bopis.ports_payments import RefundSeen as RefundSeen


@dataclass(frozen=True)
class Line:
    """One line of an order or of a unit."""

    line_id: str
    title: str
    quantity: int
    sku: str = ""
    weight_grams: int | None = None
    """Of one piece."""
    sides_mm: tuple[int, int, int] | None = None
    """Height, width and depth of one packed piece, where the platform knows them."""
    cost: Money | None = None
    """Of all its pieces together, discounts taken off and taxes in it; None where the platform does not say."""


@dataclass(frozen=True)
class Location:
    """A place as the platform names it."""

    location_id: str
    name: str


@dataclass(frozen=True)
class Unit:
    """What is to be handed over in one place, such as one fulfilment order of a shop platform."""

    unit_id: str
    status: str
    """`open`, `closed` (nothing left to hand over here), `cancelled` or `on_hold`."""
    is_pickup: bool
    location: Location
    lines: tuple[Line, ...]
    phone: str = field(default="", repr=False)
    """Of whoever picks up here, when that is not whoever ordered."""
    email: str = field(default="", repr=False)


@dataclass(frozen=True)
class OrderSnapshot:
    """An order as the platform has it now. News only says that there is one; this is what is acted on, so that late,
    duplicate and out-of-order news do no harm."""

    order_id: str
    name: str
    updated_at: dt.datetime
    paid: bool
    cancelled_at: dt.datetime | None
    units: tuple[Unit, ...]
    phone: str = field(default="", repr=False)
    emails: tuple[str, ...] = field(default=(), repr=False)
    """As the platform has them, the likeliest to reach whoever picks up first; used where no text reaches."""
    country: str = ""
    first_name: str = field(default="", repr=False)
    locale: str = ""
    complete: bool = True
    """False when the platform has not yet worked out its units: worth asking again shortly."""
    total: Money | None = None
    """What the whole order costs now, edits and refunds taken off; None where the platform was not asked."""
    to_pay: bool = False
    """It was ordered to be paid later: the platform neither has nor holds any money for it."""


@dataclass(frozen=True)
class Receipt:
    """A messenger's word on one text: its own id, and one of MESSAGE_STATES."""

    provider_id: str
    state: str
    error: str = ""


@dataclass(frozen=True)
class Letter:
    """One e-mail, in plain text and in HTML that says the same and loads nothing."""

    message_id: str
    """Without angle brackets. The same message has the same one however often it is handed over."""
    at: dt.datetime
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


ACCESS_REFUSED = "token_revoked"
"""The code of the PermanentFailure that says: this account lets us in no more."""
SLOW_DOWN = "throttled"
"""The code of the TemporaryFailure that says: you ask too often."""
MESSAGE_STATES = ("accepted", "sent", "delivered", "failed")


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


class Messenger(Protocol):
    """Something that carries a text to a phone. Methods that call out raise only the three EffectErrors."""

    def send(self, account: Account, to: str, body: str, callback_url: str) -> Receipt:
        """Hand one text over. OutcomeUnknown when it may have been taken."""

    def find(self, account: Account, to: str, body: str, since: dt.datetime) -> Receipt | None:
        """The text with exactly this body handed over since `since`, or None when the provider has none."""

    def read_callback(self, account: Account, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Receipt:
        """Verify and read a delivery report sent to `url`. No I/O. Raises BadSignature, or BadDelivery."""


class Mailer(Protocol):
    """Something that carries an e-mail. It has no look-up and no reports: accepted is the last we hear."""

    def send(self, letter: Letter) -> None:
        """Hand one e-mail over, return when it was accepted. Raises the three EffectErrors, OutcomeUnknown when it
        may have been taken."""

    def check(self) -> None:
        """See whether we are let in, sending nothing. Raises TemporaryFailure or PermanentFailure."""


class OrderMessage(NamedTuple):
    """An order that came otherwise than signed by its shop, made what the shop's platform would have been sent."""

    delivery: Delivery
    body: bytes


class Mistake(NamedTuple):
    """What is wrong in one line of a file; the first line is 1, and 0 is the whole."""

    line: int
    words: str


class BadOrders(ValueError):
    """Orders somebody gave us hold mistakes; all of them, and no order was taken."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(f"line {line}: {words}" if line else words for line, words in mistakes))
        self.mistakes = list(mistakes)


class OrderIntake(Protocol):
    """Orders in our own schema, of shops that have no platform or drop a file. No I/O."""

    vendor: str
    """Of the connections whose orders these are."""
    schema: Any
    """The marshmallow class of one order, for whoever documents it."""

    def from_json(self, payload: object, now: dt.datetime) -> OrderMessage:
        """One order. Raises BadOrders."""

    def from_table(self, text: str, now: dt.datetime) -> list[OrderMessage]:
        """The orders of a CSV file, all or none. Raises BadOrders."""


GONE = "gone"
"""The code of the PermanentFailure that says: this address will never take anything again."""


@dataclass(frozen=True)
class HookCall:
    """One message to an address of a merchant's. `secrets` sign it, newest first; `attempts` counts this one."""

    endpoint_id: str
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    message_id: str
    at: dt.datetime
    body: bytes = field(repr=False)
    attempts: int = 1


class HookSender(Protocol):
    """Something that carries messages to addresses merchants gave us."""

    def check(self, url: str) -> str:
        """The URL as it is kept. No I/O. Raises ValueError, whose text is for whoever typed it in."""

    def send(self, call: HookCall) -> None:
        """Send one message, harmless to repeat. Raises TemporaryFailure or PermanentFailure."""


class BadSignature(Exception):
    """The sender could not prove who they are."""


class Ping(Exception):
    """No news: an unsigned question whether anybody answers at this address. It is answered 200; nothing is kept."""


class BadDelivery(Exception):
    """A well-signed message whose content is not what the vendor documents; the text names the field."""
