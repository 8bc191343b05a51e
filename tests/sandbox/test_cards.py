"""The pretend card processor: the rules it holds us to, what it tells, and how it fails."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from bopis.ports import Account
from integrations.stripe import webhooks
from sandbox.cards.api import VERSION
from tests.sandbox.running import CARDS_KEY, CARDS_WEBHOOK_SECRET, Receiver, Running, running_sandbox

HEADERS = {"Authorization": f"Bearer {CARDS_KEY}", "Stripe-Version": VERSION}


def ask(running: Running, path: str, form: dict[str, Any] | None = None, **headers: str) -> requests.Response:
    return requests.post(f"{running.url}/v1{path}", data=form or {}, headers={**HEADERS, **headers}, timeout=10)


def code(answer: requests.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    return answer.status_code, error.get("code") or error["type"]


@pytest.mark.parametrize(
    ("headers", "status"), [({"Authorization": "Bearer sk_x"}, 401), ({"Stripe-Version": "2020-08-27"}, 400)]
)
def test_a_stranger_and_another_version_are_turned_away(running: Running, headers: dict[str, str], status: int) -> None:
    assert ask(running, f"/payment_intents/{running.pay()}/capture", **headers).status_code == status


def test_it_is_captured_once(running: Running) -> None:
    path = f"/payment_intents/{running.pay()}/capture"

    assert ask(running, path).json()["amount_received"] == 2000
    assert code(ask(running, path)) == (400, "payment_intent_unexpected_state")
    assert code(ask(running, path.replace("capture", "cancel"))) == (400, "payment_intent_unexpected_state")


@pytest.mark.parametrize(
    ("form", "refusal"),
    [
        ({"amount_to_capture": "2001"}, "amount_too_large"),
        ({"amount_to_capture": "0"}, "parameter_invalid_integer"),
        ({"amount_to_capture": "1.5"}, "parameter_invalid_integer"),
        ({"amount": "5"}, "parameter_unknown"),
    ],
)
def test_what_cannot_be_captured_is_refused(running: Running, form: dict[str, str], refusal: str) -> None:
    assert code(ask(running, f"/payment_intents/{running.pay()}/capture", form)) == (400, refusal)
    assert running.moves() == []


def test_never_more_is_given_back_than_was_taken(running: Running) -> None:
    reference = running.pay()
    assert ask(running, "/refunds", {"payment_intent": reference}).status_code == 400
    ask(running, f"/payment_intents/{reference}/capture", {"amount_to_capture": "1500"})
    answers = [ask(running, "/refunds", {"payment_intent": reference, "amount": str(n)}) for n in (1000, 501, 500, 1)]

    assert [answer.status_code for answer in answers] == [200, 400, 200, 400]
    assert running.moves() == [("capture", 1500), ("refund", 1000), ("refund", 500)]


def test_a_key_brings_its_first_answer_again_and_bears_no_other_request(running: Running) -> None:
    path, key = f"/payment_intents/{running.pay()}/capture", {"Idempotency-Key": "k"}
    first, again = (
        ask(running, path, {"amount_to_capture": "5"}, **key),
        ask(running, path, {"amount_to_capture": "5"}, **key),
    )

    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert code(ask(running, path, {"amount_to_capture": "6"}, **key)) == (400, "idempotency_error")
    assert ask(running, path, **{"Idempotency-Key": "k" * 256}).status_code == 400


def test_a_key_remembers_a_failure(running: Running) -> None:
    path, key = f"/payment_intents/{running.pay()}/capture", {"Idempotency-Key": "k"}
    running.post("/cards/api/behaviour", {"broken": 1})

    assert [ask(running, path, **key).status_code for _ in range(2)] == [500, 500]
    assert ask(running, path).status_code == 200


@pytest.mark.parametrize(
    ("mishap", "moves"), [("lost_before", 0), ("lost_after", 1), ("broken", 0), ("broken_after", 1)]
)
def test_it_fails_as_told(running: Running, mishap: str, moves: int) -> None:
    running.post("/cards/api/behaviour", {mishap: 1})

    assert ask(running, f"/payment_intents/{running.pay()}/capture").status_code >= 500
    assert len(running.moves()) == moves


def test_an_authorisation_lapses_by_itself(running: Running) -> None:
    reference = running.pay(hours=0)
    answer = requests.get(f"{running.url}/v1/payment_intents/{reference}", headers=HEADERS, timeout=10)

    assert (answer.json()["status"], answer.json()["cancellation_reason"]) == ("canceled", "automatic")
    assert running.moves() == [("lapse", 2000)]


@pytest.fixture
def paid(news: Receiver) -> Iterator[Running]:
    """A sandbox whose card processor tells `news`."""
    with running_sandbox(cards_webhook_url=news.url) as it:
        yield it


def test_what_happens_is_told_and_signed(paid: Running, news: Receiver) -> None:
    reference = paid.pay(order_id="7")
    ask(paid, f"/payment_intents/{reference}/capture")
    got = news.wait(lambda got: len(got) == 3)
    account = Account("c3", "stripe", "acct_1", {"webhook_secret": CARDS_WEBHOOK_SECRET}, {})

    assert all(webhooks.payment_of(each.body) == reference for each in got)
    for each in got:
        webhooks.verify(each.headers, each.body, account, dt.datetime.now(dt.UTC))


def test_events_can_come_double_and_come_again(paid: Running, news: Receiver) -> None:
    paid.post("/cards/api/behaviour", {"duplicate_events": True})
    news.answers = [500]
    paid.pay()

    assert len({each.body for each in news.wait(lambda got: len(got) == 3)}) == 1
