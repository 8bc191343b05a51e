"""What we may ask of the outside world, as plain values. Ids only: no names, numbers, codes or links.

An action puts one into the outbox in its own transaction; `bopis.effects` says which handler carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

NEW_CODE = "new_code"
"""The template of a message that takes the code of an earlier one back."""
KEPT_LONGER = "kept_longer"
"""The template of one that says so because staff hold the goods once more."""

PAY_FIRST = "pay_first"
"""The template of one that says that an order is ready, and its code waits for its payment."""
FEE_SOON = "fee_soon"
"""The template of one that says from when on storage costs something."""
HOLD_OVER = "hold_over"
"""The template of one that says that an order was not collected in time and goes back."""
AT_COUNTER = "at_counter"
"""The template of one that says that what lay in a locker is at the counter now."""
IN_LOCKER = "in_locker"
"""The template of one that says that what was at the counter is in a locker now."""


@dataclass(frozen=True)
class MarkReady:
    """Tell the platform that a pickup's goods wait for the shopper."""

    pickup_id: str


@dataclass(frozen=True)
class MarkCollected:
    """Tell the platform that a pickup was handed over."""

    pickup_id: str


@dataclass(frozen=True)
class MarkReturned:
    """Tell the platform that what nobody collected is in stock again."""

    pickup_id: str


@dataclass(frozen=True)
class TellShopper:
    """Send the shopper one text. `version` counts how often this template was meant for this pickup."""

    pickup_id: str
    template: str
    version: int = 1


@dataclass(frozen=True)
class MailShopper:
    """The same by e-mail, for whom no text reaches. Template and version are those of the text in whose place it is."""

    pickup_id: str
    template: str
    version: int = 1


@dataclass(frozen=True)
class PrepareGrant:
    """Work out the verifier of a grant's version, too slow for a transaction, and let its bridge have it."""

    grant_id: str
    version: int = 1


@dataclass(frozen=True)
class Reconcile:
    """Ask a platform what changed, so that orders nobody told us of are found. Asked for again and again."""

    connection_id: str


@dataclass(frozen=True)
class WatchSubscriptions:
    """See to it that a platform still sends us its news. Asked for again and again."""

    connection_id: str


@dataclass(frozen=True)
class SendTestDelivery:
    """See whether a delivery signed as the platform signs reaches us and is believed."""

    test_id: str


@dataclass(frozen=True)
class FollowMoney:
    """Let an order's money follow its goods. `since` tells apart what happened to it: each time is asked for once."""

    order_id: str
    since: str


@dataclass(frozen=True)
class ReadPayment:
    """See how a payment stands with the provider. `because` is what made us look: an event's id, or the watch."""

    connection_id: str
    reference: str
    because: str


@dataclass(frozen=True)
class CaptureMoney:
    """Take what is authorised, once, as the row of this capture says."""

    capture_id: str


@dataclass(frozen=True)
class ReleaseMoney:
    """Let go of an authorisation."""

    authorisation_id: str


@dataclass(frozen=True)
class RefundMoney:
    """Give money back, once, as the row of this refund says."""

    refund_id: str


@dataclass(frozen=True)
class BeginCheckout:
    """Open a page of the provider's on which an order is paid, as the row of this checkout says."""

    checkout_id: str


@dataclass(frozen=True)
class ReadCheckout:
    """See how such a page stands. `because` is what made us look."""

    checkout_id: str
    because: str


@dataclass(frozen=True)
class FindPayments:
    """Ask a provider what was paid, so that payments nobody told us of are found. Asked for again and again."""

    connection_id: str


@dataclass(frozen=True)
class EndCheckout:
    """Let nothing more be paid on such a page."""

    checkout_id: str


@dataclass(frozen=True)
class SendHook:
    """Tell an address of the merchant's of one entry of a pickup's timeline."""

    endpoint_id: str
    pickup_id: str
    number: int


@dataclass(frozen=True)
class SendTestHook:
    """Send an address of the merchant's a message that says only that it is one."""

    endpoint_id: str
    asked_at: str


Message = (
    MarkReady
    | MarkCollected
    | MarkReturned
    | TellShopper
    | MailShopper
    | PrepareGrant
    | Reconcile
    | WatchSubscriptions
    | SendTestDelivery
    | FollowMoney
    | ReadPayment
    | CaptureMoney
    | ReleaseMoney
    | RefundMoney
    | BeginCheckout
    | ReadCheckout
    | EndCheckout
    | SendHook
    | SendTestHook
    | FindPayments
)
KINDS: dict[str, type[Message]] = {kind.__name__: kind for kind in get_args(Message)}


def write(message: Message) -> tuple[str, dict[str, str | int]]:
    """A message's kind and its fields, as the outbox stores them."""
    return type(message).__name__, dict(vars(message))


def read(kind: str, fields: dict[str, str | int]) -> Message:
    """The message an outbox row holds. Raises KeyError for a kind this release does not know."""
    return KINDS[kind](**fields)
