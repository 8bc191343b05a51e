"""Every call to Twilio: the request built, the address called, the answer read, the refusal read."""

from __future__ import annotations

import base64
import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.ports import Account, Receipt
from integrations.twilio import TwilioMessenger
from tests.sandbox.running import ACCOUNT_SID, AUTH_TOKEN, SENDER, SHOPPER

MESSENGER = TwilioMessenger()
URL = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
SID = "SM" + "a" * 32
TEXT = "Your order is ready. Code 047 193 508"
CALLBACK = "https://service.example.com/webhooks/twilio/c2"
SINCE = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def twilio() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def message(**changes: Any) -> dict[str, Any]:
    return {
        "sid": SID,
        "status": "queued",
        "body": TEXT,
        "to": SHOPPER,
        "from": SENDER,
        "date_created": "Sun, 22 Nov 2026 12:00:00 +0000",
        "date_sent": None,
        "error_code": None,
        **changes,
    }


def page(*messages: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    return {"messages": list(messages), "page": 0, "page_size": 50, "next_page_uri": following, "uri": "/"}


def send(account: Account) -> Receipt:
    return MESSENGER.send(account, SHOPPER, TEXT, CALLBACK)


# Sending


def test_sending_posts_the_text_its_numbers_and_where_to_report(phone: Account, twilio: responses.RequestsMock) -> None:
    twilio.post(URL, json=message(), status=201)
    send(phone)

    assert parse_qs(twilio.calls[0].request.body) == {
        "To": [SHOPPER],
        "From": [SENDER],
        "Body": [TEXT],
        "StatusCallback": [CALLBACK],
    }


def test_sending_names_the_account_and_its_token(phone: Account, twilio: responses.RequestsMock) -> None:
    twilio.post(URL, json=message(), status=201)
    send(phone)

    request = twilio.calls[0].request
    basic = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
    assert request.headers["Authorization"] == f"Basic {basic}"
    assert request.url == URL


def test_another_base_replaces_twilios_address(phone: Account, twilio: responses.RequestsMock) -> None:
    twilio.post(URL.replace("https://api.twilio.com", "http://127.0.0.1:9/twilio"), json=message(), status=201)

    assert TwilioMessenger("http://127.0.0.1:9/twilio/").send(phone, SHOPPER, TEXT, CALLBACK).provider_id == SID


@pytest.mark.parametrize(
    ("status", "state"),
    [("accepted", "accepted"), ("queued", "accepted"), ("sending", "accepted"), ("sent", "sent")],
)
def test_a_text_taken_gives_a_receipt(phone: Account, twilio: responses.RequestsMock, status: str, state: str) -> None:
    twilio.post(URL, json=message(status=status), status=201)

    assert send(phone) == Receipt(SID, state)


def test_a_text_may_fail_at_once(phone: Account, twilio: responses.RequestsMock) -> None:
    twilio.post(URL, json=message(status="failed", error_code=30007), status=201)

    assert send(phone) == Receipt(SID, "failed", "filtered")


@pytest.mark.parametrize(
    ("status", "number", "kind", "code"),
    [
        (400, 21211, PermanentFailure, "invalid_number"),
        (400, 21408, PermanentFailure, "region_not_allowed"),
        (400, 21610, PermanentFailure, "opted_out"),
        (400, 21614, PermanentFailure, "not_a_mobile"),
        (400, 21606, PermanentFailure, "sender_refused"),
        (400, 21999, PermanentFailure, "provider_21999"),
        (400, None, PermanentFailure, "provider_refused"),
        (401, 20003, PermanentFailure, "credentials_refused"),
        (401, None, PermanentFailure, "credentials_refused"),
        (404, 20404, PermanentFailure, "provider_20404"),
        (301, None, PermanentFailure, "provider_refused"),
        (429, 20429, TemporaryFailure, "throttled"),
        (400, 21611, TemporaryFailure, "throttled"),
        (500, 20500, OutcomeUnknown, "provider_down"),
        (503, None, OutcomeUnknown, "provider_down"),
    ],
)
def test_each_refusal_has_its_name(
    phone: Account,
    twilio: responses.RequestsMock,
    status: int,
    number: int | None,
    kind: type[EffectError],
    code: str,
) -> None:
    twilio.post(URL, json={"code": number, "message": f"about {SHOPPER}", "status": status}, status=status)

    with pytest.raises(kind) as failure:
        send(phone)

    assert failure.value.code == code
    assert SHOPPER not in str(failure.value)


@pytest.mark.parametrize(
    "answer", [{"body": "<html>"}, {"json": {}}, {"json": message(status="received")}, {"json": []}]
)
def test_a_text_taken_with_an_unreadable_answer_may_have_been_sent(
    phone: Account, twilio: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    twilio.post(URL, status=201, **answer)

    with pytest.raises(OutcomeUnknown):
        send(phone)


def test_silence_leaves_it_unknown_and_nothing_is_sent_twice(phone: Account, twilio: responses.RequestsMock) -> None:
    twilio.post(URL, body=requests.ReadTimeout())
    with pytest.raises(OutcomeUnknown):
        send(phone)

    assert len(twilio.calls) == 1


def test_the_wait_twilio_asks_for_is_passed_on(phone: Account, twilio: responses.RequestsMock) -> None:
    twilio.post(URL, status=429, headers={"Retry-After": "3"})
    with pytest.raises(TemporaryFailure) as failure:
        send(phone)

    assert failure.value.retry_after == 3.0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"settings": {}}, "sender_missing"),
        ({"secrets": {}}, "credentials_missing"),
        ({"name": ""}, "credentials_missing"),
    ],
)
def test_an_unfinished_connection_calls_nobody(phone: Account, change: dict[str, Any], code: str) -> None:
    with pytest.raises(PermanentFailure) as failure:
        send(replace(phone, **change))

    assert failure.value.code == code


# Finding


def test_finding_lists_the_texts_to_that_number(phone: Account, twilio: responses.RequestsMock) -> None:
    twilio.get(URL, json=page())

    assert MESSENGER.find(phone, SHOPPER, TEXT, SINCE) is None
    assert parse_qs(urlsplit(twilio.calls[0].request.url).query)["To"] == [SHOPPER]


def test_finding_wants_exactly_this_body_and_takes_the_newest(phone: Account, twilio: responses.RequestsMock) -> None:
    others = message(sid="SM1", body=TEXT + "."), message(sid="SM2", status="delivered"), message(sid="SM3")
    twilio.get(URL, json=page(*others))

    assert MESSENGER.find(phone, SHOPPER, TEXT, SINCE) == Receipt("SM2", "delivered")


@pytest.mark.parametrize(
    ("made", "is_found"),
    [
        ("Sun, 22 Nov 2026 12:00:00 +0000", True),
        ("Sun, 22 Nov 2026 11:59:01 +0000", True),
        ("Sun, 22 Nov 2026 11:58:59 +0000", False),
        (None, False),
    ],
)
def test_finding_looks_back_a_minute_further_than_asked(
    phone: Account, twilio: responses.RequestsMock, made: str | None, is_found: bool
) -> None:
    twilio.get(URL, json=page(message(date_created=made)))

    assert (MESSENGER.find(phone, SHOPPER, TEXT, SINCE) is not None) is is_found


def test_finding_reads_further_pages_from_the_same_base(phone: Account, twilio: responses.RequestsMock) -> None:
    path = urlsplit(URL).path
    base = "http://127.0.0.1:9"
    twilio.get(base + path, json=page(message(body="another"), following=f"{path}?Page=1"))
    twilio.get(f"{base}{path}?Page=1", json=page(message()))

    assert TwilioMessenger(base).find(phone, SHOPPER, TEXT, SINCE) == Receipt(SID, "accepted")


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ({"status": 500}, TemporaryFailure, "provider_down"),
        ({"status": 429}, TemporaryFailure, "throttled"),
        ({"status": 401}, PermanentFailure, "credentials_refused"),
        ({"body": "<html>"}, TemporaryFailure, "unexpected_answer"),
        ({"body": requests.ReadTimeout()}, TemporaryFailure, "no_answer"),
    ],
)
def test_a_look_that_fails_changes_nothing(
    phone: Account, twilio: responses.RequestsMock, answer: dict[str, Any], kind: type[EffectError], code: str
) -> None:
    twilio.get(URL, **answer)

    with pytest.raises(kind) as failure:
        MESSENGER.find(phone, SHOPPER, TEXT, SINCE)

    assert failure.value.code == code


def test_no_number_no_text_and_no_token_is_written_to_the_log(
    phone: Account, twilio: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    twilio.post(URL, json=message(), status=201)
    twilio.get(URL, json=page())
    send(phone)
    MESSENGER.find(phone, SHOPPER, TEXT, SINCE)

    assert "POST api.twilio.com 201" in caplog.text
    assert not [word for word in (SHOPPER, "5550123", "047", AUTH_TOKEN, SENDER) if word in caplog.text]
