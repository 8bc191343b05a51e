"""The outgoing session: what each way of failing is called, what is repeated, and what is never written down."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure, TemporaryFailure
from integrations import http
from tests.integrations.lines import closed_port, hangs_up, line, says
from tests.integrations.test_public import certificate, server

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def test_an_answer_has_its_status_headers_and_body() -> None:
    with line(says(b"HTTP/1.1 404 Not Found\r\nX-Colour: blue\r\nContent-Length: 4\r\n\r\nnone")) as it:
        answer = http.call("GET", it.url, safe=True)

    assert (answer.status, answer.headers["x-colour"], answer.text) == (404, "blue", "none")


def test_numbers_beyond_two_to_the_53_stay_exact() -> None:
    assert http.Answer(200, {}, b'{"id": 9007199254740993}').json() == {"id": 9007199254740993}


@pytest.mark.parametrize("safe", [True, False])
def test_what_cannot_be_reached_was_not_done(safe: bool) -> None:
    with pytest.raises(TemporaryFailure) as failure:
        http.call("POST", closed_port(), safe=safe)

    assert failure.value.code == "not_reached"


def test_a_certificate_that_is_not_trusted_is_called_so(tmp_path: Path) -> None:
    _, theirs = certificate(tmp_path, "localhost")
    with server(OK, tls=theirs) as (port, got), pytest.raises(TemporaryFailure) as failure:
        http.call("POST", f"https://localhost:{port}", safe=False, data=b"body")

    assert failure.value.code == "bad_certificate"
    assert got == []


def test_silence_after_an_unsafe_request_leaves_its_outcome_unknown() -> None:
    with line(None) as it, pytest.raises(OutcomeUnknown) as failure:
        http.call("POST", it.url, safe=False, read_seconds=0.1)

    assert failure.value.code == "no_answer"


def test_silence_after_a_safe_request_is_only_a_delay() -> None:
    with line(None) as it, pytest.raises(TemporaryFailure):
        http.call("POST", it.url, safe=True, read_seconds=0.1)


def test_a_line_that_breaks_is_tried_once_more_for_a_safe_request() -> None:
    with line(hangs_up, says(OK)) as it:
        assert http.call("GET", it.url, safe=True).text == "ok"


def test_a_line_that_breaks_twice_is_a_delay() -> None:
    with line(hangs_up, hangs_up) as it, pytest.raises(TemporaryFailure):
        http.call("GET", it.url, safe=True)


def test_an_unsafe_request_is_sent_exactly_once() -> None:
    with line(hangs_up, says(OK)) as it:
        with pytest.raises(OutcomeUnknown):
            http.call("POST", it.url, safe=False, data=b"a")

        assert len(it.heard) == 1


def test_an_answer_cut_short_leaves_an_unsafe_request_unknown() -> None:
    cut = says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
    with line(cut) as it, pytest.raises(OutcomeUnknown):
        http.call("POST", it.url, safe=False)


def test_an_endless_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LARGEST_ANSWER", 1000)
    with (
        line(says(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000)) as it,
        pytest.raises(TemporaryFailure) as failure,
    ):
        http.call("GET", it.url, safe=True)

    assert failure.value.code == "answer_too_large"


def test_redirects_are_answers_and_not_followed() -> None:
    with line(says(b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n")) as it:
        assert http.call("GET", it.url, safe=True).status == 302


@pytest.mark.parametrize(("url", "headers"), [("nonsense", {}), ("http://", {}), ("http://127.0.0.1", {"A": "b\nc"})])
def test_a_request_that_cannot_be_made_never_will_be(url: str, headers: dict[str, str]) -> None:
    with pytest.raises(PermanentFailure) as failure:
        http.call("GET", url, safe=True, headers=headers)

    assert failure.value.code == "bad_request"


def test_cookies_are_not_kept() -> None:
    baked = OK.replace(b"Connection", b"Set-Cookie: a=b; Path=/\r\nConnection")
    with line(says(baked), says(baked)) as it:
        http.call("GET", it.url, safe=True)
        http.call("GET", it.url, safe=True)

        assert b"Cookie" not in it.heard[1]


def test_passwords_lying_about_on_the_machine_are_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with line(says(OK)) as it:
        http.call("GET", it.url, safe=True)

        assert b"Authorization" not in it.heard[0]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "Sun, 22 Nov 2026 12:00:30 GMT", "Date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 30),
        ({"Retry-After": "Sun, 22 Nov 2026 11:00:00 GMT", "Date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 0),
        ({"Retry-After": "99999999999"}, 86400),
        ({"Retry-After": "Sun, 22 Nov 2026 12:00:30 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-1"}, None),
        ({}, None),
    ],
)
def test_the_wait_a_sender_asks_for_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert http.Answer(429, headers, b"").retry_after == seconds


def test_logs_name_method_host_and_status_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with line(says(OK)) as it:
        http.call("GET", f"{it.url}/secret/path", safe=True, params={"To": "+14155550123"}, auth=("name", "password"))

    text = json.dumps([record.getMessage() for record in caplog.records])
    assert "GET 127.0.0.1:" in text
    assert " 200 " in text
    assert not [word for word in ("secret", "4155550123", "password", "ok\\r") if word in text]


def test_a_failure_carries_no_address_even_in_its_chain() -> None:
    with pytest.raises(EffectError) as failure:
        http.call("GET", closed_port() + "/?To=%2B14155550123", safe=True)

    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__
    assert "4155550123" not in str(failure.value)


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("Invalid number: +1 (415) 555-0123.", "Invalid number: …."),
        ("code 047 193 508", "code …"),
        ("status 404,\n line 12", "status 404, line 12"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_vendors_words_are_made_fit_for_a_log(text: str, scrubbed: str) -> None:
    assert http.scrub(text) == scrubbed
