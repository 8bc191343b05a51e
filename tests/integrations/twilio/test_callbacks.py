"""Twilio's delivery reports: who may send one, and what it says."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import ImmutableMultiDict

from bopis.ports import Account, BadDelivery, BadSignature, Receipt
from integrations.twilio import TwilioMessenger, webhooks
from tests.sandbox.running import AUTH_TOKEN

MESSENGER = TwilioMessenger()
URL = "https://service.example.com/webhooks/twilio/c2?notice=5"
SID = "SM" + "a" * 32
FORM = {
    "MessageSid": SID,
    "MessageStatus": "delivered",
    "AccountSid": "AC1",
    "RawDlrDoneDate": "",
    "To": "+14155550123",
}


def signed(form: Mapping[str, str], url: str = URL, token: str = AUTH_TOKEN) -> dict[str, str]:
    return {"X-Twilio-Signature": str(RequestValidator(token).compute_signature(url, form))}


def read(account: Account, form: Mapping[str, str]) -> Receipt:
    return MESSENGER.read_callback(account, URL, form, signed(form))


def test_twilios_own_example_is_signed_right() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    account = Account("c", "twilio", "AC1", {"auth_token": "12345"}, {})

    with pytest.raises(BadDelivery, match="MessageSid"):  # the signature passed: it is what lies behind it that fails
        webhooks.read_callback(
            account,
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            form,
            {"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
        )


@pytest.mark.parametrize(
    ("status", "error", "receipt"),
    [
        ("queued", "", Receipt(SID, "accepted")),
        ("sending", "", Receipt(SID, "accepted")),
        ("sent", "", Receipt(SID, "sent")),
        ("delivered", "", Receipt(SID, "delivered")),
        ("read", "", Receipt(SID, "delivered")),
        ("undelivered", "30003", Receipt(SID, "failed", "unreachable")),
        ("failed", "30034", Receipt(SID, "failed", "sender_not_registered")),
        ("failed", "39999", Receipt(SID, "failed", "provider_39999")),
        ("failed", "", Receipt(SID, "failed", "not_delivered")),
        ("canceled", "", Receipt(SID, "failed", "not_delivered")),
        ("delivered", "30008", Receipt(SID, "delivered")),
    ],
)
def test_a_report_says_where_the_text_is(phone: Account, status: str, error: str, receipt: Receipt) -> None:
    assert read(phone, {**FORM, "MessageStatus": status, "ErrorCode": error}) == receipt


def test_flasks_forms_are_read_as_they_come(phone: Account) -> None:
    assert read(phone, ImmutableMultiDict(FORM)) == Receipt(SID, "delivered")


@pytest.mark.parametrize(
    "headers",
    [{}, *({"X-Twilio-Signature": wrong} for wrong in ("", "AAAA", "é")), signed(FORM, token="another")],
)
def test_a_report_with_a_wrong_signature_is_refused(phone: Account, headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        MESSENGER.read_callback(phone, URL, FORM, headers)


def test_a_changed_field_breaks_the_signature(phone: Account) -> None:
    with pytest.raises(BadSignature):
        MESSENGER.read_callback(phone, URL, {**FORM, "MessageStatus": "failed"}, signed(FORM))


def test_a_blank_field_is_part_of_what_is_signed(phone: Account) -> None:
    without = {name: value for name, value in FORM.items() if value}

    with pytest.raises(BadSignature):
        MESSENGER.read_callback(phone, URL, {**without, "Added": "1"}, signed(FORM))


def test_another_address_breaks_the_signature(phone: Account) -> None:
    with pytest.raises(BadSignature):
        MESSENGER.read_callback(phone, URL, FORM, signed(FORM, url=URL.replace("https", "http")))


def test_a_connection_without_a_token_accepts_nobody() -> None:
    account = Account("c", "twilio", "AC1", {"auth_token": ""}, {})

    with pytest.raises(BadSignature):
        MESSENGER.read_callback(account, URL, FORM, signed(FORM, token=""))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"MessageSid": "nonsense"}, "MessageSid"),
        ({"MessageSid": ""}, "MessageSid"),
        ({"MessageStatus": "received"}, "MessageStatus"),
        ({"MessageStatus": ""}, "MessageStatus"),
    ],
)
def test_what_is_wrong_in_a_report_is_named(phone: Account, changes: dict[str, str], field: str) -> None:
    with pytest.raises(BadDelivery, match=f"^{field}$"):
        read(phone, {**FORM, **changes})
