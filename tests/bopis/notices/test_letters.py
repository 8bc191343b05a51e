from __future__ import annotations

import datetime as dt
import re

import pytest

from bopis.notices.letters import Written, hold_over, ready

UNTIL = dt.datetime(2026, 11, 25, 23, 0, tzinfo=dt.UTC)
LINK = "https://pickup.example.com/p/" + "x" * 22
CODE = "047 193 508"


def letter(
    store: str = "Fernhill High Street",
    order: str = "#1001",
    first_name: str = "Erin",
    code: str | None = CODE,
    at_counter: bool = False,
) -> Written:
    return ready(
        store=store,
        address="12 High Street",
        order=order,
        first_name=first_name,
        code=code,
        until=UNTIL,
        time_zone="America/New_York",
        link=LINK,
        at_counter=at_counter,
    )


@pytest.mark.parametrize("way", ["text", "html"])
def test_a_letter_says_who_what_code_where_until_when_and_where_the_qr_is(way: str) -> None:
    said = getattr(letter(), way)
    for part in ("Erin", "#1001", CODE, "Fernhill High Street, 12 High Street", "Wed 25 Nov 18:00", LINK):
        assert part in said
    assert "America/New York time" in said


def test_the_code_never_stands_in_the_subject() -> None:
    assert letter().subject == "#1001 is ready at Fernhill High Street"


def test_nothing_is_loaded_from_anywhere_and_only_the_pickups_page_is_linked() -> None:
    assert not re.search(r"<(img|link|script|iframe|object)|src=|url\(", letter().html)
    assert re.findall(r'https?://[^"<]+', letter().html) == [LINK]


def test_names_are_shown_as_they_are_and_never_as_markup() -> None:
    odd = letter(store="A & B <b>", first_name="<script>", order='"1"')
    assert "A &amp; B &lt;b&gt;" in odd.html and "&lt;script&gt;" in odd.html and "<b>" not in odd.html
    assert "A & B <b>" in odd.text


def test_a_line_break_in_a_name_starts_no_new_header() -> None:
    assert letter(order="#1\r\nBcc: other@example.com").subject.startswith("#1 Bcc: other@example.com is ready")


def test_without_a_name_a_code_or_a_locker_the_words_still_fit() -> None:
    said = letter(first_name="", code=None, at_counter=True)
    assert said.text.startswith("Hello,\n") and "at the counter" in said.text and "Code:" not in said.text
    assert "lockers" not in said.text and "lockers" not in said.html


@pytest.mark.parametrize("way", ["text", "html"])
def test_that_it_is_over_is_said_without_a_code(way: str) -> None:
    written = hold_over(
        store="Fernhill High Street", order="#1001", address="12 High Street", first_name="Erin", link=LINK, code=CODE
    )
    said = getattr(written, way)
    for part in ("Hello Erin,", "#1001 was not picked up in time", "Fernhill High Street, 12 High Street", LINK):
        assert part in said
    assert "047" not in said and "Until" not in said
    assert written.subject == "#1001 was not picked up in time"
