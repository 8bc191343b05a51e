"""Stripe's payments made ours, and our amounts made Stripe's. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from bopis.ports import BadDelivery, CheckoutAsked, CheckoutSeen, PaymentSeen, RefundSeen

_DIGITS_OFF = {"ISK": -2, "UGX": -2, "MGA": 2}
"""Where Stripe counts a currency in other units than ISO 4217 does: krónur and shillings in hundredths that do not
exist, ariary in whole ones. Source: docs.stripe.com/currencies, "Zero-decimal currencies" and "Special cases"."""
_IN_TENS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""Of three decimals, the last must be zero (the same page)."""
_STATES = {
    "requires_payment_method": "unfinished",
    "requires_confirmation": "unfinished",
    "requires_action": "unfinished",
    "processing": "unfinished",
    "requires_capture": "authorised",
    "succeeded": "captured",
    "canceled": "released",
}
_REFUNDS = {"succeeded": "done", "pending": "pending", "requires_action": "pending", "failed": "failed"}


def payment(intent: Mapping[str, Any]) -> PaymentSeen:
    """A PaymentIntent with its latest charge and that charge's refunds. Raises BadDelivery naming what is missing."""
    try:
        charge = intent.get("latest_charge") or {}
        currency = str(intent["currency"]).upper()
        notes = intent.get("metadata") or {}
        return PaymentSeen(
            reference=str(intent["id"]),
            state=_state(intent),
            currency=currency,
            authorised=ours(intent["amount"], currency),
            captured=ours(intent.get("amount_received") or 0, currency),
            refunds=tuple(_refund(each, currency) for each in (charge.get("refunds") or {}).get("data", ())),
            capture_before=_capture_before(charge),
            order_id=str(notes.get("order_id") or "").rpartition("/")[2][:64],
            order_name=str(notes.get("order_name") or "")[:64],
            disputed=bool(charge.get("disputed")),
            checkout=str(notes.get("checkout_id") or "")[:64],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise BadDelivery(f"payment_intent: {problem}") from None


_CHECKOUTS = {"open": "open", "complete": "complete", "expired": "expired"}
_SPOKEN = "bg cs da de el en es et fi fr hr hu id it ja ko lt lv ms mt nb nl pl pt ro ru sk sl sv th tr vi zh"
"""Languages the page speaks. Source: docs.stripe.com/api/checkout/sessions/create, `locale`."""


def checkout_form(asked: CheckoutAsked) -> dict[str, Any]:
    """What a Checkout Session is made of: our ids and the order's, nothing about a person.

    The card is authorised only: what becomes of the money is decided where the goods are known.
    """
    notes = {"checkout_id": asked.key, "order_id": asked.order_id, "order_name": asked.order_name}
    language = asked.locale.replace("_", "-").partition("-")[0].lower()
    return {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": cost.currency.lower(),
                    "unit_amount": theirs(cost.amount, cost.currency),
                    "product_data": {"name": words},
                },
            }
            for words, cost in asked.items
        ],
        "client_reference_id": asked.key,
        "metadata": notes,
        "payment_intent_data": {"capture_method": "manual", "metadata": notes},
        "success_url": asked.back_url,
        "cancel_url": asked.back_url,
        "expires_at": int(asked.expires_at.timestamp()),
        "locale": language if language in _SPOKEN.split() else "auto",
    }


def checkout(session: Mapping[str, Any]) -> CheckoutSeen:
    """A Checkout Session with its PaymentIntent inside. Raises BadDelivery naming what is missing."""
    try:
        intent = session.get("payment_intent")
        return CheckoutSeen(
            reference=str(session["id"]),
            state=_CHECKOUTS[str(session["status"])],
            url=str(session.get("url") or ""),
            ours=str(session.get("client_reference_id") or ""),
            payment=payment(intent) if isinstance(intent, Mapping) else None,
        )
    except (KeyError, TypeError, AttributeError) as problem:
        raise BadDelivery(f"checkout.session: {problem}") from None


def is_for_an_order(intent: Mapping[str, Any]) -> bool:
    """Whether a PaymentIntent names an order, and its card is authorised or charged."""
    notes = intent.get("metadata") or {}
    return intent["status"] in ("requires_capture", "succeeded") and any(
        notes.get(name) for name in ("order_id", "order_name")
    )


def ours(amount: int, currency: str) -> int:
    """Stripe's count of an amount as minor units of ISO 4217."""
    off = _DIGITS_OFF.get(currency, 0)
    return amount // 10**-off if off < 0 else amount * 10**off


def theirs(amount: int, currency: str) -> int:
    """Minor units as Stripe counts them; of three decimals the last is dropped, in the shopper's favour."""
    off = _DIGITS_OFF.get(currency, 0)
    counted = amount * 10**-off if off < 0 else amount // 10**off
    return counted - counted % 10 if currency in _IN_TENS else counted


def _state(intent: Mapping[str, Any]) -> str:
    state = _STATES[str(intent["status"])]
    if state == "released" and intent.get("cancellation_reason") in ("automatic", "expired"):
        return "expired"
    return state


def _capture_before(charge: Mapping[str, Any]) -> dt.datetime | None:
    seconds = ((charge.get("payment_method_details") or {}).get("card") or {}).get("capture_before")
    return dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds else None


def _refund(refund: Mapping[str, Any], currency: str) -> RefundSeen:
    state = _REFUNDS.get(str(refund.get("status")), "failed")
    notes = refund.get("metadata") or {}
    return RefundSeen(str(refund["id"]), ours(refund["amount"], currency), state, str(notes.get("refund_id") or ""))
