"""Typing a code at the kiosk, and what each verdict says."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Kiosk
from tests.browser.kiosk_stub import session

pytestmark = pytest.mark.browser

HOME = "Type the nine digits from your message"
CODE = "047193508"


def test_the_keypad_is_there_at_once(kiosk: Kiosk) -> None:
    kiosk.reads(HOME)
    expect(kiosk.page.get_by_role("group", name="Keypad").get_by_role("button")).to_have_count(12)
    kiosk.says("or hold your QR code to the scanner")


def test_nine_touched_digits_are_sent_by_themselves(kiosk: Kiosk) -> None:
    kiosk.tap(*CODE)
    kiosk.reads("That code did not open a door")
    assert kiosk.bridge.posts("/api/code") == [{"code": CODE}]


def test_digits_show_and_can_be_taken_back(kiosk: Kiosk) -> None:
    kiosk.tap(*"0471", "Delete")
    assert kiosk.shown_digits() == "047"
    kiosk.tap("Clear")
    assert kiosk.shown_digits() == ""
    assert kiosk.bridge.asked == []


def test_a_hardware_keyboard_types_too(kiosk: Kiosk) -> None:
    kiosk.page.keyboard.type("04799", delay=60)
    kiosk.page.keyboard.press("Backspace")
    kiosk.page.keyboard.press("Backspace")
    kiosk.page.keyboard.type("193508", delay=60)
    kiosk.reads("That code did not open a door")
    assert kiosk.bridge.posts("/api/code") == [{"code": CODE}]


def test_keys_work_by_tab_and_enter_alone(kiosk: Kiosk) -> None:
    key = kiosk.page.get_by_role("button", name="4", exact=True)
    key.focus()
    kiosk.page.keyboard.press("Enter")
    kiosk.page.keyboard.press("Tab")
    kiosk.page.keyboard.press("Space")
    expect(kiosk.page.get_by_text("4 5: 2 of 9 digits")).to_be_attached()


def test_a_refused_code_is_gone_and_the_next_try_starts_right_there(kiosk: Kiosk) -> None:
    kiosk.tap(*CODE)
    kiosk.says("Check the nine digits in your message and type them again")
    assert kiosk.shown_digits() == ""
    kiosk.tap("1")
    kiosk.reads(HOME)
    assert kiosk.shown_digits() == "1"


def test_after_a_no_help_is_one_tap_away(kiosk: Kiosk) -> None:
    kiosk.tap(*CODE)
    kiosk.reads("That code did not open a door")
    kiosk.tap("I need help")
    kiosk.reads("We have told the staff")
    assert kiosk.bridge.posts("/api/problem") == [{"problem": "help"}]


def test_without_a_bridge_to_pass_it_on_help_says_so(kiosk: Kiosk) -> None:
    kiosk.bridge.show(assist=True)
    kiosk.reads("Please use your QR code")
    kiosk.bridge.refuses = True
    kiosk.tap("I need help")
    kiosk.says("We could not pass that on from here")


def test_an_accepted_code_leads_to_its_door(kiosk: Kiosk) -> None:
    kiosk.bridge.answer("open")
    kiosk.tap(*CODE)
    kiosk.reads("Checking…")
    kiosk.bridge.show(session=session("opening"))
    kiosk.reads("Door 7 is opening")
    assert CODE not in kiosk.page.content()


def test_goods_at_the_counter_are_announced(kiosk: Kiosk) -> None:
    kiosk.bridge.answer("counter")
    kiosk.tap(*CODE)
    kiosk.reads("Please go to the counter")
    kiosk.says("We have told them you are here.")
    kiosk.tap("Done")
    kiosk.reads(HOME)


def test_a_paused_kiosk_counts_down_and_comes_back_by_itself(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.bridge.answer("wait", retry_after=30)
    kiosk.tap(*CODE)
    kiosk.reads("A short pause")
    expect(kiosk.page.get_by_role("timer")).to_have_text("0:29")
    kiosk.page.clock.fast_forward(31_000)
    kiosk.reads(HOME)


def test_a_pause_that_was_there_before_shows_too(kiosk: Kiosk) -> None:
    kiosk.bridge.show(paused_seconds=90)
    kiosk.reads("A short pause")
    expect(kiosk.page.get_by_role("timer")).to_have_text("1:28")
    kiosk.bridge.show(paused_seconds=0)
    kiosk.reads(HOME)


def test_assist_mode_offers_the_qr_code_and_takes_no_digits(kiosk: Kiosk) -> None:
    kiosk.bridge.show(assist=True)
    kiosk.reads("Please use your QR code")
    kiosk.page.keyboard.type(CODE, delay=60)
    expect(kiosk.page.locator(".slot")).to_have_count(0)
    assert kiosk.bridge.asked == []


def test_a_closed_verdict_says_the_same_as_assist_mode(kiosk: Kiosk) -> None:
    kiosk.bridge.answer("closed")
    kiosk.tap(*CODE)
    kiosk.reads("Please use your QR code")


def test_busy_asks_to_wait_for_the_other_door(kiosk: Kiosk) -> None:
    kiosk.bridge.answer("busy")
    kiosk.tap(*CODE)
    kiosk.reads("Another door is in use")


def test_who_has_not_paid_is_shown_where_to(kiosk: Kiosk) -> None:
    kiosk.bridge.answer("pay")
    kiosk.tap(*CODE)
    kiosk.reads("Please pay first")
    kiosk.says("open the link in your message")


def test_an_error_of_the_bridge_is_no_verdict(kiosk: Kiosk) -> None:
    kiosk.bridge.refuses = True
    kiosk.tap(*CODE)
    kiosk.reads("That did not go through")
    kiosk.says("the counter can help")


@pytest.mark.parametrize(
    ("trouble", "title"),
    [
        ("board_silent", "The lockers need a moment"),
        ("disk", "The lockers need a moment"),
        ("not_enrolled", "These lockers are not open yet"),
    ],
)
def test_trouble_sends_people_to_the_counter(kiosk: Kiosk, trouble: str, title: str) -> None:
    kiosk.bridge.show(trouble=trouble, ready=False)
    kiosk.reads(title)
    kiosk.says("Please go to the counter")
    kiosk.bridge.show(trouble=None, ready=True)
    kiosk.reads(HOME)


def test_a_starting_bridge_asks_for_a_moment(kiosk: Kiosk) -> None:
    kiosk.bridge.show(ready=False)
    kiosk.reads("One moment…")


def test_a_bridge_that_went_away_is_waited_for(kiosk: Kiosk) -> None:
    kiosk.tap(*"047")
    kiosk.bridge.away = True
    kiosk.bridge.show()
    kiosk.reads("One moment…")
    kiosk.bridge.away = False
    kiosk.reads(HOME)
    assert kiosk.shown_digits() == ""


def test_shoppers_do_not_hear_that_the_internet_is_down_but_staff_do(kiosk: Kiosk) -> None:
    kiosk.bridge.show(online=False)
    kiosk.tap("Staff")
    kiosk.says("No internet.")
    kiosk.tap("Close")
    expect(kiosk.page.get_by_text("internet")).to_be_hidden()
    kiosk.reads(HOME)


def test_staff_read_the_presence_code_and_its_time(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.tap("Staff")
    expect(kiosk.page.locator(".presence")).to_have_text("482913")
    expect(kiosk.page.get_by_text("New code in 1")).to_be_visible()
    kiosk.bridge.show(presence={"code": "775120", "seconds_left": 30})
    expect(kiosk.page.locator(".presence")).to_have_text("775120")


def test_an_old_presence_code_is_never_shown(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.tap("Staff")
    kiosk.bridge.show(presence={"code": "482913", "seconds_left": 0})
    kiosk.says("New code is coming…")
    expect(kiosk.page.locator(".presence")).to_have_text("")


def test_staff_see_what_ails_the_bank(kiosk: Kiosk) -> None:
    doors = [dict(door) for door in kiosk.bridge.state["doors"]]
    doors[2]["in_service"] = False
    doors[8]["state"] = "unknown"
    kiosk.bridge.show(doors=doors)
    kiosk.tap("Staff")
    kiosk.says("Out of service: 3")
    kiosk.says("Sensor silent: 9")
