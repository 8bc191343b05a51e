"""A kiosk that is left alone forgets whoever was there, after asking; but never while their door is open."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Kiosk
from tests.browser.kiosk_stub import session
from tests.firmware_bridge.world import until

pytestmark = pytest.mark.browser

HOME = "Type the nine digits from your message"
QR = "LKR1:ABCDEFGHIJKLMNOPQRSTUVWX23"
ASKS_AFTER = 31_000
CLEARS_AFTER = 21_000


def asked(kiosk: Kiosk, times: int) -> None:
    expect(kiosk.page.get_by_role("alertdialog", name="Still there?")).to_have_count(times)


def pass_calmly(kiosk: Kiosk, seconds: int) -> None:
    """Let time pass in steps that the page's questions to the bridge survive."""
    while seconds > 0:
        before = kiosk.bridge.polls
        kiosk.bridge.show()
        until(lambda seen=before: kiosk.bridge.polls > seen)
        kiosk.page.clock.fast_forward(min(seconds, 10) * 1000)
        seconds -= 10


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
    pages = kiosk.page.evaluate("history.length")
    kiosk.tap("Deutsch", "Bedienhilfen")
    kiosk.page.get_by_role("button", name="Größere Schrift").tap()
    kiosk.page.get_by_role("button", name="Fertig").tap()
    kiosk.tap(*"047193508")
    kiosk.reads("Dieser Code hat keine Tür geöffnet")
    kiosk.scan(QR)
    kiosk.reads("Dieser QR-Code hat keine Tür geöffnet")
    kiosk.page.locator("#to-staff").focus()
    kiosk.page.clock.fast_forward(3 * ASKS_AFTER)
    expect(kiosk.page.get_by_role("alertdialog", name="Sind Sie noch da?")).to_have_count(1)
    kiosk.page.clock.fast_forward(3 * CLEARS_AFTER)
    kiosk.reads(HOME)
    page = kiosk.page.content()
    assert [trace for trace in ("047", "LKR1", "Deutsche", "hat keine Tür", "is-larger") if trace in page] == []
    assert (kiosk.page.url, kiosk.page.evaluate("history.length")) == (kiosk.bridge.url, pages)
    expect(kiosk.page.locator("html")).to_have_attribute("lang", "en")
    expect(kiosk.page.get_by_role("heading", level=1)).to_be_focused()
    assert kiosk.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie.length]") == [0, 0, 0]
    assert kiosk.page.evaluate("indexedDB.databases().then((all) => all.length)") == 0


def test_a_language_left_behind_is_asked_about_and_then_forgotten(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.tap("Español")
    kiosk.page.clock.fast_forward(ASKS_AFTER)
    expect(kiosk.page.get_by_role("alertdialog", name="¿Sigue ahí?")).to_have_count(1)
    kiosk.page.clock.fast_forward(CLEARS_AFTER)
    kiosk.reads(HOME)


def test_whoever_stays_is_asked_again_and_again_but_never_cleared(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.tap(*"04719")
    for _ in range(10):
        for seconds in (31, 9):
            pass_calmly(kiosk, seconds)
            asked(kiosk, 1)
        kiosk.tap("I am still here")
        asked(kiosk, 0)
    assert kiosk.shown_digits() == "04719"
