"""Stripe, Payment Intents with manual capture, API version 2026-10-28.endive."""

from integrations.stripe.payments import StripePayments

__all__ = ["StripePayments"]
