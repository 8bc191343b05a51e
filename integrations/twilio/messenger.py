"""Twilio as a `bopis.ports.Messenger`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from twilio.base.exceptions import TwilioException

from bopis.errors import OutcomeUnknown, PermanentFailure
from bopis.ports import Account, Receipt
from integrations import http
from integrations.twilio import failures, translate, webhooks
from integrations.twilio.client import OurHttpClient, open_client

CLOCKS_DIFFER = dt.timedelta(minutes=1)
MOST_TEXTS_LOOKED_AT = 200
UNREADABLE = (TwilioException, ValueError, KeyError, TypeError, AttributeError)
"""What the official client raises when a 2xx holds something else than a text."""


class TwilioMessenger:
    """Of an account it reads name (the account SID), the secret `auth_token` and the setting `from`."""

    def __init__(self, base_url: str = "https://api.twilio.com", read_seconds: float = http.READ_SECONDS) -> None:
        self._carrier = OurHttpClient(base_url, read_seconds)

    def send(self, account: Account, to: str, body: str, callback_url: str) -> Receipt:
        """Hand one text over. Raises OutcomeUnknown when Twilio may have taken it, else the other two."""
        sender = account.settings.get("from", "")
        if not sender:
            raise PermanentFailure("sender_missing", "the connection names no number to send from")
        client = open_client(account, self._carrier)
        try:
            message = client.messages.create(to=to, from_=sender, body=body, status_callback=callback_url)
        except UNREADABLE:
            raise failures.unreadable(sending=True) from None
        receipt = _receipt(message)
        if receipt is None:
            raise OutcomeUnknown("unexpected_answer", "the provider's answer has no id or no known status")
        return receipt

    def find(self, account: Account, to: str, body: str, since: dt.datetime) -> Receipt | None:
        """The newest text to that number with exactly this body since `since`, a minute's grace for clocks.

        The number alone is asked for: a text still in the queue has no sending date to filter by.
        """
        client = open_client(account, self._carrier)
        earliest = since - CLOCKS_DIFFER
        try:
            for message in client.messages.stream(to=to, limit=MOST_TEXTS_LOOKED_AT, page_size=50):
                made = message.date_created
                if made is not None and made >= earliest and message.body == body:
                    return _receipt(message)
        except UNREADABLE:
            raise failures.unreadable(sending=False) from None
        return None

    def read_callback(self, account: Account, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Receipt:
        """Verify and read a delivery report. Raises BadSignature or BadDelivery."""
        return webhooks.read_callback(account, url, form, headers)


def _receipt(message: Any) -> Receipt | None:
    if not message.sid:
        return None
    return translate.receipt(str(message.sid), str(message.status), failures.name_of(message.error_code))
