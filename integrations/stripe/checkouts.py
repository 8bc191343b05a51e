"""Checkout Sessions: a page of Stripe's on which one order is paid."""

from __future__ import annotations

from typing import Any

import stripe

from bopis.errors import PermanentFailure
from bopis.ports import Account, BadDelivery, CheckoutAsked, CheckoutSeen
from integrations.stripe import failures, translate
from integrations.stripe.client import open_client
from integrations.stripe.posting import posted

_WHOLE = {"expand": ["payment_intent.latest_charge.refunds"]}
_UNREADABLE = (BadDelivery, ValueError, KeyError, TypeError, AttributeError)


class Checkouts:
    """What `StripePayments` does about them."""

    _base_url: str
    _carrier: stripe.HTTPClient

    def begin_checkout(self, account: Account, asked: CheckoutAsked) -> CheckoutSeen:
        """Create the session. Its key brings the same one again for a day, and it lives for an hour."""
        form = translate.checkout_form(asked)
        answer = posted(
            open_client(account, self._carrier, self._base_url),
            f"checkout:{asked.key}",
            lambda client, options: client.v1.checkout.sessions.create(form, options),  # type: ignore[arg-type]
        )
        return _seen(answer, asking=True)

    def fetch_checkout(self, account: Account, reference: str) -> CheckoutSeen | None:
        """The session as it is now, or None."""
        client = open_client(account, self._carrier, self._base_url)
        try:
            session = client.v1.checkout.sessions.retrieve(reference, _WHOLE)  # type: ignore[arg-type]
        except stripe.StripeError as error:
            if error.code == "resource_missing":
                return None
            raise failures.of_error(error, asking=False) from None
        return _seen(session, asking=False)

    def end_checkout(self, account: Account, reference: str) -> CheckoutSeen:
        """Expire the session; one that is paid or over already stays as it is."""
        try:
            posted(
                open_client(account, self._carrier, self._base_url),
                f"end:{reference}",
                lambda client, options: client.v1.checkout.sessions.expire(reference, {}, options),  # type: ignore[arg-type]
            )
        except PermanentFailure as problem:
            seen = self.fetch_checkout(account, reference)
            if seen is None or seen.state == "open":
                raise problem from None
            return seen
        return self.fetch_checkout(account, reference) or CheckoutSeen(reference, "expired")


def _seen(session: Any, *, asking: bool) -> CheckoutSeen:
    try:
        return translate.checkout(session.to_dict())
    except _UNREADABLE:
        raise failures.unreadable(asking) from None
