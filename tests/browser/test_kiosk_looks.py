"""Every screen of the kiosk: accessible, inside the panel, and big enough for a thumb."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, TimeoutError, expect

from tests.browser.conftest import KIOSK_PORTRAIT, Kiosk
from tests.browser.kiosk_stub import KioskStub, session

pytestmark = pytest.mark.browser

PANELS = [KIOSK_PORTRAIT, {"width": 1920, "height": 1080}, {"width": 1280, "height": 800}]
PHONE = {"width": 390, "height": 844}
SMALLEST_TARGET_MM = 20
PX_PER_MM = 5.5
OUTSIDE = """() => {
  const root = document.documentElement;
  const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1
    && !e.closest(".visually-hidden") && e.checkVisibility());
  const [sideways, down] = [root.scrollWidth - innerWidth, root.scrollHeight - innerHeight];
  return {sideways, down, wide: wide.map((e) => e.className)};
}"""
CLIPPED = """() => [...document.querySelectorAll("main .button, main h1, main p, .foot .button")]
  .filter((e) => e.checkVisibility() && !e.closest(".visually-hidden") && e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.textContent)"""


FITS = {"sideways": 0, "down": 0, "wide": []}


def _once_settled(kiosk: Kiosk, script: str, wanted: Any) -> Any:
    """What a script finds, given the layout a moment to become what is wanted."""
    with suppress(TimeoutError):
        same = f"(wanted) => JSON.stringify(({script})()) === JSON.stringify(wanted)"
        kiosk.page.wait_for_function(same, arg=wanted, timeout=3_000)
    return kiosk.page.evaluate(script)


def _resize(kiosk: Kiosk, panel: dict[str, int]) -> None:
    kiosk.page.set_viewport_size(panel)
    kiosk.page.wait_for_function("([w, h]) => innerWidth === w && innerHeight === h", arg=list(panel.values()))


def _refused(kiosk: Kiosk) -> None:
    kiosk.tap(*"047193508")


def _typed(kiosk: Kiosk) -> None:
    kiosk.tap(*"04719")


def _staff(kiosk: Kiosk) -> None:
    kiosk.tap("Staff")


def _reported(kiosk: Kiosk) -> None:
    kiosk.tap("It was empty")


@dataclass(frozen=True)
class Screen:
    """One screen: what the bridge says, what the visitor does, and what then stands there."""

    words: str
    state: dict[str, Any] = field(default_factory=dict)
    deed: Callable[[Kiosk], None] = lambda kiosk: None


SCREENS = {
    "home": Screen("or hold your QR code to the scanner"),
    "typed": Screen("or hold your QR code", deed=_typed),
    "refused": Screen("That code did not open a door", deed=_refused),
    "paused": Screen("A short pause", {"paused_seconds": 75}),
    "assist": Screen("Please use your QR code", {"assist": True}),
    "trouble": Screen("The lockers need a moment", {"trouble": "board_silent"}),
    "moment": Screen("One moment…", {"ready": False}),
    "opening": Screen("Door 7 is opening", {"session": session("opening")}),
    "push": Screen("Push door 7 gently", {"session": session("push")}),
    "open": Screen("Door 7 is open", {"session": session("open", doors_total=2, doors_left=1)}),
    "left open": Screen("Please push door 7 shut", {"session": session("open", left_open=True)}),
    "next": Screen("One more door", {"session": session("shut", doors_total=2, doors_left=1, can_reopen=True)}),
    "shut": Screen("All yours", {"session": session("shut", can_reopen=True)}),
    "failed": Screen("Door 7 did not open", {"session": session("failed", can_reopen=True)}),
    "counter": Screen("Please go to the counter", {"session": session("counter", door=None)}),
    "reported": Screen("We have told the staff", {"session": session("open")}, _reported),
    "staff door": Screen("Door 22 is open", {"session": session("open", who="staff", door=22), "online": False}),
    "staff code": Screen("For staff", {"online": False}, _staff),
}


def _lit(chromium: Browser, bridge: KioskStub, scheme: str) -> Iterator[Kiosk]:
    options = {"color_scheme": scheme, "reduced_motion": "reduce"}
    with chromium.new_context(viewport=KIOSK_PORTRAIT, has_touch=True, **options) as context:
        context.set_default_timeout(10_000)
        yield Kiosk(context.new_page(), bridge)


@pytest.fixture(params=["light", "dark"])
def lit_kiosk(request: pytest.FixtureRequest, chromium: Browser, bridge: KioskStub) -> Iterator[Kiosk]:
    """A visitor in the light and in the dark, before opening the page."""
    yield from _lit(chromium, bridge, request.param)


@pytest.fixture
def calm_kiosk(chromium: Browser, bridge: KioskStub) -> Iterator[Kiosk]:
    """A visitor whom motion disturbs, before opening the page."""
    yield from _lit(chromium, bridge, "light")


def _go_to(kiosk: Kiosk, screen: Screen) -> None:
    kiosk.bridge.show(**screen.state)
    kiosk.visit()
    screen.deed(kiosk)
    kiosk.says(screen.words)
    expect(kiosk.page.locator(".screen--checking")).to_have_count(0)


def _too_small(kiosk: Kiosk) -> list[tuple[str, float, float]]:
    """Buttons under 20 mm: their words, width and height in millimetres."""
    boxes = [(button.inner_text(), button.bounding_box()) for button in kiosk.page.get_by_role("button").all()]
    sizes = [(words, box["width"] / PX_PER_MM, box["height"] / PX_PER_MM) for words, box in boxes if box]
    return [size for size in sizes if min(size[1:]) < SMALLEST_TARGET_MM - 0.1]


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_accessible(lit_kiosk: Kiosk, name: str) -> None:
    _go_to(lit_kiosk, SCREENS[name])
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
    found = Axe().run(lit_kiosk.page, options=rules)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_fits_every_panel(calm_kiosk: Kiosk, name: str) -> None:
    kiosk = calm_kiosk
    _go_to(kiosk, SCREENS[name])
    for panel in PANELS:
        _resize(kiosk, panel)
        assert _once_settled(kiosk, OUTSIDE, FITS) == FITS, panel
        assert kiosk.page.evaluate(CLIPPED) == [], panel
        assert _too_small(kiosk) == [], panel
    _resize(kiosk, PHONE)
    outside = _once_settled(kiosk, OUTSIDE, FITS)
    assert (outside["sideways"], outside["wide"]) == (0, [])
    assert kiosk.page.evaluate(CLIPPED) == []


def test_a_finer_panel_gets_larger_buttons(kiosk: Kiosk) -> None:
    coarse = kiosk.page.get_by_role("button", name="Staff").bounding_box()
    kiosk.bridge.px_per_mm = 8
    kiosk.visit()
    fine = kiosk.page.get_by_role("button", name="Staff").bounding_box()
    kiosk.bridge.px_per_mm = 5.5
    assert fine["height"] == pytest.approx(coarse["height"] * 8 / 5.5, rel=0.02)


def test_nothing_can_be_marked_dragged_or_asked_a_menu_of(kiosk: Kiosk) -> None:
    outcome = kiosk.page.evaluate(
        """["contextmenu", "dragstart", "selectstart"].map((name) =>
            document.querySelector("h1").dispatchEvent(new Event(name, {bubbles: true, cancelable: true})))"""
    )
    assert outcome == [False, False, False]
    kiosk.page.keyboard.press("Control+a")
    assert kiosk.page.evaluate("getSelection().toString()") == ""


def test_right_to_left_mirrors_the_page_but_not_the_code(kiosk: Kiosk) -> None:
    kiosk.page.evaluate("document.documentElement.dir = 'rtl'")
    boxes = kiosk.page.locator(".slot")
    assert boxes.first.bounding_box()["x"] < boxes.last.bounding_box()["x"]
    staff = kiosk.page.get_by_role("button", name="Staff").bounding_box()
    assert staff["x"] < KIOSK_PORTRAIT["width"] / 2
    assert kiosk.page.evaluate(OUTSIDE)["sideways"] == 0


def test_motion_stops_for_those_who_ask(calm_kiosk: Kiosk) -> None:
    _go_to(calm_kiosk, SCREENS["opening"])
    times = "getComputedStyle(document.querySelector('.bank__door--here')).animationIterationCount"
    assert calm_kiosk.page.evaluate(times) == "1"
