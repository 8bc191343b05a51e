"""The page that sets up the doors, in a real browser before a running bridge and an imagined bank on a real line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from firmware_bridge.commission.one_time import OneTimePin
from firmware_bridge.grants import Grants
from firmware_bridge.layout import read_layout
from sandbox.lockbank import PROTOCOLS, LockBank
from tests.browser.conftest import Kiosk
from tests.browser.kiosk_words import LANGUAGES, spoken
from tests.firmware_bridge.commissioning import BOARD, Bridge
from tests.firmware_bridge.test_commission import DOORS, make_known
from tests.firmware_bridge.test_staff import PIN, WRONG, person
from tests.firmware_bridge.world import grant, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
LAYOUT = {"hash": "x", "bank": {"id": "b", "name": "Hall"}, "store": {"name": "Shop"}, "board": BOARD, "doors": DOORS}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PANELS = ({"width": 1080, "height": 1920}, {"width": 390, "height": 844})
STILL = "() => document.getAnimations().every((each) => each.playState !== 'running')"


class Tablet:
    """An installer's screen before a bank of three doors."""

    def __init__(self, page: Page, bridge: Bridge, locks: LockBank) -> None:
        self.page, self.bridge, self.locks = page, bridge, locks
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def visits(self, path: str = "/commission") -> None:
        self.page.goto(f"{self.bridge.agent.kiosk_url}{path}")
        self.reads("Set up the doors")

    def reads(self, title: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(title, timeout=30_000)

    def tap(self, *names: str) -> None:
        for name in names:
            self.page.get_by_role("button", name=name, exact=True).tap()

    def types_one_time_pin(self) -> None:
        self.tap("Use the installer’s PIN")
        self.page.get_by_label("Installer’s PIN").fill(OneTimePin(self.bridge.config.data_dir).offer())
        self.page.get_by_label("Your name").fill("Kim")

    def shows_badge(self, badge: str, pin: str) -> None:
        self.page.get_by_label("Badge number").fill(badge)
        self.page.get_by_label("PIN").fill(pin)
        self.page.get_by_role("checkbox").check()
        self.tap("They may be opened")

    def shuts(self, door: int) -> None:
        until(lambda: not self.locks.compartments[door].shut)
        self.locks.shut_door(door)

    def is_sound(self, title: str) -> None:
        """The screen with this title fits every panel, and axe has nothing to say, in light and dark."""
        self.reads(title)
        for panel in PANELS:
            self.page.set_viewport_size(panel)  # type: ignore[arg-type]
            assert self.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") == 0, title
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
                self.page.wait_for_function(STILL)
                found = Axe().run(self.page, options={"runOnly": RULES})
                assert found.violations_count == 0, found.generate_report()


@pytest.fixture
def tablet(chromium: Browser, tmp_path: Path) -> Iterator[Tablet]:
    with LockBank(boards=1, doors=DOORS, protocol=PROTOCOLS[BOARD]()) as locks, Bridge(tmp_path, locks) as bridge:
        bridge.agent.journal.write("layout", json.dumps(LAYOUT))
        bridge.agent._use_layout(read_layout(LAYOUT))
        with chromium.new_context(viewport=PANELS[1], has_touch=True) as context:
            context.set_default_timeout(30_000)
            tablet = Tablet(context.new_page(), bridge, locks)
            yield tablet
            assert tablet.complaints == []


def test_a_bank_is_set_up_by_tapping_and_every_screen_is_sound(tablet: Tablet) -> None:
    journal, locks = tablet.bridge.agent.journal, tablet.locks
    make_known(journal, {**person("mo", "M2002"), "role": "manager"})
    tablet.bridge.agent.pins.bank_key = b"k" * 32
    with journal.writing() as db:
        Grants(journal).apply(db, [grant(2)], reset=False)
    tablet.visits()
    tablet.is_sound("Set up the doors")
    tablet.types_one_time_pin()
    tablet.is_sound("Set up the doors")
    tablet.tap("Sign in")
    tablet.is_sound("Close the lockers and begin?")
    tablet.tap("Close and begin")
    tablet.is_sound("These doors hold orders")
    tablet.shows_badge("M2002", WRONG)
    expect(tablet.page.locator(".refusal")).to_have_text("That did not fit. Try once more.")
    tablet.shows_badge("M2002", PIN)
    tablet.is_sound("Which boards are they?")
    tablet.tap("Look for the boards")
    tablet.is_sound("Answering: board 1")
    locks.swap(1, 2)
    tablet.tap("Go on")
    tablet.is_sound("The wires are not right")
    expect(tablet.page.get_by_text("two plugs are swapped").first).to_be_visible()
    locks.behave()
    locks.shut_door(2)
    tablet.tap("Open it again")
    tablet.is_sound("Which door opened?")
    tablet.tap("It is a new door, or it changed")
    tablet.is_sound("Which door opened?")
    tablet.tap("Number on the door: one more", "This is the door")
    tablet.reads("Shut the door")
    tablet.shuts(1)
    tablet.reads("Which door opened?")
    tablet.tap("Take the last answer back")
    tablet.shuts(2)
    for door in (1, 2, 3):
        tablet.reads("Which door opened?")
        until(lambda door=door: not locks.compartments[door].shut)
        if door < 3:
            tablet.page.get_by_role("button", name=f"Door {door}, size").tap()
        else:
            tablet.tap("It is a new door, or it changed")
            tablet.page.get_by_label("Frozen").check(force=True)
            tablet.tap("This is the door")
        tablet.reads("Shut the door")
        tablet.shuts(door)
    tablet.is_sound("No sensor moved")
    tablet.tap("None on the rest of this board")
    tablet.is_sound("Is that the whole bank: 3 doors?")
    tablet.tap("Write it")
    tablet.is_sound("3 doors written")
    (event,) = tablet.bridge.events("commissioned")
    assert (event["by"], event["manager"], event["goods"]) == ("Kim", "mo", [2])
    assert [(door["number"], door["cold"]) for door in event["doors"]] == [(1, ""), (2, ""), (3, "frozen")]
    with tablet.page.expect_popup() as opened:
        tablet.page.get_by_role("link", name="Labels for A4").tap()
    expect(opened.value.locator(".number")).to_have_text(["1", "2", "3"])


def test_stopping_keeps_the_lockers_closed_or_opens_them_as_they_were(tablet: Tablet) -> None:
    tablet.visits()
    tablet.types_one_time_pin()
    tablet.tap("Sign in", "Close and begin")
    tablet.reads("Which boards are they?")
    tablet.tap("Stop")
    tablet.is_sound("Stop here?")
    tablet.tap("Keep them closed, and sign out")
    tablet.reads("Set up the doors")
    expect(tablet.page.get_by_text("Somebody began to set up these doors.").first).to_be_visible()
    assert tablet.bridge.state()["trouble"] == "service"
    tablet.types_one_time_pin()
    tablet.tap("Sign in", "Stop", "Open the lockers as they were wired before")
    tablet.reads("Set up the doors")
    until(lambda: {door["state"] for door in tablet.bridge.state()["doors"]} == {"shut"})


def test_at_the_kiosk_it_is_reached_from_the_staff_corner_and_typed_without_a_keyboard(tablet: Tablet) -> None:
    page = tablet.page
    page.set_viewport_size(PANELS[0])  # type: ignore[arg-type]
    page.goto(tablet.bridge.agent.kiosk_url)
    tablet.tap("Staff", "Set up the doors")
    tablet.reads("Set up the doors")
    tablet.is_sound("Set up the doors")
    tablet.tap("Use the installer’s PIN", *OneTimePin(tablet.bridge.config.data_dir).offer(), "Sign in")
    tablet.reads("Close the lockers and begin?")
    tablet.bridge.agent.parts.page_seen = None
    tablet.tap("Close and begin")
    until(lambda: tablet.bridge.agent.parts.page_seen is not None)  # else the browser would be taken for a hung one


def test_nobody_before_the_sign_in_at_the_kiosk_leads_back_to_the_shoppers(tablet: Tablet) -> None:
    tablet.page.clock.install()
    tablet.visits("/commission?kiosk")
    tablet.page.clock.fast_forward(95_000)
    tablet.page.wait_for_url(f"{tablet.bridge.agent.kiosk_url}/")


@pytest.mark.parametrize("language", LANGUAGES)
def test_shoppers_read_in_their_language_that_the_lockers_are_closed(kiosk: Kiosk, language: str) -> None:
    kiosk.bridge.language = language
    kiosk.bridge.show(trouble="service", ready=False)
    kiosk.page.reload()
    kiosk.reads(spoken(language, "service_title"))
    kiosk.says(spoken(language, "service"))
