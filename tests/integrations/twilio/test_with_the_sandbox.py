"""Our Twilio client against the pretend provider, written from Twilio's documentation and not from our client."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from bopis.errors import OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.ports import Account
from integrations.twilio import TwilioMessenger
from tests.sandbox.running import SHOPPER, Receiver, Running, receiver

TEXT = "Your order is ready."


@pytest.fixture
def messenger(running: Running) -> TwilioMessenger:
    return TwilioMessenger(running.url, read_seconds=0.5)


@pytest.fixture
def news() -> Iterator[Receiver]:
    with receiver() as it:
        yield it


def since() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def test_a_text_arrives(messenger: TwilioMessenger, running: Running, phone: Account, news: Receiver) -> None:
    receipt = messenger.send(phone, SHOPPER, TEXT, news.url)

    (text,) = running.texts()
    assert (text["sid"], text["to"], text["body"]) == (receipt.provider_id, SHOPPER, TEXT)


def test_its_reports_are_verified_and_end_with_delivered(
    messenger: TwilioMessenger, phone: Account, news: Receiver
) -> None:
    sent = messenger.send(phone, SHOPPER, TEXT, news.url)
    reports = news.wait(lambda got: len(got) == 2)
    receipts = [messenger.read_callback(phone, news.url, got.form, got.headers) for got in reports]

    assert {receipt.provider_id for receipt in receipts} == {sent.provider_id}
    assert {receipt.state for receipt in receipts} == {"sent", "delivered"}


def test_a_text_that_does_not_arrive_is_reported_with_the_reason(
    messenger: TwilioMessenger, running: Running, phone: Account, news: Receiver
) -> None:
    running.post("/phone/api/behaviour", {"unreachable": [SHOPPER]})
    messenger.send(phone, SHOPPER, TEXT, news.url)
    reports = news.wait(lambda got: len(got) == 2)
    receipts = [messenger.read_callback(phone, news.url, got.form, got.headers) for got in reports]

    assert ("failed", "unreachable") in [(receipt.state, receipt.error) for receipt in receipts]


@pytest.mark.parametrize("habit", ["lost_after", "broken_after"])
def test_a_text_taken_without_an_answer_is_found_and_not_sent_again(
    messenger: TwilioMessenger, running: Running, phone: Account, news: Receiver, habit: str
) -> None:
    started = since()
    running.post("/phone/api/behaviour", {habit: 1, "hang": 30})
    with pytest.raises(OutcomeUnknown):
        messenger.send(phone, SHOPPER, TEXT, news.url)

    found = messenger.find(phone, SHOPPER, TEXT, started)

    assert found is not None
    assert [text["sid"] for text in running.texts()] == [found.provider_id]


@pytest.mark.parametrize("habit", ["lost_before", "broken"])
def test_a_text_not_taken_is_not_found(
    messenger: TwilioMessenger, running: Running, phone: Account, news: Receiver, habit: str
) -> None:
    started = since()
    running.post("/phone/api/behaviour", {habit: 1, "hang": 30})
    with pytest.raises(OutcomeUnknown):
        messenger.send(phone, SHOPPER, TEXT, news.url)

    assert messenger.find(phone, SHOPPER, TEXT, started) is None


def test_too_many_is_for_later(messenger: TwilioMessenger, running: Running, phone: Account, news: Receiver) -> None:
    running.post("/phone/api/behaviour", {"too_many": 1})

    with pytest.raises(TemporaryFailure) as failure:
        messenger.send(phone, SHOPPER, TEXT, news.url)

    assert failure.value.code == "throttled"
    assert running.texts() == []


@pytest.mark.parametrize(("habit", "code"), [("opted_out", "opted_out"), ("landlines", "not_a_mobile")])
def test_some_numbers_take_no_texts(
    messenger: TwilioMessenger, running: Running, phone: Account, news: Receiver, habit: str, code: str
) -> None:
    running.post("/phone/api/behaviour", {habit: [SHOPPER]})

    with pytest.raises(PermanentFailure) as failure:
        messenger.send(phone, SHOPPER, TEXT, news.url)

    assert failure.value.code == code


def test_a_wrong_token_is_refused(messenger: TwilioMessenger, phone: Account, news: Receiver) -> None:
    stranger = Account(phone.connection_id, "twilio", phone.name, {"auth_token": "wrong"}, phone.settings)

    with pytest.raises(PermanentFailure) as failure:
        messenger.send(stranger, SHOPPER, TEXT, news.url)

    assert failure.value.code == "credentials_refused"


def test_a_text_is_found_behind_many_others(
    messenger: TwilioMessenger, running: Running, phone: Account, news: Receiver
) -> None:
    started = since()
    wanted = messenger.send(phone, SHOPPER, TEXT, news.url)
    for number in range(120):
        running.sandbox.exchange.take(SHOPPER, phone.settings["from"], f"another {number}", "")

    found = messenger.find(phone, SHOPPER, TEXT, started)

    assert found is not None
    assert found.provider_id == wanted.provider_id
