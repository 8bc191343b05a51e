"""Events: who may send one, when, and what it is about."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import stripe

from bopis.ports import Account, BadDelivery, BadSignature, Delivery
from integrations.stripe import webhooks
from tests.sandbox.running import CARDS_WEBHOOK_SECRET

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def event(about: Any, **changes: Any) -> bytes:
    said = {"id": "evt_1", "object": "event", "type": "charge.captured", "created": 1795348800}
    return json.dumps({**said, "data": {"object": about}, **changes}).encode()


INTENT = event({"object": "payment_intent", "id": "pi_1"})


def signed(body: bytes, at: dt.datetime = NOW, secret: str = CARDS_WEBHOOK_SECRET) -> dict[str, str]:
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(at.timestamp()))
    return {"stripe-signature": header}


def test_a_signed_event_is_read(account: Account) -> None:
    assert webhooks.verify(signed(INTENT), INTENT, account, NOW) == Delivery("evt_1", "charge.captured", "pi_1", NOW)


def test_the_raw_body_is_what_is_signed(account: Account) -> None:
    spaced = INTENT.replace(b",", b" ,")

    with pytest.raises(BadSignature):
        webhooks.verify(signed(INTENT), spaced, account, NOW)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_what_is_old_or_from_the_future_is_refused(account: Account, seconds: int) -> None:
    with pytest.raises(BadSignature):
        webhooks.verify(signed(INTENT, NOW + dt.timedelta(seconds=seconds)), INTENT, account, NOW)


@pytest.mark.parametrize("seconds", [-299, 299])
def test_a_clock_that_is_a_little_off_does_no_harm(account: Account, seconds: int) -> None:
    assert webhooks.verify(signed(INTENT, NOW + dt.timedelta(seconds=seconds)), INTENT, account, NOW)


@pytest.mark.parametrize("header", ["", "t=", "v1=abc", "t=1795348800", "t=x,v1=y", "t=1795348800,v1=", "é"])
def test_a_header_that_proves_nothing_is_refused(account: Account, header: str) -> None:
    with pytest.raises(BadSignature):
        webhooks.verify({"Stripe-Signature": header}, INTENT, account, NOW)


def test_a_secret_that_is_being_replaced_still_counts(account: Account) -> None:
    both = Account("c3", "stripe", "a", {**account.secrets, "previous_webhook_secret": "whsec_old"}, {})

    assert webhooks.verify(signed(INTENT, secret="whsec_old"), INTENT, both, NOW)


def test_a_connection_without_a_secret_takes_nothing() -> None:
    with pytest.raises(BadSignature):
        webhooks.verify(signed(INTENT, secret=""), INTENT, Account("c3", "stripe", "a", {}, {}), NOW)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"{", "JSON"),
        (b"[]", "object"),
        (b'{"object": "v2.core.event"}', "object"),
        (event({}, id="1"), "id"),
        (event({}, type="a b"), "type"),
    ],
)
def test_what_is_signed_and_no_event_is_said_to_be_none(account: Account, body: bytes, complaint: str) -> None:
    with pytest.raises(BadDelivery, match=complaint):
        webhooks.verify(signed(body), body, account, NOW)


def test_bytes_that_are_no_text_are_not_signed(account: Account) -> None:
    with pytest.raises(BadSignature):
        webhooks.verify(signed(INTENT), b"\xff", account, NOW)


@pytest.mark.parametrize(
    ("about", "payment"),
    [
        ({"object": "payment_intent", "id": "pi_1"}, "pi_1"),
        ({"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}, "pi_1"),
        ({"object": "refund", "payment_intent": {"id": "pi_1"}}, "pi_1"),
        ({"object": "dispute", "payment_intent": "pi_1"}, "pi_1"),
        ({"object": "charge", "payment_intent": None}, None),
        ({"object": "customer", "id": "cus_1"}, None),
        ({"object": "charge", "payment_intent": "ch_1"}, None),
        ("nonsense", None),
    ],
)
def test_every_object_leads_to_its_payment(about: Any, payment: str | None) -> None:
    assert webhooks.payment_of(event(about)) == payment
