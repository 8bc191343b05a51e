"""A kiosk that is left alone forgets whoever was there, after asking; but never while their door is open."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Kiosk
from tests.browser.kiosk_stub import session

pytestmark = pytest.mark.browser

HOME = "Type the nine digits from your message"
QR = "LKR1:ABCDEFGHIJKLMNOPQRSTUVWX23"
ASKS_AFTER = 31_000
CLEARS_AFTER = 21_000


def asked(kiosk: Kiosk, times: int) -> None:
    expect(kiosk.page.get_by_role("alertdialog", name="Still there?")).to_have_count(times)


def test_half_a_code_is_asked_about_and_then_forgotten(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.tap(*"04719")
    kiosk.page.clock.fast_forward(ASKS_AFTER)
    asked(kiosk, 1)
    kiosk.page.clock.fast_forward(CLEARS_AFTER)
    asked(kiosk, 0)
    assert kiosk.shown_digits() == ""
    assert kiosk.bridge.asked == []


def test_one_touch_keeps_everything(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.tap(*"04719")
    kiosk.page.clock.fast_forward(ASKS_AFTER)
    asked(kiosk, 1)
    kiosk.tap("I am still here")
    asked(kiosk, 0)
    assert kiosk.shown_digits() == "04719"


def test_someone_who_leaves_can_clear_it_at_once(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.tap(*"04719")
    kiosk.page.clock.fast_forward(ASKS_AFTER)
    kiosk.tap("Clear it now")
    asked(kiosk, 0)
    assert kiosk.shown_digits() == ""


def test_a_refusal_does_not_stay_for_the_next_person(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.tap(*"047193508")
    kiosk.reads("That code did not open a door")
    kiosk.page.clock.fast_forward(ASKS_AFTER)
    asked(kiosk, 1)
    kiosk.page.clock.fast_forward(CLEARS_AFTER)
    kiosk.reads(HOME)


def test_a_finished_pickup_is_ended_for_those_who_just_left(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.bridge.show(session=session("shut"))
    kiosk.reads("All yours")
    kiosk.page.clock.fast_forward(ASKS_AFTER)
    asked(kiosk, 1)
    kiosk.page.clock.fast_forward(CLEARS_AFTER)
    kiosk.reads(HOME)
    assert kiosk.bridge.posts("/api/done") == [{}]


@pytest.mark.parametrize("phase", ["opening", "push", "open"])
def test_nobody_is_hurried_while_their_door_is_open(kiosk_in_time: Kiosk, phase: str) -> None:
    kiosk = kiosk_in_time
    kiosk.bridge.show(session=session(phase))
    expect(kiosk.page.locator(f"main [data-phase={phase}]").first).to_be_visible()
    kiosk.page.clock.run_for(120_000)
    asked(kiosk, 0)
    assert kiosk.bridge.asked == []


def test_an_empty_keypad_asks_nobody(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.page.clock.run_for(120_000)
    asked(kiosk, 0)


def test_the_staff_code_does_not_stay_on_the_screen(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.bridge.show(presence={"code": "482913", "seconds_left": 300})
    kiosk.tap("Staff")
    kiosk.page.clock.fast_forward(ASKS_AFTER)
    asked(kiosk, 1)
    kiosk.page.clock.fast_forward(CLEARS_AFTER)
    expect(kiosk.page.locator("dialog[open]")).to_have_count(0)
    assert "482" not in kiosk.page.content()


def test_nothing_of_a_visit_is_left_anywhere(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.tap(*"047193508")
    kiosk.reads("That code did not open a door")
    kiosk.page.keyboard.type(QR)
    kiosk.page.keyboard.press("Enter")
    kiosk.reads("That QR code did not open a door")
    kiosk.page.clock.fast_forward(ASKS_AFTER)
    asked(kiosk, 1)
    kiosk.page.clock.fast_forward(CLEARS_AFTER)
    kiosk.reads(HOME)
    page = kiosk.page.content()
    assert "047" not in page
    assert "LKR1" not in page
    assert kiosk.page.url == kiosk.bridge.url
    assert kiosk.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie.length, history.length]")[
        :3
    ] == [0, 0, 0]
