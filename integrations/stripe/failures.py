"""What Stripe's refusals mean: one row each, ours in words. Source: docs.stripe.com/error-codes."""

from __future__ import annotations

import stripe

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure, TemporaryFailure

UNEXPECTED_STATE = "payment_intent_unexpected_state"
_LATER = {
    "idempotency_key_in_use": "the provider is still at work on the same request",
    "lock_timeout": "the provider is busy with the same payment",
    "rate_limit": "the provider asks us to slow down",
}
_NEVER = {
    "amount_too_large": "the amount is more than the provider takes at once",
    "amount_too_small": "the amount is less than the provider takes at once",
    "capture_charge_authorization_expired": "the authorisation has lapsed",
    "capture_unauthorized_payment": "nothing is authorised",
    "charge_already_refunded": "everything was given back already",
    "charge_disputed": "the shopper disputes the payment, and the provider holds the money",
    "charge_expired_for_capture": "the authorisation has lapsed",
    "charge_exceeds_transaction_limit": "the amount is more than the account may take",
    "refund_disputed_payment": "the shopper disputes the payment, and the provider holds the money",
    "insufficient_funds": "the account does not hold enough to give back",
    "balance_insufficient": "the account does not hold enough to give back",
    "resource_missing": "the provider has no such payment",
    UNEXPECTED_STATE: "the payment is in another state than it should be",
}


class KeyIsSpent(Exception):
    """The same request failed before on the provider's side, and this key only brings that failure back.

    Stripe keeps the first answer to a key, a 500 too, for at least a day (docs.stripe.com/api/idempotent_requests).
    """


def of_error(error: stripe.StripeError, *, asking: bool) -> Exception:
    """What an error of the official client stands for; `asking` says that a 5xx may have done it all the same."""
    status, code = error.http_status or 0, str(error.code or "")
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    wait = _seconds(headers.get("retry-after", ""))
    if status >= 500 and headers.get("idempotent-replayed") == "true":
        return KeyIsSpent()
    if status == 429 or status == 409 or code in _LATER:
        return TemporaryFailure("throttled" if status == 429 else code or "busy", _LATER.get(code, "busy"), wait)
    if status >= 500 or status == 0:
        kind = OutcomeUnknown if asking else TemporaryFailure
        return kind("provider_down", f"the provider answered {status or 'something unreadable'}", wait)
    if isinstance(error, stripe.IdempotencyError):
        return PermanentFailure("key_reused", "the provider knows this request with other contents")
    if status in (401, 403):
        return PermanentFailure("credentials_refused", "the provider refused the key")
    return PermanentFailure(
        code or "provider_refused", _NEVER.get(code, f"the provider refused the request ({status})")
    )


def unreadable(asking: bool) -> EffectError:
    """The failure of a 2xx that says nothing we can read: what was asked for was done all the same."""
    kind = OutcomeUnknown if asking else TemporaryFailure
    return kind("unexpected_answer", "the provider's answer could not be read")


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None
