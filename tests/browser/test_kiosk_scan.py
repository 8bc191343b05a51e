"""QR codes at the kiosk: a scanner types like a keyboard, and anyone may hold anything to it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Kiosk
from tests.browser.kiosk_stub import session
from tests.firmware_bridge.world import until

pytestmark = pytest.mark.browser

HOME = "Type the nine digits from your message"
QR = "LKR1:ABCDEFGHIJKLMNOPQRSTUVWX23"
OTHER_QR = "LKR1:ZBCDEFGHIJKLMNOPQRSTUVWX23"
STRAY = "That is not a pickup code"


def test_a_scanned_qr_is_sent_as_it_is_and_never_shown(kiosk: Kiosk) -> None:
    kiosk.bridge.answer("open")
    kiosk.scan(QR)
    kiosk.reads("Checking…")
    assert kiosk.shown_digits() == ""
    kiosk.bridge.show(session=session("open"))
    kiosk.reads("Door 7 is open")
    assert kiosk.bridge.posts("/api/scan") == [{"text": QR}]
    assert QR not in kiosk.page.content()


def test_a_real_keyboard_may_be_the_scanner(kiosk: Kiosk) -> None:
    kiosk.page.keyboard.type(QR)
    kiosk.page.keyboard.press("Enter")
    kiosk.reads("That QR code did not open a door")
    assert kiosk.bridge.posts("/api/scan") == [{"text": QR}]


def test_a_scan_presses_no_button_that_has_the_focus(kiosk: Kiosk) -> None:
    kiosk.page.get_by_role("button", name="Staff").focus()
    kiosk.scan(QR)
    kiosk.reads("That QR code did not open a door")
    expect(kiosk.page.get_by_role("dialog")).to_have_count(0)


def test_a_qr_held_to_the_scanner_is_sent_once(kiosk: Kiosk) -> None:
    for _ in range(4):
        kiosk.scan(QR)
    kiosk.reads("That QR code did not open a door")
    kiosk.scan(QR)
    kiosk.scan(OTHER_QR)
    until(lambda: len(kiosk.bridge.posts("/api/scan")) > 1)
    assert kiosk.bridge.posts("/api/scan") == [{"text": QR}, {"text": OTHER_QR}]


@pytest.mark.parametrize(
    "text",
    [
        "4006381333931",
        "96385074",
        "https://example.com/p/047193508",
        "LKR1:abcdefghijklmnopqrstuvwx23",
        "LKR2:ABCDEFGHIJKLMNOPQRSTUVWX23",
        "LKR1:" + "A" * 60,
        "LKR1:' OR 1=1 --",
        "<script>alert(1)</script>",
        "x" * 5000,
    ],
)
def test_anything_else_that_is_scanned_is_not_passed_on(kiosk: Kiosk, text: str) -> None:
    kiosk.scan(text)
    kiosk.reads(STRAY)
    assert kiosk.shown_digits() == ""
    assert kiosk.bridge.asked == []


def test_a_stray_scan_leaves_the_next_real_one_alone(kiosk: Kiosk) -> None:
    kiosk.scan("4006381333931")
    kiosk.scan(QR)
    kiosk.reads("That QR code did not open a door")
    assert kiosk.bridge.posts("/api/scan") == [{"text": QR}]


@pytest.mark.parametrize("keys", ["Control+p", "Control+o", "Alt+F4", "F11", "F12", "Control+Shift+i"])
def test_keys_that_leave_the_page_do_nothing(kiosk: Kiosk, keys: str) -> None:
    kiosk.page.evaluate("document.addEventListener('keydown', e => window.kept = e.defaultPrevented)")
    kiosk.page.keyboard.press(keys)
    assert kiosk.page.evaluate("window.kept") is True
    kiosk.reads(HOME)


def test_scans_are_ignored_while_a_door_is_open(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("open"))
    kiosk.reads("Door 7 is open")
    kiosk.scan(QR)
    kiosk.bridge.show(session=session("shut"))
    kiosk.reads("All yours")
    assert kiosk.bridge.asked == []


def test_the_next_shopper_may_scan_while_the_thanks_still_stand(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("shut"))
    kiosk.reads("All yours")
    kiosk.scan(QR)
    kiosk.reads("That QR code did not open a door")
    assert [path for path, _ in kiosk.bridge.asked] == ["/api/done", "/api/scan"]


def test_a_paused_kiosk_still_takes_qr_codes(kiosk: Kiosk) -> None:
    kiosk.bridge.show(paused_seconds=90)
    kiosk.reads("A short pause")
    kiosk.bridge.answer("open")
    kiosk.scan(QR)
    kiosk.bridge.show(session=session("open"))
    kiosk.reads("Door 7 is open")
