from __future__ import annotations

import datetime as dt

import pytest

from bopis.notices.texts import ONE_SEGMENT, at_counter_now, hold_over, in_locker_now, ready, septets

UNTIL = dt.datetime(2026, 11, 25, 23, 0, tzinfo=dt.UTC)
LINK = "https://pickup.example.com/p/" + "x" * 22


def text(
    store: str = "Fernhill High Street",
    order: str = "#1001",
    code: str | None = "047 193 508",
    at_counter: bool = False,
) -> str:
    return ready(
        store=store, order=order, code=code, until=UNTIL, time_zone="America/New_York", link=LINK, at_counter=at_counter
    )


def test_an_ordinary_text_says_who_what_code_until_when_and_where_and_fits_one_segment() -> None:
    assert text() == (
        f"Fernhill High Street: #1001 is ready. Locker code 047 193 508 until Wed 25 Nov 18:00. {LINK} STOP to opt out"
    )
    assert (septets(text()) or 999) <= ONE_SEGMENT


@pytest.mark.parametrize(
    "store", ["The Very Long Named Department Store of Fernhill", "Café “Zoë’s” — Łódź", "日本 Store", "a|b€c"]
)
@pytest.mark.parametrize("at_counter", [False, True])
def test_names_we_cannot_choose_are_brought_inside_one_segment(store: str, at_counter: bool) -> None:
    written = text(store=store, at_counter=at_counter)
    assert (septets(written) or 999) <= ONE_SEGMENT
    assert "047 193 508" in written and LINK in written


def test_at_the_counter_no_locker_is_promised() -> None:
    assert "at the counter. Code 047 193 508" in text(at_counter=True)


def test_without_a_code_the_text_asks_for_the_qr() -> None:
    assert "Show the QR until" in text(code=None)


@pytest.mark.parametrize("store", ["Fernhill High Street", "The Very Long Named Department Store of Fernhill"])
def test_what_left_its_locker_is_said_to_be_at_the_counter_in_one_segment(store: str) -> None:
    written = at_counter_now(
        store=store,
        order="#1001",
        code="047 193 508",
        until=UNTIL,
        time_zone="America/New_York",
        link=LINK,
        at_counter=True,
    )

    assert "#1001 is now at the counter, yours until Wed 25 Nov 18:00. Code 047 193 508." in written and LINK in written
    assert (septets(written) or 999) <= ONE_SEGMENT


@pytest.mark.parametrize("store", ["Fernhill High Street", "The Very Long Named Department Store of Fernhill"])
def test_that_it_is_over_is_said_in_one_segment_without_a_code(store: str) -> None:
    written = hold_over(store=store, order="#1001", link=LINK, code="047 193 508")
    assert "#1001 was not picked up in time and goes back." in written and LINK in written
    assert "047" not in written
    assert (septets(written) or 999) <= ONE_SEGMENT


def test_what_came_in_from_the_counter_is_said_in_one_segment() -> None:
    written = in_locker_now(
        store="Fernhill High Street",
        order="#1012",
        code="047 193 508",
        until=UNTIL,
        time_zone="America/New_York",
        link=LINK,
        at_counter=False,
    )
    assert "#1012 is now in a locker, yours until" in written and "Locker code 047 193 508" in written
    assert (septets(written) or 0) <= ONE_SEGMENT
