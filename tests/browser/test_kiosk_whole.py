"""The page before a real bridge's server, with a scanner on a real pty and an imagined bank of doors."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from firmware_bridge.changes import Changes
from firmware_bridge.kiosk.server import kiosk_app
from firmware_bridge.kiosk.serving import KioskServer
from firmware_bridge.kiosk.view import Parts, state
from firmware_bridge.layout import read_layout
from firmware_bridge.protocol.codes import write_qr
from firmware_bridge.scanner import Scanner
from tests.browser.kiosk_stub import calm_state, session
from tests.browser.test_kiosk_staff import desk as scripted_desk
from tests.firmware_bridge.bench import Bench
from tests.firmware_bridge.plug import Plug
from tests.firmware_bridge.test_staff import Kiosk as Desk
from tests.firmware_bridge.test_staff import order
from tests.firmware_bridge.world import LAYOUT, until


class Bridge:
    """The bridge's parts, its server and its scanner's line."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        self.parts = Parts(
            bench.journal,
            bench.bank,
            bench.handover,
            bench.judge,
            bench.presence,
            Changes(),
            bench.desk,
            enrolled=True,
            online=True,
        )
        bench.bank.on_change.append(self.parts.changes.touch)
        bench.handover.on_change = bench.desk.on_change = self.parts.changes.touch
        self.server = KioskServer(kiosk_app(self.parts, "127.0.0.1", 5.5), "127.0.0.1", 0)
        self.plug = Plug(folder / "scanner")
        self.scanner = Scanner(str(self.plug.path), self.parts.scans.heard)
        self._threads = [threading.Thread(target=run) for run in (self.server.run, self.scanner.run)]
        for thread in self._threads:
            thread.start()
        until(lambda: self.scanner.connected)

    def scan(self, text: str) -> None:
        self.plug.send(text.encode() + b"\r")

    def stop(self) -> None:
        self.scanner.stop()
        self.parts.changes.stop()
        self.server.stop()
        for thread in self._threads:
            thread.join(5)
        self.plug.pull()


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    bench = Bench(tmp_path)
    bridge = Bridge(bench, tmp_path)
    yield bridge
    bridge.stop()
    bench.journal.close()


@pytest.fixture
def page(chromium: Browser, bridge: Bridge) -> Iterator[Page]:
    with chromium.new_context(viewport={"width": 1080, "height": 1920}, has_touch=True) as context:
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.goto(bridge.server.url)
        expect(page.get_by_text("Example Store")).to_be_visible()
        yield page


def reads(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_a_qr_held_to_the_bridges_scanner_leads_through_its_doors(bridge: Bridge, page: Page) -> None:
    bench = bridge.bench
    bench.holds(7, 9, 11)
    page.get_by_role("button", name="Deutsch").tap()
    bridge.scan(write_qr(b"q" * 16))
    for part, door in enumerate((7, 9, 11), start=1):
        until(lambda n=part: len(bench.pulses) == n)
        assert bench.pulses[-1] == door
        bench.open.add(door)
        bench.pass_time(0.5)
        reads(page, f"Tür {door} ist offen")
        expect(page.locator("main").get_by_text(f"Teil {part} von 3 Ihrer Bestellung")).to_be_visible()
        expect(page.locator(".bank__door--here")).to_have_text(str(door))
        bench.shut(door)
        bench.pass_time(0.5)
    reads(page, "Alles für Sie")
    page.get_by_role("button", name="Fertig").tap()
    reads(page, "Type the nine digits from your message")


def test_what_the_scanner_refuses_is_said_on_the_page(bridge: Bridge, page: Page) -> None:
    bridge.scan("4006381333931")
    reads(page, "That is not a pickup code")
    bridge.scan(write_qr(b"z" * 16))
    reads(page, "That QR code did not open a door")
    assert bridge.bench.pulses == []


def test_a_problem_reaches_the_journal(bridge: Bridge, page: Page) -> None:
    bridge.bench.holds(7)
    bridge.scan(write_qr(b"q" * 16))
    until(lambda: bridge.bench.pulses)
    bridge.bench.open.add(7)
    bridge.bench.pass_time(0.5)
    page.get_by_role("button", name="Too heavy, I need help").tap()
    expect(page.locator("main").get_by_text("They know that you need a hand.")).to_be_visible()
    assert [event["problem"] for event in bridge.bench.events("problem_reported")] == ["help"]


def types(page: Page, code: str = "047193508") -> None:
    for digit in code:
        page.get_by_role("button", name=digit, exact=True).tap()


def test_a_stuck_door_is_tried_three_times_then_out_of_service_with_the_goods_still_assigned_and_a_way_out(
    bridge: Bridge, page: Page
) -> None:
    bench = bridge.bench
    bench.holds(7)
    bench.stuck.add(7)
    types(page)
    until(lambda: bench.pulses)
    bench.pass_time(2.0)
    reads(page, "Push door 7 gently")
    bench.pass_time(8.0)
    reads(page, "Door 7 did not open")
    expect(page.locator("main").get_by_text("Your order is safe, and the staff know.")).to_be_visible()
    assert bench.pulses == [7, 7, 7]
    assert not bench.bank.doors[7].in_service
    assert 7 in bench.grants.unspent_doors()
    assert [told["problem"] for told in bench.events("problem_reported")] == ["not_open"]
    page.get_by_role("button", name="Done").tap()
    types(page)
    reads(page, "Door 7 did not open")
    assert bench.pulses == [7, 7, 7], "not tried again until somebody has seen to it"
    page.get_by_role("button", name="I need help").tap()
    expect(page.locator("main").get_by_text("We have told the staff")).to_be_visible()
    bench.stuck.clear()
    bench.handover.done()
    bench.command("open", door=7, cause="assist", placement=None, session=None)
    bench.pass_time(1.0)
    bench.shut(7)
    bench.pass_time(5.0)
    assert bench.bank.doors[7].in_service
    before = len(bench.pulses)
    types(page)
    until(lambda: len(bench.pulses) > before)
    bench.pass_time(0.5)
    reads(page, "Door 7 is open")


def test_when_another_door_moves_its_shopper_goes_to_the_counter_and_so_does_everybody_after(
    bridge: Bridge, page: Page
) -> None:
    bench = bridge.bench
    bench.holds(7)
    bench.holds(8, id="grant-2", selector=48)
    bench.stuck.add(7)
    types(page)
    until(lambda: bench.pulses)
    bench.open.add(9)
    bench.pass_time(0.5)
    reads(page, "Door 7 did not open")
    assert bench.bank.quarantine is not None
    page.get_by_role("button", name="Done").tap()
    expect(page.locator("main").get_by_text("The doors cannot open right now.")).to_be_visible()
    types(page, "048193508")
    reads(page, "Please go to the counter")
    assert [told["grant"] for told in bench.events("counter_arrived")] == ["grant-2"]
    assert bench.pulses == [7]


def test_an_unlocked_door_of_a_bank_that_only_sees_its_hooks_is_to_be_pulled(bridge: Bridge, page: Page) -> None:
    bench = bridge.bench
    bench.bank.configure(read_layout({**LAYOUT, "board_options": {"sensor": "hook"}}))
    bench.look()
    bench.holds(7)
    types(page)
    until(lambda: bench.pulses)
    bench.pass_time(3.0)
    reads(page, "Pull door 7")
    page.get_by_role("button", name="Open door 7 again").tap()
    until(lambda: len(bench.pulses) == 2 or bench.events("door_opened"))
    bench.pass_time(3.0)
    reads(page, "Pull door 7")
    bench.shut(7)
    reads(page, "All yours")


def test_the_reminders_of_an_open_door_come_from_the_bridge(bridge: Bridge, page: Page) -> None:
    bench = bridge.bench
    bench.holds(7)
    types(page)
    until(lambda: bench.pulses)
    bench.pass_time(0.5)
    reads(page, "Door 7 is open")
    bench.pass_time(61, step=0.5)
    reads(page, "Please push door 7 shut")
    expect(page.get_by_role("button", name="I am next: use my code")).to_be_visible()


def test_an_order_number_held_to_the_bridges_scanner_leads_staff_to_that_order(bridge: Bridge, page: Page) -> None:
    desk = Desk(bridge.bench)
    desk.hears(items=[order("1001", 7), order("1002", 8)])
    assert desk.signs_in() == "in"
    reads(page, "What there is to do")
    bridge.scan("#1002")
    reads(page, "#1002")
    bridge.scan("1003")
    reads(page, "What there is to do")
    expect(page.get_by_role("alert")).to_contain_text("No order of that number")


def test_the_bridge_sees_that_the_page_lives(bridge: Bridge, page: Page) -> None:
    until(lambda: bridge.parts.page_seen is not None)
    answer = page.request.get(f"{bridge.server.url}/livez").json()
    assert answer["page_seconds"] is not None


def test_the_scripted_bridge_of_the_other_tests_says_what_a_real_one_says(bridge: Bridge) -> None:
    real, scripted = state(bridge.parts, 1), calm_state()
    assert set(real) - {"seq"} == set(scripted)
    assert set(real["doors"][0]) == set(scripted["doors"][0])
    bridge.bench.holds(7)
    bridge.bench.types()
    assert set(state(bridge.parts, 1)["session"] or {}) == set(session("open"))
    desk = Desk(bridge.bench)
    desk.signs_in()
    assert set(state(bridge.parts, 1)["staff"] or {}) == set(scripted_desk())
