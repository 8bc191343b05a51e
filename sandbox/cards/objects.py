"""Payments as the API writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.cards.processor import Payment, Refund


def intent(payment: Payment, *, expanded: bool = False) -> dict[str, Any]:
    """A PaymentIntent; `expanded` with its charge and that charge's refunds inside."""
    open_ = payment.status == "requires_capture"
    return {
        "id": payment.id,
        "object": "payment_intent",
        "amount": payment.amount,
        "amount_capturable": payment.amount if open_ else 0,
        "amount_received": payment.received,
        "cancellation_reason": payment.cancellation_reason,
        "capture_method": "manual",
        "created": payment.created,
        "currency": payment.currency,
        "latest_charge": charge(payment) if expanded else _charge_id(payment),
        "livemode": False,
        "metadata": dict(payment.metadata),
        "status": payment.status,
    }


def charge(payment: Payment) -> dict[str, Any]:
    """The charge behind a payment, its refunds inside."""
    card: dict[str, Any] = {"brand": "visa", "last4": "4242"}
    if payment.status == "requires_capture":
        card["capture_before"] = int(payment.capture_before.timestamp())
    return {
        "id": _charge_id(payment),
        "object": "charge",
        "amount": payment.amount,
        "amount_captured": payment.received,
        "amount_refunded": payment.refunded,
        "captured": payment.status == "succeeded",
        "currency": payment.currency,
        "disputed": payment.disputed,
        "metadata": dict(payment.metadata),
        "payment_intent": payment.id,
        "payment_method_details": {"type": "card", "card": card},
        "refunds": {
            "object": "list",
            "data": [refund(payment, each) for each in reversed(payment.refunds)][:10],
            "has_more": len(payment.refunds) > 10,
            "url": f"/v1/charges/{_charge_id(payment)}/refunds",
        },
    }


def refund(payment: Payment, made: Refund) -> dict[str, Any]:
    """One refund."""
    return {
        "id": made.id,
        "object": "refund",
        "amount": made.amount,
        "charge": _charge_id(payment),
        "created": made.created,
        "currency": payment.currency,
        "metadata": dict(made.metadata),
        "payment_intent": payment.id,
        "reason": made.reason,
        "status": made.status,
    }


def about(topic: str, payment: Payment) -> dict[str, Any]:
    """The object that an event of this topic carries."""
    if topic.startswith("refund."):
        return refund(payment, payment.refunds[-1])
    if topic.startswith("charge.dispute."):
        return {
            "id": f"dp_{payment.id[3:]}",
            "object": "dispute",
            "amount": payment.received,
            "charge": _charge_id(payment),
            "currency": payment.currency,
            "payment_intent": payment.id,
            "reason": "fraudulent",
            "status": "needs_response",
        }
    return charge(payment)


def _charge_id(payment: Payment) -> str:
    return f"ch_{payment.id[3:]}"
