"""The pretend processor's pay pages: the rules they hold us to, how they end, what is told of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.running import Receiver, Running, running_sandbox
from tests.sandbox.test_cards import HEADERS, ask, code

PATH = "/checkout/sessions"


def form(**changes: Any) -> dict[str, Any]:
    """What a session is made of; None leaves a parameter out."""
    wanted = {
        "mode": "payment",
        "line_items[0][quantity]": 1,
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": 4990,
        "line_items[0][price_data][product_data][name]": "Order #1",
        "payment_intent_data[capture_method]": "manual",
        "payment_intent_data[metadata][order_id]": "7",
        "client_reference_id": "ours",
        "metadata[order_id]": "7",
        "success_url": "http://localhost/back",
        "cancel_url": "http://localhost/back",
        "expires_at": int(time.time()) + 3600,
        "locale": "de",
    }
    return {name: value for name, value in {**wanted, **changes}.items() if value is not None}


def test_it_is_open_then_paid_by_its_shopper_and_the_card_is_only_authorised(running: Running) -> None:
    made = ask(running, PATH, form()).json()
    answer = requests.post(made["url"], timeout=10, allow_redirects=False)
    paid = ask_for(running, made["id"])

    assert (made["status"], made["payment_status"], made["payment_intent"], made["amount_total"]) == (
        "open",
        "unpaid",
        None,
        4990,
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://localhost/back")
    assert (paid["status"], paid["payment_status"], paid["url"]) == ("complete", "unpaid", None)
    assert paid["payment_intent"]["status"] == "requires_capture"
    assert paid["payment_intent"]["metadata"] == {"order_id": "7"}
    assert running.moves() == []


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"mode": None}, "parameter_missing"),
        ({"success_url": "/back"}, "url_invalid"),
        ({"line_items[0][quantity]": None}, "parameter_missing"),
        ({"line_items[0][price_data][unit_amount]": "49.90"}, "parameter_invalid_integer"),
        ({"line_items[0][price_data][unit_amount]": 49}, "amount_too_small"),
        ({"expires_at": int(time.time()) + 60}, "invalid_request_error"),
        ({"expires_at": int(time.time()) + 25 * 3600}, "invalid_request_error"),
        ({"locale": "xx"}, "invalid_request_error"),
        ({"payment_intent_data[capture_method]": "later"}, "invalid_request_error"),
        ({"customer_mail": "a@example.com"}, "parameter_unknown"),
        ({"client_reference_id": "x" * 201}, "parameter_invalid_string_length"),
        ({"metadata[order_id]": "x" * 501}, "parameter_invalid_string_length"),
    ],
)
def test_what_is_not_as_published_is_refused(running: Running, changes: dict[str, Any], refusal: str) -> None:
    assert code(ask(running, PATH, form(**changes))) == (400, refusal)


def test_it_is_paid_once_and_expired_once_and_never_both(running: Running) -> None:
    one, other = (ask(running, PATH, form()).json() for _ in range(2))
    requests.post(one["url"], timeout=10, allow_redirects=False)

    assert ask(running, f"{PATH}/{one['id']}/expire").status_code == 400
    assert requests.post(one["url"], timeout=10, allow_redirects=False).status_code == 400
    assert ask(running, f"{PATH}/{other['id']}/expire").json()["status"] == "expired"
    assert requests.post(other["url"], timeout=10, allow_redirects=False).status_code == 400
    assert len(running.get("/cards/api/payments")["payments"]) == 1


def test_a_key_opens_one_page(running: Running) -> None:
    wanted, key = form(), {"Idempotency-Key": "k"}

    assert ask(running, PATH, wanted, **key).json() == ask(running, PATH, wanted, **key).json()
    assert len(running.get("/cards/api/checkouts")["checkouts"]) == 1


def test_people_see_what_they_pay_and_a_way_back(running: Running) -> None:
    page = requests.get(ask(running, PATH, form()).json()["url"], timeout=10).text

    assert "Order #1" in page and "49.90 EUR" in page and 'href="http://localhost/back"' in page


@pytest.fixture
def telling(news: Receiver) -> Iterator[Running]:
    with running_sandbox(cards_webhook_url=news.url) as it:
        yield it


def test_what_becomes_of_it_is_told(telling: Running, news: Receiver) -> None:
    one, other = (ask(telling, PATH, form()).json() for _ in range(2))
    telling.post(f"/cards/api/checkouts/{one['id']}/pay", {})
    ask(telling, f"{PATH}/{other['id']}/expire")
    got = b"".join(each.body for each in news.wait(lambda got: len(got) == 3))

    for topic in (b"checkout.session.completed", b"checkout.session.expired", b"amount_capturable_updated"):
        assert topic in got


def ask_for(running: Running, session_id: str) -> dict[str, Any]:
    """The session with its payment inside."""
    path = f"{running.url}/v1{PATH}/{session_id}"
    expand = {"expand[0]": "payment_intent.latest_charge.refunds"}
    return dict(requests.get(path, params=expand, headers=HEADERS, timeout=10).json())
