"""The pretend provider of texts: what it takes, what it refuses and how, and what it reports."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import requests

from sandbox.phone.exchange import signature
from sandbox.phone.segments import segments
from tests.sandbox.running import ACCOUNT_SID, AUTH_TOKEN, SENDER, SHOPPER, Receiver, Running, until

FORM = {"To": SHOPPER, "From": SENDER, "Body": "Hello"}


def messages_url(running: Running, account: str = ACCOUNT_SID) -> str:
    return f"{running.url}/2010-04-01/Accounts/{account}/Messages.json"


def send(running: Running, token: str = AUTH_TOKEN, **changes: str) -> requests.Response:
    form = {**FORM, **changes}
    return requests.post(messages_url(running), data=form, auth=(ACCOUNT_SID, token), timeout=10)


def listed(running: Running, **query: Any) -> dict[str, Any]:
    answer = requests.get(messages_url(running), params=query, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=10)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_text_is_taken_and_shaped_as_twilio_shapes_it(running: Running) -> None:
    answer = send(running)
    text = answer.json()

    assert answer.status_code == 201
    assert (text["to"], text["from"], text["body"], text["status"]) == (SHOPPER, SENDER, "Hello", "queued")
    assert (text["num_segments"], text["account_sid"], text["error_code"]) == ("1", ACCOUNT_SID, None)
    assert text["sid"].startswith("SM")
    assert len(text["sid"]) == 34


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "4155550123"}, 21211),
        ({"To": "+1"}, 21211),
        ({"To": "+1 415 555 0123"}, 21211),
        ({"From": ""}, 21603),
        ({"From": "Fernhill"}, 21212),
        ({"From": "+12015550199"}, 21606),
        ({"To": SENDER}, 21266),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"StatusCallback": "/relative"}, 21609),
        ({"StatusCallback": "ftp://example.com/"}, 21609),
        ({"StatusCallback": "https://my_host.example.com/"}, 21609),
    ],
)
def test_what_twilio_refuses_is_refused_with_its_number(running: Running, changes: dict[str, str], code: int) -> None:
    answer = send(running, **changes)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert running.texts() == []
    assert [each["code"] for each in running.get("/phone/api/ledger")["attempts"]] == [code]


@pytest.mark.parametrize("habit", ["opted_out", "landlines"])
def test_some_numbers_take_no_texts(running: Running, habit: str) -> None:
    running.post("/phone/api/behaviour", {habit: [SHOPPER]})

    assert send(running).json()["code"] == {"opted_out": 21610, "landlines": 21614}[habit]


def test_json_is_not_what_twilio_reads(running: Running) -> None:
    answer = requests.post(messages_url(running), json=FORM, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=10)

    assert answer.status_code == 415


@pytest.mark.parametrize("auth", [None, (ACCOUNT_SID, "wrong"), ("AC1", AUTH_TOKEN)])
def test_a_stranger_is_turned_away(running: Running, auth: tuple[str, str] | None) -> None:
    for answer in (
        requests.post(messages_url(running), data=FORM, auth=auth, timeout=10),
        requests.get(messages_url(running), auth=auth, timeout=10),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_another_account_is_turned_away(running: Running) -> None:
    answer = requests.get(messages_url(running, "AC1"), auth=("AC1", AUTH_TOKEN), timeout=10)

    assert answer.status_code == 401


def test_texts_are_listed_newest_first_by_page(running: Running) -> None:
    for number in range(5):
        send(running, Body=str(number))
    send(running, To="+14155550199")
    first = listed(running, To=SHOPPER, PageSize=2)
    answer = requests.get(running.url + first["next_page_uri"], auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=10)

    assert [text["body"] for text in first["messages"]] == ["4", "3"]
    assert [text["body"] for text in answer.json()["messages"]] == ["2", "1"]
    assert listed(running, To=SHOPPER)["next_page_uri"] is None


def test_texts_are_listed_by_the_moment_they_were_sent(running: Running) -> None:
    send(running)
    until(lambda: running.texts()[0]["status"] == "delivered")
    now = dt.datetime.now(dt.UTC)

    def found(name: str, moment: dt.datetime) -> int:
        return len(listed(running, **{name: moment.strftime("%Y-%m-%dT%H:%M:%SZ")})["messages"])

    hour = dt.timedelta(hours=1)
    assert [found("DateSent>", now - hour), found("DateSent>", now + hour)] == [1, 0]
    assert [found("DateSent<", now + hour), found("DateSent<", now - hour)] == [1, 0]
    assert [found("DateSent", now), found("DateSent", now - 48 * hour)] == [1, 0]


def test_a_text_not_sent_yet_has_no_date_to_be_found_by(running: Running) -> None:
    running.post("/phone/api/behaviour", {"step_seconds": 600})
    send(running)

    assert listed(running)["messages"][0]["date_sent"] is None
    assert listed(running, **{"DateSent>": "2020-01-01"})["messages"] == []


def test_one_text_can_be_fetched_and_another_is_not_found(running: Running) -> None:
    sid = send(running).json()["sid"]
    urls = [messages_url(running).replace(".json", f"/{each}.json") for each in (sid, "SM1")]
    known, unknown = (requests.get(url, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=10) for url in urls)

    assert known.json()["sid"] == sid
    assert (unknown.status_code, unknown.json()["code"]) == (404, 20404)


@pytest.mark.parametrize(
    ("habit", "status", "taken"),
    [
        ("broken", 500, 0),
        ("lost_before", 504, 0),
        ("broken_after", 500, 1),
        ("lost_after", 504, 1),
        ("too_many", 429, 0),
    ],
)
def test_it_fails_as_told_and_as_often_as_told(running: Running, habit: str, status: int, taken: int) -> None:
    running.post("/phone/api/behaviour", {habit: 1, "hang": 0})

    assert [send(running).status_code, len(running.texts())] == [status, taken]
    assert send(running).status_code == 201


def test_a_report_follows_every_step_signed(running: Running, news: Receiver) -> None:
    text = send(running, StatusCallback=news.url).json()
    got = news.wait(lambda got: len(got) == 2)

    assert {each.form["MessageStatus"] for each in got} == {"sent", "delivered"}
    for each in got:
        assert each.form["MessageSid"] == text["sid"]
        assert each.headers["X-Twilio-Signature"] == signature(AUTH_TOKEN, news.url, each.form)


def test_a_text_that_cannot_be_delivered_is_reported_with_its_number(running: Running, news: Receiver) -> None:
    running.post("/phone/api/behaviour", {"unreachable": [SHOPPER]})
    send(running, StatusCallback=news.url)
    got = news.wait(lambda got: len(got) == 2)

    assert ("undelivered", "30003") in [(each.form["MessageStatus"], each.form.get("ErrorCode")) for each in got]


def test_reports_can_come_double(running: Running, news: Receiver) -> None:
    running.post("/phone/api/behaviour", {"duplicate_callbacks": True})
    send(running, StatusCallback=news.url)

    assert len(news.wait(lambda got: len(got) == 4)) == 4


def test_the_signature_is_twilios_own() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }

    assert signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" * 5, 2),
        ("ą" * 70, 1),
        ("ą" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("“" + "a" * 70, 2),
    ],
)
def test_parts_are_counted_as_the_networks_do(text: str, parts: int) -> None:
    assert segments(text) == parts


def test_messages_can_be_asked_for_by_number(running: Running) -> None:
    send(running)
    send(running, To="+14155550199")

    assert [text["to"] for text in running.get("/phone/api/messages?to=%2B14155550199")["messages"]] == ["+14155550199"]
