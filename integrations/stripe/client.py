"""The official client, its version pinned, its requests carried by our own session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import stripe

from bopis.errors import PermanentFailure
from bopis.ports import Account
from integrations import http

API_VERSION = "2026-10-28.endive"
"""Written here and not taken from the library: an update of the one must not change the other unseen."""


class OurHttpClient(stripe.HTTPClient):
    """Sends what the official client asks for with our time-outs.

    Only reading is repeated by itself. What has a key could be, but whoever asked decides: they look first.
    """

    name = "bopis"

    def __init__(self, read_seconds: float) -> None:
        super().__init__()
        self._read_seconds = read_seconds

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[str, int, Mapping[str, str]]:
        """One request; whatever status came back. Raises TemporaryFailure, OutcomeUnknown or PermanentFailure."""
        reading = method.upper() == "GET"
        answer = http.call(
            method.upper(), url, safe=reading, headers=headers, data=post_data, read_seconds=self._read_seconds
        )
        return answer.text, answer.status, answer.headers

    def close(self) -> None:
        """Nothing of its own is open."""


def open_client(account: Account, carrier: stripe.HTTPClient, base_url: str) -> stripe.StripeClient:
    """The official client for one account. Raises PermanentFailure when the connection lacks its key."""
    key = account.secrets.get("secret_key", "")
    if not key:
        raise PermanentFailure("credentials_missing", "the connection has no secret key")
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses={"api": base_url},
        http_client=carrier,
        max_network_retries=0,
    )
