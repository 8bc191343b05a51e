"""Ways out of the page: keys, gestures, addresses, files and what a scanner can be made to press. None works.

What only the operating system can take away (Ctrl+Alt+F1 and the like) is listed in docs/kiosk.md.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import CDPSession, Error, expect

from tests.browser.conftest import Kiosk
from tests.browser.kiosk_stub import session

HOME = "Type the nine digits from your message"
LETTERS = [f"Control+{key}" for key in "abcdefghijlmnopqrstuvwxyz"]
KEYS = [
    *LETTERS,
    *(f"Control+Shift+{key}" for key in ("i", "j", "c", "n", "t", "w", "Delete", "Escape", "Tab")),
    *(f"Control+{key}" for key in ("+", "-", "0", "Tab", "F4", "PageDown", "Escape")),
    *(f"Alt+{key}" for key in ("ArrowLeft", "ArrowRight", "Home", "d", "f", "F4", "Tab", "Escape", "Space")),
    *(f"Meta+{key}" for key in ("l", "r", "d", "Tab")),
    *(f"F{n}" for n in range(1, 13)),
    *("ContextMenu", "Insert", "Home", "End", "Escape", "Backspace"),
]
HARMLESS = {"Escape", "Backspace"}
PRESS_ALL = """keys => keys.forEach(([key, more]) => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true, ...more})))"""


def still_there(kiosk: Kiosk) -> None:
    """The visitor is where they were, on the only page there is."""
    assert kiosk.page.url == kiosk.bridge.url
    assert len(kiosk.page.context.pages) == 1
    kiosk.reads(HOME)
    assert kiosk.page.evaluate("[history.length, visualViewport.scale, scrollX, String(getSelection())]")[1:] == [
        1,
        0,
        "",
    ]


@pytest.fixture
def devtools(kiosk: Kiosk) -> CDPSession:
    """Fingers and files, as the browser gets them from the system."""
    return kiosk.page.context.new_cdp_session(kiosk.page)


def test_no_key_reaches_the_browser(kiosk: Kiosk) -> None:
    kiosk.page.evaluate(
        """() => {
          window.passed = [];
          addEventListener("keydown", (e) => e.defaultPrevented || window.passed.push(e.key));
        }"""
    )
    modifiers = {"Control", "Alt", "Meta", "Shift"}
    for keys in KEYS:
        kiosk.page.keyboard.press(keys)
    assert set(kiosk.page.evaluate("window.passed")) - HARMLESS - {"Shift"} == set(), modifiers
    still_there(kiosk)


def test_tab_goes_round_and_never_out(kiosk: Kiosk) -> None:
    buttons = kiosk.page.locator("button:visible").count()
    seen = []
    for _ in range(buttons + 2):
        kiosk.page.keyboard.press("Tab")
        seen.append(kiosk.page.evaluate("document.activeElement.tagName + document.activeElement.innerText"))
    assert {name[:6] for name in seen} == {"BUTTON"}
    assert seen[0] == seen[buttons]
    kiosk.page.keyboard.press("Shift+Tab")
    assert kiosk.page.evaluate("document.activeElement.tagName") == "BUTTON"


def test_a_dialog_keeps_the_focus(kiosk: Kiosk) -> None:
    kiosk.tap("Easier to use")
    for _ in range(8):
        kiosk.page.keyboard.press("Tab")
        assert kiosk.page.evaluate("document.activeElement.closest('dialog') !== null")


def test_fingers_neither_zoom_nor_drag_nor_open_a_menu(kiosk: Kiosk, devtools: CDPSession) -> None:
    kiosk.page.evaluate(
        """() => {
          window.menus = [];
          addEventListener("contextmenu", (e) => window.menus.push(e.defaultPrevented));
        }"""
    )
    devtools.send("Input.synthesizePinchGesture", {"x": 540, "y": 900, "scaleFactor": 3})
    devtools.send("Input.synthesizeTapGesture", {"x": 300, "y": 620, "duration": 1200})
    for x, distance in ((5, 900), (1075, -900)):
        devtools.send(
            "Input.synthesizeScrollGesture", {"x": x, "y": 700, "xDistance": distance, "yDistance": 0, "speed": 4000}
        )
    devtools.send(
        "Input.synthesizeScrollGesture", {"x": 540, "y": 300, "xDistance": 0, "yDistance": 900, "speed": 4000}
    )
    kiosk.page.mouse.click(300, 620, button="right")
    kiosk.page.mouse.click(300, 620, button="middle")
    kiosk.page.mouse.dblclick(300, 620)
    assert False not in kiosk.page.evaluate("window.menus")
    assert kiosk.page.evaluate("window.menus.length") > 0
    still_there(kiosk)


def test_nothing_can_be_dragged_in_marked_or_pasted(kiosk: Kiosk, devtools: CDPSession) -> None:
    data = {
        "items": [{"mimeType": "text/uri-list", "data": "https://example.com/"}],
        "files": ["/etc/hostname"],
        "dragOperationsMask": 1,
    }
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 500, "y": 500, "data": data})
    outcome = kiosk.page.evaluate(
        """["dragstart", "selectstart", "copy", "cut", "paste", "drop"].map((name) =>
            document.querySelector("h1").dispatchEvent(new Event(name, {bubbles: true, cancelable: true})))"""
    )
    assert outcome == [False] * 6
    still_there(kiosk)


def test_no_screen_holds_a_link_a_field_or_another_page(kiosk: Kiosk) -> None:
    states: list[dict[str, Any]] = [
        {},
        {"session": session("open")},
        {"session": session("shut", can_reopen=True)},
        {"session": None, "trouble": "disk"},
    ]
    for state in states:
        kiosk.bridge.show(**state)
        ways = "a, area, form, input, textarea, select, iframe, object, embed, video, audio, [contenteditable]"
        expect(kiosk.page.locator(ways)).to_have_count(0)
    kiosk.bridge.show(trouble=None)


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "chrome://settings/", "view-source:http://127.0.0.1/", "data:text/html,x"],
)
def test_the_page_cannot_be_led_to_the_browsers_own_addresses(kiosk: Kiosk, address: str) -> None:
    kiosk.page.evaluate(
        "(address) => { try { window.location.href = address; } catch { /* refused at once */ } }", address
    )
    kiosk.tap("5")
    assert kiosk.page.url == kiosk.bridge.url
    kiosk.complaints.clear()


def test_nothing_from_elsewhere_runs_or_loads(kiosk: Kiosk) -> None:
    kiosk.page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.ran = 'inline'";
          const far = document.createElement("script");
          far.src = "data:text/javascript,window.ran='far'";
          const frame = document.createElement("iframe");
          frame.src = "https://example.com/";
          document.body.append(script, far, frame);
        }"""
    )
    kiosk.tap("5")
    assert kiosk.page.evaluate("window.ran") is None
    with pytest.raises(Error, match=r"Content Security Policy|Content-Security-Policy"):
        kiosk.page.add_script_tag(content="window.ran = 1")
    kiosk.complaints.clear()


def test_a_code_that_presses_keys_presses_nothing(kiosk: Kiosk) -> None:
    control = [(key, {"ctrlKey": True}) for key in "nothpw"]
    alt = [("F4", {"altKey": True}), ("ArrowLeft", {"altKey": True}), ("F11", {}), ("F12", {})]
    for injected in ([("~", {})], []):
        text = [(sign, {}) for sign in "LKR1:abc"]
        kiosk.page.evaluate(PRESS_ALL, [*injected, *text, *control, *alt, ("Tab", {}), ("Escape", {}), ("Enter", {})])
        kiosk.reads("That is not a pickup code")
    assert len(kiosk.page.context.pages) == 1
    assert kiosk.page.url == kiosk.bridge.url
    assert kiosk.bridge.asked == []
    expect(kiosk.page.locator("dialog[open]")).to_have_count(0)


def test_what_a_scanner_types_after_its_prefix_never_reaches_the_boxes(kiosk: Kiosk) -> None:
    kiosk.page.evaluate(PRESS_ALL, [(sign, {}) for sign in "~047193508"] + [("Enter", {})])
    kiosk.reads("That is not a pickup code")
    assert kiosk.shown_digits() == ""
    assert kiosk.bridge.asked == []
    kiosk.page.evaluate(PRESS_ALL, [(sign, {}) for sign in "~LKR1:ABCDEFGHIJKLMNOPQRSTUVWX23"] + [("Enter", {})])
    kiosk.reads("That QR code did not open a door")
    assert kiosk.bridge.posts("/api/scan") == [{"text": "LKR1:ABCDEFGHIJKLMNOPQRSTUVWX23"}]


def test_a_scan_presses_no_button_of_a_dialog(kiosk: Kiosk) -> None:
    kiosk.tap("Easier to use")
    kiosk.page.get_by_role("button", name="Larger text").focus()
    kiosk.page.evaluate(PRESS_ALL, [(sign, {}) for sign in "~LKR1:  X"] + [("Enter", {})])
    expect(kiosk.page.get_by_role("button", name="Larger text")).to_have_attribute("aria-pressed", "false")
