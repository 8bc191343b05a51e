"""Staff at the kiosk: signing in with badge and PIN, and what they load and take back."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import Kiosk
from tests.browser.kiosk_stub import session
from tests.browser.kiosk_words import LANGUAGES, spoken
from tests.firmware_bridge.world import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PANELS = ({"width": 1080, "height": 1920}, {"width": 1280, "height": 800})
LOAD = {"pickup": "p1", "name": "#1001", "size": "M", "action": "load", "stage": "todo", "doors": []}
PART = {**LOAD, "begun": True, "doors": [7], "needs": ["chilled", "upright"]}
RECLAIM = {"pickup": "p2", "name": "#1002", "size": "S", "action": "reclaim", "stage": "todo", "doors": [7]}
OUTSIDE = (
    "() => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
)
STILL = "() => document.getAnimations().every((each) => each.playState !== 'running')"
SMALL = """() => [...document.querySelectorAll("main button")].map((e) => e.getBoundingClientRect())
  .filter((r) => r.height < 109 || r.width < 109).length"""


def job(phase: str, **more: Any) -> dict[str, Any]:
    plain = {"pickup": "p1", "name": "#1001", "action": "load", "door": 7, "stage": "open", "place": None}
    return {**plain, "phase": phase, **more}


def desk(
    *items: dict[str, Any], job: dict[str, Any] | None = None, found: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {"items": list(items), "job": job, "found": found}


def test_badge_and_pin_are_typed_on_the_screen_and_sent_once(kiosk: Kiosk) -> None:
    kiosk.tap("Staff", "Work at this kiosk")
    kiosk.reads("Your badge number")
    kiosk.tap(*"A1001", "Continue")
    kiosk.reads("Your PIN")
    kiosk.bridge.answer("in")
    kiosk.tap(*"24681")
    assert "24681" not in kiosk.page.content()
    kiosk.tap("0")
    kiosk.bridge.show(staff=desk(LOAD, RECLAIM))
    kiosk.reads("What there is to do")
    assert kiosk.bridge.posts("/api/staff/sign-in") == [{"badge": "A1001", "pin": "246810"}]


def test_every_no_says_the_same_and_begins_anew(kiosk: Kiosk) -> None:
    kiosk.tap("Staff", "Work at this kiosk", *"A1001", "Continue", *"111111")
    kiosk.reads("Badge or PIN did not fit")
    expect(kiosk.page.locator(".typed")).to_have_text("")
    kiosk.tap("Cancel")
    kiosk.reads("Type the nine digits from your message")


def test_a_scanned_badge_needs_its_pin_alone(kiosk: Kiosk) -> None:
    kiosk.bridge.show(scan={"id": 1, "verdict": "pin", "retry_after": None})
    kiosk.reads("Your PIN")
    kiosk.tap(*"246810")
    kiosk.reads("Badge or PIN did not fit")
    assert kiosk.bridge.posts("/api/staff/sign-in") == [{"badge": "", "pin": "246810"}]


def test_an_order_is_chosen_loaded_and_said_to_be_so(kiosk: Kiosk) -> None:
    kiosk.bridge.show(staff=desk(LOAD, RECLAIM))
    kiosk.page.get_by_role("button", name="#1001").tap()
    kiosk.reads("#1001")
    kiosk.tap("Open a door")
    kiosk.bridge.show(staff=desk({**LOAD, "stage": "open"}, job=job("open", place="open")))
    kiosk.reads("Door 7 is open")
    kiosk.tap("Too small")
    until(lambda: kiosk.bridge.posts("/api/staff/too-small"))
    kiosk.bridge.show(staff=desk({**LOAD, "stage": "loaded"}, job=job("shut", stage="loaded", place="loaded")))
    kiosk.reads("#1001 is loaded")
    kiosk.tap("Back to the list")
    until(lambda: kiosk.bridge.posts("/api/staff/list"))
    assert [path for path, _ in kiosk.bridge.asked] == [f"/api/staff/{name}" for name in ("load", "too-small", "list")]


def test_an_order_in_parcels_needs_fewer_doors_or_no_larger_one_is_free(kiosk: Kiosk) -> None:
    kiosk.bridge.show(staff=desk(PART, job=job("shut", stage="todo", place="loaded")))
    kiosk.reads("#1001: part of it is in")
    kiosk.tap("Everything is in")
    until(lambda: kiosk.bridge.posts("/api/staff/all-in"))
    kiosk.bridge.show(staff=desk(PART))
    kiosk.page.get_by_role("button", name="#1001").tap()
    kiosk.says("Keep chilled")
    kiosk.tap("Everything is in")
    until(lambda: len(kiosk.bridge.posts("/api/staff/all-in")) == 2)
    kiosk.bridge.show(staff=desk(LOAD, job=job("open", stage="todo", place="given_up")))
    kiosk.says("No larger door is free. Take the goods to the counter, and push this door shut empty.")
    kiosk.tap("Take it to the counter")
    until(lambda: kiosk.bridge.posts("/api/staff/set-aside"))
    assert dict(kiosk.bridge.asked) == {
        "/api/staff/all-in": {"pickup": "p1"},
        "/api/staff/set-aside": {"pickup": "p1"},
    }


def test_a_scanned_order_number_leads_to_that_order(kiosk: Kiosk) -> None:
    kiosk.bridge.show(staff=desk(LOAD, RECLAIM))
    kiosk.reads("What there is to do")
    kiosk.scan("~#1002")
    until(lambda: kiosk.bridge.posts("/api/staff/find"))
    assert kiosk.bridge.posts("/api/staff/find") == [{"text": "#1002"}]
    kiosk.bridge.show(staff=desk(LOAD, RECLAIM, found={"id": 1, "pickup": "p2", "refused": None}))
    kiosk.reads("#1002")
    kiosk.bridge.show(staff=desk(LOAD, RECLAIM, found={"id": 2, "pickup": None, "refused": "not_found"}))
    kiosk.reads("What there is to do")
    kiosk.says("No order of that number is to be loaded or taken out here.")
    kiosk.page.get_by_role("button", name="#1001").tap()
    kiosk.reads("#1001")
    assert "No order of that number" not in kiosk.page.content()


def test_a_number_scanned_at_an_open_door_changes_nothing_but_says_why(kiosk: Kiosk) -> None:
    at_work = {**LOAD, "stage": "open"}, job("open", place="open")
    kiosk.bridge.show(staff=desk(at_work[0], RECLAIM, job=at_work[1]))
    kiosk.reads("Door 7 is open")
    refused = {"id": 1, "pickup": None, "refused": "door_open"}
    kiosk.bridge.show(staff=desk(at_work[0], RECLAIM, job=at_work[1], found=refused))
    kiosk.says("Push the door shut first.")
    kiosk.reads("Door 7 is open")


def test_without_staff_a_scanned_number_is_no_more_than_a_stray(kiosk: Kiosk) -> None:
    kiosk.scan("~#1002")
    kiosk.reads("That is not a pickup code")
    assert kiosk.bridge.asked == []


def test_goods_taken_out_are_confirmed_by_a_person(kiosk: Kiosk) -> None:
    look = job("shut", pickup="p2", name="#1002", action="reclaim", stage="look", place="looked")
    kiosk.bridge.show(staff=desk({**RECLAIM, "stage": "look"}, job=look))
    kiosk.reads("Is door 7 empty?")
    kiosk.tap("It is empty")
    until(lambda: kiosk.bridge.posts("/api/staff/empty"))
    assert kiosk.bridge.posts("/api/staff/empty") == [{"pickup": "p2"}]


def test_a_shopper_at_a_door_comes_before_the_list(kiosk: Kiosk) -> None:
    kiosk.bridge.show(staff=desk(LOAD), session=session("open"))
    kiosk.reads("Door 7 is open")
    kiosk.says("Take everything out")


def test_who_walks_away_is_signed_out(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.bridge.show(staff=desk(LOAD))
    kiosk.reads("What there is to do")
    kiosk.page.clock.fast_forward(91_000)
    expect(kiosk.page.get_by_role("alertdialog")).to_be_visible()
    kiosk.page.clock.fast_forward(61_000)
    kiosk.reads("Type the nine digits from your message")
    assert kiosk.bridge.posts("/api/staff/sign-out") == [{"press": ""}]


SCREENS = {
    "list": (
        desk(*[{**LOAD, "pickup": f"p{n}", "name": f"#{1000 + n}"} for n in range(30)], RECLAIM),
        "desk_list_title",
    ),
    "not found": (desk(LOAD, found={"id": 9, "pickup": None, "refused": "not_found"}), "desk_list_title"),
    "job": (desk({**LOAD, "stage": "open"}, job=job("open", place="open")), "open_title"),
    "needs": (
        desk({**LOAD, "needs": ["frozen", "upright", "accessible"]}, {**RECLAIM, "needs": ["chilled", "upright"]}),
        "desk_list_title",
    ),
    "given up": (desk(LOAD, job=job("open", stage="todo", place="given_up")), "open_title"),
    "given up and shut": (desk(LOAD, job=job("shut", stage="todo", place="empty")), "desk_nothing_title"),
    "in part": (desk(PART, job=job("shut", stage="todo", place="loaded")), "desk_part_title"),
    "look": (desk({**RECLAIM, "stage": "look"}, job=job("shut", action="reclaim", stage="look")), "desk_look_title"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_staff_screen_fits_every_panel_and_is_accessible(kiosk: Kiosk, language: str) -> None:
    kiosk.bridge.language = language
    kiosk.page.reload()
    kiosk.page.get_by_role("button", name=spoken(language, "staff"), exact=True).tap()
    kiosk.page.get_by_role("button", name=spoken(language, "desk_work"), exact=True).tap()
    for panel in PANELS:
        kiosk.page.set_viewport_size(panel)
        kiosk.reads(spoken(language, "desk_badge_title"))
        _is_sound(kiosk)
    for staff, title in SCREENS.values():
        kiosk.bridge.show(staff=staff)
        kiosk.reads(spoken(language, title, 7).replace("{name}", "#1001"))
        for panel in PANELS:
            kiosk.page.set_viewport_size(panel)
            _is_sound(kiosk)


def _is_sound(kiosk: Kiosk) -> None:
    for scheme in ("light", "dark"):
        kiosk.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        kiosk.page.wait_for_function(STILL)
        assert kiosk.page.evaluate(OUTSIDE) == [0, 0]
        assert kiosk.page.evaluate(SMALL) == 0
        found = Axe().run(kiosk.page, options={"runOnly": RULES})
        assert found.violations_count == 0, found.generate_report()
