"""What we ask of those who carry words to shoppers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bopis.ports.common import Account


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


MESSAGE_STATES = ("accepted", "sent", "delivered", "failed")


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
