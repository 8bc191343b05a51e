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
from tests.browser.kiosk_words import spoken

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

LANDSCAPE = {"width": 1920, "height": 1080}
PANELS = [KIOSK_PORTRAIT, LANDSCAPE, {"width": 1280, "height": 800}]
PHONE = {"width": 390, "height": 844}
SMALLEST_TARGET_MM = 20
PX_PER_MM = 5.5
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OUTSIDE = """() => {
  const root = document.documentElement;
  const wide = [...document.querySelectorAll("body *")]
    .filter((e) => !e.closest(".visually-hidden") && e.checkVisibility())
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1);
  const [sideways, down] = [root.scrollWidth - innerWidth, root.scrollHeight - innerHeight];
  return {sideways, down, wide: wide.map((e) => e.className)};
}"""
CLIPPED = """() => [...document.querySelectorAll(".button, main h1, main p, dialog p, dialog h2")]
  .filter((e) => e.checkVisibility() && !e.closest(".visually-hidden") && e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.textContent)"""
OVERLAPPING = """() => {
  const boxes = [...document.querySelectorAll(".top, .say, .show, .act, .code-area, .keys, .tongues, .foot .button")]
    .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height > 0)
    .map((e) => [e.className, e.getBoundingClientRect()]);
  const apart = (a, b) => a.right - 1 <= b.left || a.bottom - 1 <= b.top;
  const over = ([, a], [, b]) => !apart(a, b) && !apart(b, a);
  return boxes.flatMap((a, n) => boxes.slice(n + 1).filter((b) => over(a, b)).map((b) => `${a[0]} and ${b[0]}`));
}"""
SIZES = """() => [...(document.querySelector("dialog[open]") ?? document).querySelectorAll("button")]
  .filter((e) => e.checkVisibility()).map((e) => [e.innerText, e.getBoundingClientRect().toJSON()])"""
STILL = "() => document.getAnimations().every((each) => each.playState !== 'running')"
FITS = {"sideways": 0, "down": 0, "wide": []}


def _once_settled(kiosk: Kiosk, script: str, wanted: Any) -> Any:
    """What a script finds, given the layout a moment to become what is wanted."""
    with suppress(TimeoutError):
        same = f"(wanted) => JSON.stringify(({script})()) === JSON.stringify(wanted)"
        kiosk.page.wait_for_function(same, arg=wanted, timeout=2_000)
    return kiosk.page.evaluate(script)


def _resize(kiosk: Kiosk, panel: dict[str, int]) -> None:
    kiosk.page.set_viewport_size(panel)
    kiosk.page.wait_for_function("([w, h]) => innerWidth === w && innerHeight === h", arg=list(panel.values()))


def _refused(kiosk: Kiosk) -> None:
    kiosk.page.keyboard.type("047193508", delay=45)


def _typed(kiosk: Kiosk) -> None:
    kiosk.page.keyboard.type("04719", delay=45)


def _idle(kiosk: Kiosk) -> None:
    _typed(kiosk)
    expect(kiosk.page.locator(".slot--next")).to_have_count(1)
    kiosk.page.clock.fast_forward(31_000)


def _quarantined(kiosk: Kiosk) -> None:
    kiosk.bridge.show(quarantined=True)
    expect(kiosk.page.locator("main .banner")).to_be_visible()


def _reported(kiosk: Kiosk) -> None:
    kiosk.page.locator(".problems .button").first.tap()


def _press(button: str) -> Callable[[Kiosk], None]:
    return lambda kiosk: kiosk.page.locator(button).tap()


@dataclass(frozen=True)
class Screen:
    """One screen: by its words' name, what the bridge says, and what the visitor does to come there."""

    words: str
    state: dict[str, Any] = field(default_factory=dict)
    deed: Callable[[Kiosk], None] = lambda kiosk: None
    n: int = 7


SCREENS = {
    "home": Screen("home_title"),
    "typed": Screen("home_title", deed=_typed),
    "refused": Screen("no_typed_title", deed=_refused),
    "rest": Screen("rest_title", deed=lambda kiosk: kiosk.page.clock.fast_forward(121_000)),
    "idle": Screen("idle_title", deed=_idle),
    "ease": Screen("ease_title", deed=_press("#to-ease")),
    "languages": Screen("languages", {"session": session("open")}, _press("#to-languages")),
    "paused": Screen("paused_title", {"paused_seconds": 75}),
    "assist": Screen("assist_title", {"assist": True}),
    "trouble": Screen("trouble_title", {"trouble": "board_silent"}),
    "moment": Screen("moment_title", {"ready": False}),
    "opening": Screen("opening_title", {"session": session("opening")}),
    "push": Screen("push_title", {"session": session("push")}),
    "open": Screen("open_title", {"session": session("open", doors_total=2, doors_left=1)}),
    "left open": Screen("left_open_title", {"session": session("open", left_open=True)}),
    "next": Screen("more_title", {"session": session("shut", doors_total=2, doors_left=1, can_reopen=True)}, n=1),
    "shut": Screen("shut_title", {"session": session("shut", can_reopen=True)}),
    "pull": Screen("pull_title", {"session": session("pull", can_reopen=True)}),
    "unlocked": Screen("pull_title", {"session": session("open", sensor="hook", can_reopen=True)}),
    "quarantined": Screen("home_title", deed=_quarantined),
    "failed": Screen("failed_title", {"session": session("failed")}),
    "counter": Screen("counter_title", {"session": session("counter", door=None)}),
    "reported": Screen("reported_title", {"session": session("open")}, _reported),
    "kept": Screen("kept_title", {"session": session("open"), "online": False}, _reported),
    "staff door": Screen("open_title", {"session": session("open", who="staff", door=22), "online": False}, n=22),
    "staff code": Screen("staff_title", {"online": False}, _press("#to-staff")),
}


def _go_to(kiosk: Kiosk, language: str, screen: Screen, wish: str | None = None) -> None:
    kiosk.bridge.start_over()
    kiosk.bridge.language = language
    kiosk.page.goto(kiosk.bridge.url)
    expect(kiosk.page.locator(".slot")).to_have_count(9)
    if wish is not None:
        kiosk.page.locator("#to-ease").tap()
        kiosk.page.locator(f".toggle:has(.icon--{wish})").tap()
        kiosk.page.keyboard.press("Escape")
    kiosk.bridge.show(**screen.state)
    title = spoken(language, screen.words, screen.n)
    if screen.state:
        expect(kiosk.page.locator(".screen--home")).to_have_count(int("staff_" in screen.words))
    screen.deed(kiosk)
    expect(kiosk.page.locator("main, dialog[open]").get_by_text(title, exact=True).first).to_be_visible()
    expect(kiosk.page.locator(".screen--checking")).to_have_count(0)


@pytest.fixture
def visitor(chromium: Browser, bridge: KioskStub) -> Iterator[Kiosk]:
    """Someone whom motion disturbs, with a clock the test may turn, before opening the page."""
    with chromium.new_context(viewport=KIOSK_PORTRAIT, has_touch=True, reduced_motion="reduce") as context:
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.clock.install()
        yield Kiosk(page, bridge)


def languages(first: str, *others: str) -> Any:
    """One of them at each run, the others with the long matrices."""
    return pytest.mark.parametrize(
        "language", [first, *(pytest.param(each, marks=pytest.mark.slow) for each in others)]
    )


@languages("en", "ar")
def test_every_screen_is_accessible_in_light_and_dark(visitor: Kiosk, language: str) -> None:
    found = {}
    for name, screen in SCREENS.items():
        _go_to(visitor, language, screen)
        for scheme in ("light", "dark"):
            visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            visitor.page.wait_for_function(STILL)
            result = Axe().run(visitor.page, options={"runOnly": RULES})
            if result.violations_count:
                found[name, scheme] = result.generate_snapshot()
    assert found == {}


def _misfits(kiosk: Kiosk, panel: dict[str, int], smallest: float) -> dict[str, Any]:
    """What is wrong on this panel: outside of it, cut off, on top of another, or too small to touch (millimetres)."""
    _resize(kiosk, panel)
    sizes = [(words, box["width"] / PX_PER_MM, box["height"] / PX_PER_MM) for words, box in kiosk.page.evaluate(SIZES)]
    wrong = {
        "outside": {k: v for k, v in _once_settled(kiosk, OUTSIDE, FITS).items() if v != FITS[k]},
        "clipped": kiosk.page.evaluate(CLIPPED),
        "overlapping": kiosk.page.evaluate(OVERLAPPING),
        "small": [size for size in sizes if min(size[1:]) < smallest - 0.1],
    }
    return {kind: each for kind, each in wrong.items() if each}


@languages("de", "en", "ar", "es", "fr", "zh-Hans")
def test_every_screen_fits_every_panel(visitor: Kiosk, language: str) -> None:
    found = {}
    for name, screen in SCREENS.items():
        _go_to(visitor, language, screen)
        for panel in PANELS:
            if wrong := _misfits(visitor, panel, SMALLEST_TARGET_MM):
                found[name, panel["width"]] = wrong
        wrong = _misfits(visitor, PHONE, smallest=0)
        wrong.get("outside", {}).pop("down", None)
        if any(wrong.values()):
            found[name, "phone"] = wrong
        _resize(visitor, KIOSK_PORTRAIT)
    assert found == {}


@languages("ar", "de")
def test_larger_text_loses_nothing(visitor: Kiosk, language: str) -> None:
    found = {}
    for name, screen in SCREENS.items():
        if name in ("rest", "idle"):
            continue
        _go_to(visitor, language, screen, wish="larger")
        for panel in (KIOSK_PORTRAIT, LANDSCAPE):
            wrong = _misfits(visitor, panel, SMALLEST_TARGET_MM)
            wrong.get("outside", {}).pop("down", None)
            if any(wrong.values()):
                found[name, panel["width"]] = wrong
        _resize(visitor, KIOSK_PORTRAIT)
    assert found == {}


def test_low_reach_keeps_every_button_in_the_lower_half(visitor: Kiosk) -> None:
    found = {}
    for name, screen in SCREENS.items():
        if name in ("rest", "idle"):
            continue
        _go_to(visitor, "de", screen, wish="low")
        tops = {words: box["top"] / KIOSK_PORTRAIT["height"] for words, box in visitor.page.evaluate(SIZES)}
        if high := {words: top for words, top in tops.items() if top < 0.5}:
            found[name] = high
    assert found == {}


def test_a_finer_panel_gets_larger_buttons(kiosk: Kiosk) -> None:
    coarse = kiosk.page.get_by_role("button", name="Staff").bounding_box()
    kiosk.bridge.px_per_mm = 8
    kiosk.visit()
    fine = kiosk.page.get_by_role("button", name="Staff").bounding_box()
    kiosk.bridge.px_per_mm = 5.5
    assert fine["height"] == pytest.approx(coarse["height"] * 8 / 5.5, rel=0.02)


def test_right_to_left_mirrors_the_page_but_neither_the_code_nor_the_bank(kiosk: Kiosk) -> None:
    kiosk.tap("العربية")
    boxes = kiosk.page.locator(".slot")
    assert boxes.first.bounding_box()["x"] < boxes.last.bounding_box()["x"]
    keys = [kiosk.page.get_by_role("button", name=digit, exact=True).bounding_box()["x"] for digit in "123"]
    assert keys == sorted(keys)
    assert kiosk.page.locator("#to-staff").bounding_box()["x"] < KIOSK_PORTRAIT["width"] / 2
    kiosk.bridge.show(session=session("open"))
    first, last = kiosk.page.locator(".bank__door", has_text="1"), kiosk.page.locator(".bank__door", has_text="19")
    assert first.first.bounding_box()["x"] < last.bounding_box()["x"]


def test_the_open_door_is_marked_by_shape_and_number_not_by_colour_alone(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("open"))
    here = kiosk.page.locator(".bank__door--here")
    expect(here).to_have_text("7")
    styles = kiosk.page.evaluate(
        """() => ["here", "other"].map((which) => {
          const here = which === "here" ? ".bank__door--here" : ".bank__door:not(.bank__door--here)";
          const door = document.querySelector(here);
          const leaf = getComputedStyle(door.firstElementChild);
          return [getComputedStyle(door).outlineStyle, leaf.transform !== "none", parseFloat(leaf.fontSize)];
        })"""
    )
    (outline, swung, size), (other_outline, other_swung, other_size) = styles
    assert (outline, swung) == ("solid", True)
    assert (other_outline, other_swung) == ("none", False)
    assert size > 1.3 * other_size
    for phase in ("shut", "failed"):
        kiosk.bridge.show(session=session(phase))
        expect(here.locator("svg")).to_have_count(1)


def test_motion_stops_for_those_who_ask(visitor: Kiosk) -> None:
    _go_to(visitor, "en", SCREENS["opening"])
    times = "getComputedStyle(document.querySelector('.bank__door--here')).animationIterationCount"
    assert visitor.page.evaluate(times) == "1"


def test_a_resting_screen_stays_inside_the_panel_wherever_it_is_shifted(visitor: Kiosk) -> None:
    _go_to(visitor, "de", SCREENS["rest"])
    for _ in range(4):
        assert visitor.page.evaluate(OUTSIDE) == FITS
        visitor.page.clock.fast_forward(60_000)
