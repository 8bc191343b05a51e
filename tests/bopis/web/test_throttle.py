"""Wrong sign-ins per address: a lid that a store never feels, in memory that does not grow."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from bopis.errors import TooMany
from bopis.web.associate.throttle import AT_ONCE, AddressThrottle, caller
from tests.bopis.web.phone import Phone

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


def is_refused(throttle: AddressThrottle, address: str, now: dt.datetime) -> bool:
    try:
        throttle.check(address, now)
    except TooMany as problem:
        return problem.retry_after >= 1
    return False


def test_so_many_wrong_tries_close_an_address_and_time_opens_it_try_by_try() -> None:
    throttle = AddressThrottle(at_once=3, every=10 * SECOND)
    for _ in range(3):
        assert not is_refused(throttle, "a", NOW)
        throttle.wrong("a", NOW)
    assert is_refused(throttle, "a", NOW) and not is_refused(throttle, "b", NOW)
    assert is_refused(throttle, "a", NOW + 9 * SECOND) and not is_refused(throttle, "a", NOW + 10 * SECOND)
    throttle.wrong("a", NOW + 10 * SECOND)
    assert is_refused(throttle, "a", NOW + 10 * SECOND)
    assert not is_refused(throttle, "a", NOW + 60 * SECOND)


def test_what_it_remembers_is_bounded() -> None:
    throttle = AddressThrottle(most=100)
    for number in range(1000):
        throttle.wrong(str(number), NOW)
    assert len(throttle) == 100


@pytest.mark.parametrize(
    ("direct", "forwarded", "network"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "not an address", "10.0.0.2"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "", "203.0.113.7"),
        ("", "", ""),
    ],
)
def test_a_caller_is_its_network_and_only_a_proxy_beside_us_is_believed(
    direct: str, forwarded: str, network: str
) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    with Flask(__name__).test_request_context(environ_base={"REMOTE_ADDR": direct}, headers=headers):
        assert caller() == network


def test_after_too_many_from_one_network_nobody_there_is_let_in_for_a_moment(phone: Phone) -> None:
    for number in range(AT_ONCE):
        assert phone.sign_in(badge=f"Z{number}", pin="000000").status_code == 403
    refused = phone.sign_in()
    assert (refused.status_code, refused.get_json()["code"]) == (429, "too_many_tries")
    assert int(refused.headers["Retry-After"]) >= 1
    page = phone.sign_in(page=True)
    assert page.status_code == 429 and "Wait a minute" in page.text
    elsewhere = phone.client.post(
        "/associate/sign-in",
        data={"badge": "A1", "pin": "246810"},
        headers={"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": "203.0.113.9"},
    )
    assert elsewhere.status_code == 200
