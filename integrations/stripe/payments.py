"""Stripe as `bopis.ports.Payments`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import stripe

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure
from bopis.ports import Account, BadDelivery, Delivery, Money, PaymentAsked, PaymentSeen
from integrations import http
from integrations.stripe import failures, translate, webhooks
from integrations.stripe.checkouts import Checkouts
from integrations.stripe.client import OurHttpClient, open_client
from integrations.stripe.posting import Post, posted

_WHOLE = {"expand": ["latest_charge.refunds"]}
_A_PAGE = 100
_UNREADABLE = (BadDelivery, ValueError, KeyError, TypeError, AttributeError)


class StripePayments(Checkouts):
    """Of an account it reads the secrets `secret_key`, `webhook_secret` and `previous_webhook_secret`."""

    def __init__(self, base_url: str = "https://api.stripe.com", read_seconds: float = http.READ_SECONDS) -> None:
        self._base_url = base_url
        self._carrier = OurHttpClient(read_seconds)

    def verify(self, headers: Mapping[str, str], body: bytes, account: Account, now: dt.datetime) -> Delivery:
        """Check an event's raw body. Raises BadSignature or BadDelivery."""
        return webhooks.verify(headers, body, account, now)

    def payment_of(self, delivery: Delivery, body: bytes) -> str | None:
        """The PaymentIntent an event concerns, or None. Raises BadDelivery."""
        return webhooks.payment_of(body)

    def checkout_of(self, delivery: Delivery, body: bytes) -> str | None:
        """The Checkout Session an event concerns, or None. Raises BadDelivery."""
        return webhooks.checkout_of(body)

    def fetch(self, account: Account, reference: str) -> PaymentSeen | None:
        """The PaymentIntent as it is now, or None."""
        client = open_client(account, self._carrier, self._base_url)
        try:
            intent = client.v1.payment_intents.retrieve(reference, _WHOLE)  # type: ignore[arg-type]
        except stripe.StripeError as error:
            if error.code == "resource_missing":
                return None
            raise failures.of_error(error, asking=False) from None
        return _seen(intent, asking=False)

    def made_between(
        self, account: Account, since: dt.datetime, until: dt.datetime, most: int
    ) -> tuple[str, ...] | None:
        """PaymentIntents created then, a hundred a page. The list is consistent, unlike the search."""
        client, found, seen, after = open_client(account, self._carrier, self._base_url), [], 0, None
        window = {"gte": int(since.timestamp()), "lt": int(until.timestamp()) + 1}
        while True:
            asked = {"created": window, "limit": _A_PAGE, **({"starting_after": after} if after else {})}
            try:
                page = client.v1.payment_intents.list(asked).to_dict()  # type: ignore[arg-type]
                rows = page["data"]
                found += [str(row["id"]) for row in rows if translate.is_for_an_order(row)]
            except stripe.StripeError as error:
                raise failures.of_error(error, asking=False) from None
            except _UNREADABLE:
                raise failures.unreadable(False) from None
            seen += len(rows)
            if not page.get("has_more") or not rows:
                return tuple(found)
            if seen >= most:
                return None
            after = rows[-1]["id"]

    def capture(self, account: Account, asked: PaymentAsked, amount: Money) -> PaymentSeen:
        """Capture once. Where it was asked before, the payment is looked at first."""
        wanted = translate.theirs(amount.amount, amount.currency)
        return self._once(
            account,
            asked,
            is_done=lambda seen: seen.state != "authorised",
            post=lambda client, options: client.v1.payment_intents.capture(
                asked.reference,
                {"amount_to_capture": wanted, **_WHOLE},  # type: ignore[typeddict-item]
                options,  # type: ignore[arg-type]
            ),
            kind="capture",
        )

    def release(self, account: Account, asked: PaymentAsked) -> PaymentSeen:
        """Cancel the PaymentIntent once."""
        return self._once(
            account,
            asked,
            is_done=lambda seen: seen.state not in ("authorised", "unfinished"),
            post=lambda client, options: client.v1.payment_intents.cancel(
                asked.reference,
                {"cancellation_reason": "requested_by_customer", **_WHOLE},  # type: ignore[typeddict-item]
                options,  # type: ignore[arg-type]
            ),
            kind="release",
        )

    def refund(self, account: Account, asked: PaymentAsked, amount: Money) -> PaymentSeen:
        """Refund once; our id of it travels along, so that it is found again when its key is long forgotten."""
        form = {
            "payment_intent": asked.reference,
            "amount": translate.theirs(amount.amount, amount.currency),
            "reason": "requested_by_customer",
            "metadata": {"refund_id": asked.key},
        }
        return self._once(
            account,
            asked,
            is_done=lambda seen: any(refund.ours == asked.key for refund in seen.refunds),
            post=lambda client, options: client.v1.refunds.create(form, options),  # type: ignore[arg-type]
            kind="refund",
        )

    def _once(
        self, account: Account, asked: PaymentAsked, *, is_done: Callable[[PaymentSeen], bool], post: Post, kind: str
    ) -> PaymentSeen:
        client = open_client(account, self._carrier, self._base_url)
        if asked.again:
            seen = self._there(account, asked)
            if is_done(seen):
                return seen
        try:
            answer = posted(client, f"{kind}:{asked.key}", post)
        except PermanentFailure as problem:
            # Somebody else, or we ourselves in a call whose answer was lost, may have been first.
            seen = self._there(account, asked)
            if problem.code == failures.UNEXPECTED_STATE or is_done(seen):
                return seen
            raise
        return self._there(account, asked, after=True) if kind == "refund" else _seen(answer, asking=True)

    def _there(self, account: Account, asked: PaymentAsked, *, after: bool = False) -> PaymentSeen:
        try:
            seen = self.fetch(account, asked.reference)
        except EffectError as problem:
            if not after:
                raise
            raise OutcomeUnknown(problem.code, problem.message) from None  # it is done, and we could not see it
        if seen is None:
            raise PermanentFailure("resource_missing", "the provider has no such payment")
        return seen


def _seen(intent: Any, *, asking: bool) -> PaymentSeen:
    try:
        return translate.payment(intent.to_dict())
    except _UNREADABLE:
        raise failures.unreadable(asking) from None
