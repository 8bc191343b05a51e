"""The operator's pages in a real browser: at a desk and on a phone, in both colour schemes, by keyboard alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from bopis import clock, inbox, tasks
from bopis.bridges.keys import freeze
from bopis.bridges.models import Bridge
from bopis.bridges.people import set_staff_offline_hours
from bopis.inbox import InboxEntry
from bopis.lockers.actions import quarantine
from bopis.lockers.models import Bank, Compartment
from bopis.merchants.models import Connection
from bopis.outbox import OutboxEntry
from bopis.pickups import loading
from bopis.ports import Delivery
from bopis.staff.models import StaffMember
from tests.bopis.web.lockers import Lockers
from tests.browser.service.looking import looks_well
from tests.world import PIN, World

pytestmark = pytest.mark.timeout(120)  # many pages, each looked at by axe

SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(params=SIZES)
def desk(request: pytest.FixtureRequest, chromium: Browser, address: str, world: World) -> Iterator[Page]:
    """Mo, an admin, signed in; the browser must have had nothing to complain about in the end."""
    with world.database.transaction() as session:
        session.execute(update(StaffMember).where(StaffMember.id == world.mo_id).values(role="admin"))
    with chromium.new_context(viewport=SIZES[request.param], base_url=address) as context:
        context.set_default_timeout(30_000)
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/ops/")
        page.get_by_label("Badge").fill("A1M")
        page.get_by_label("PIN").fill(PIN)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/ops/")
        yield page
        assert complaints == []


def much_happens(world: World) -> str:
    """A bit of everything; returns the pickup with the most to tell."""
    with world.database.transaction() as session:
        for number, place in enumerate([(0, 0, 1), (0, 1, 1), (0, 2, 2), (0, 4, 2), (1, 0, 3), (1, 3, 3)], start=1):
            column, row, height = place
            session.execute(
                update(Compartment)
                .where(Compartment.bank_id == world.bank_id, Compartment.number == number)
                .values(column=column, row=row, height=height)
            )
    world.ready("1001")
    aside, gone = world.order("1002"), world.ready("1004")
    world.staff(aside, loading.set_aside)
    world.news(world.snapshot("1004", cancelled_at=clock.now()))
    world.order("1003", paid=False), world.order("1006"), world.order("1007", location="9999")
    with world.database.transaction() as session:
        door = select(Compartment.id).where(Compartment.bank_id == world.bank_id, Compartment.number == 5)
        subjects = {"shopper_at_counter": aside, "no_phone": gone, "door_failed": session.scalars(door).one()}
        for kind, subject in subjects.items():
            tasks.ask(
                session,
                kind,
                subject,
                merchant_id=world.merchant_id,
                store_id=world.store_id,
                reason="It is as it is.",
                now=clock.now() - dt.timedelta(hours=3),
            )
        news = Delivery("d-1", "orders/paid", "1004", None)
        inbox.store(session, world.shop, news, b"{}", clock.now())
        session.execute(update(InboxEntry).values(state="dead", outcome="bad_delivery: no location", attempts=12))
        session.execute(
            update(OutboxEntry)
            .where(OutboxEntry.kind == "TellShopper")
            .values(state="dead", outcome="no_provider: No text message provider is connected.", attempts=1)
        )
        session.execute(
            update(Compartment)
            .where(Compartment.bank_id == world.bank_id, Compartment.number == 5)
            .values(in_service=False, out_of_service_reason="did not open")
        )
        session.execute(
            update(Compartment)
            .where(Compartment.bank_id == world.bank_id, Compartment.number == 6)
            .values(door="unknown")
        )
        shop = session.get_one(Connection, world.shop.connection_id)
        shop.watch(clock.now())
        shop.reconciled = {"at": clock.now().isoformat(), "changed": 3, "asked": 2, "total": 7, "is_all": True}
        shop.subscriptions = {"at": clock.now().isoformat(), "created": [], "lost": 1}
    return gone


def test_every_page_looks_well(desk: Page, world: World, lockers: Lockers, scheme: str) -> None:
    pickup = much_happens(world)
    for path, called, words in (
        ("/", "home", "need a person"),
        ("/pickups?state=all", "pickups", "#1001"),
        (f"/pickups/{pickup}", "pickup", "What happened"),
        ("/banks", "banks", "Entrance"),
        (f"/banks/{world.bank_id}", "bank", "Each door"),
        ("/deliveries", "deliveries", "1 dead letter"),
        ("/effects", "effects", "dead letter"),
        ("/connections", "connections", "Missed and repaired"),
    ):
        visit(desk, path, scheme)
        looks_well(desk, named(desk, called, scheme), words)


def test_pages_with_little_on_them_look_well_too(desk: Page, world: World, lockers: Lockers, scheme: str) -> None:
    for path, called, words in (
        ("/", "nothing", "Nothing needs a person"),
        ("/pickups", "no-pickups", "No pickup is open"),
        ("/deliveries", "no-deliveries", "No shop has told us"),
    ):
        visit(desk, path, scheme)
        looks_well(desk, named(desk, called, scheme), words)
    desk.goto("/ops/pickups")
    desk.get_by_label("Order or phone number").fill("4711")
    desk.get_by_role("button", name="Find").click()
    looks_well(desk, named(desk, "not-found", scheme), "No pickup of that")
    desk.goto(f"/ops/banks/{world.bank_id}")
    desk.get_by_role("button", name="Make an enrolment code").click()
    looks_well(desk, named(desk, "code", scheme), "within 15 minutes")


def in_trouble(world: World) -> None:
    """Everything that may be said of a bank at once: another door moved, two machines, lists not yet delivered."""
    much_happens(world)
    with world.database.transaction() as session:
        bank, bridge = session.get_one(Bank, world.bank_id), session.get_one(Bridge, world.bridge_id)
        bank.board, bank.board_options = "modbus-rtu-relay", {"pulse_ms": 1000}
        quarantine(session, bank, 3, 4, clock.now())
        freeze(session, bridge, "two_boots", clock.now())
        bridge.staff_held, bridge.key_asked_at = "an older list", clock.now()
        set_staff_offline_hours(session, bank.store, 24, f"staff:{world.mo_id}", clock.now())


def test_a_bank_in_trouble_looks_well(desk: Page, world: World, lockers: Lockers, scheme: str) -> None:
    in_trouble(world)
    visit(desk, "/banks", scheme)
    looks_well(desk, named(desk, "banks-trouble", scheme), "Nothing opens")
    visit(desk, f"/banks/{world.bank_id}", scheme)
    for summary in (
        "Change how its boards work",
        "Change how long staff sign in",
        "It was stolen",
        "The wires are right",
    ):
        desk.locator("summary", has_text=summary).click()
    looks_well(desk, named(desk, "bank-frozen", scheme), "Two machines use this bridge’s key")
    visit(desk, "/", scheme)
    looks_well(desk, named(desk, "home-trouble", scheme), "need a person")
    visit(desk, f"/banks/{world.bank_id}", scheme)
    desk.locator("summary", has_text="It was stolen").click()
    desk.get_by_role("button", name="Shut it out and end what it knows").click()
    looks_well(desk, named(desk, "bank-stolen", scheme), "The stolen bridge is shut out")
    desk.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    desk.goto("/associate/people")
    looks_well(desk, named(desk, "people-pins", scheme), "needs a new PIN")
    desk.locator("summary").first.click()
    looks_well(desk, named(desk, "people-remove", scheme), "is signed out at once")


def test_a_value_the_boards_do_not_take_is_said_where_it_was_typed(desk: Page, world: World, lockers: Lockers) -> None:
    in_trouble(world)
    desk.goto(f"/ops/banks/{world.bank_id}")
    desk.locator("summary", has_text="Change how its boards work").click()
    desk.get_by_label("Coil on, in milliseconds").fill("9000")
    desk.get_by_role("button", name="Set the boards so").click()
    expect(desk.get_by_role("alert").first).to_contain_text("must be a whole number from 100 to 3000")
    expect(desk.get_by_label("Coil on, in milliseconds")).to_have_value("9000")
    desk.get_by_label("Coil on, in milliseconds").fill("700")
    desk.get_by_role("button", name="Set the boards so").click()
    expect(desk.locator("main")).to_contain_text("Coil on, in milliseconds: 1000 → 700")


def visit(desk: Page, path: str, scheme: str) -> None:
    desk.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    desk.goto(f"/ops{path}")


def named(desk: Page, called: str, scheme: str) -> str:
    assert desk.viewport_size is not None
    return f"ops-{desk.viewport_size['width']}-{scheme}-{called}"


def test_what_happens_appears_by_itself(desk: Page, world: World, lockers: Lockers) -> None:
    desk.goto(f"/ops/banks/{world.bank_id}")
    expect(desk.get_by_label("Door 1: shut", exact=True)).to_be_visible()
    world.staff(world.order(), loading.open_to_load)
    lockers.opens()
    expect(desk.get_by_label("Door 1: open, holds #1")).to_be_visible()


def test_a_task_is_settled_with_one_tap(desk: Page, world: World) -> None:
    much_happens(world)
    desk.goto("/ops/")
    desk.get_by_role("button", name="Handed over").click()
    expect(desk.get_by_role("button", name="Handed over")).to_have_count(0)
    expect(desk.get_by_role("button", name="Shopper reached")).to_be_visible()


def test_a_door_is_taken_out_and_put_back_by_keyboard_alone(desk: Page, world: World) -> None:
    desk.goto(f"/ops/banks/{world.bank_id}")
    desk.locator("#close-2 summary").focus()
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")
    desk.keyboard.type("bent hinge")
    desk.keyboard.press("Enter")
    expect(desk.locator("#door-2")).to_contain_text("bent hinge")
    desk.locator("#door-2").get_by_role("button").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#door-2")).not_to_contain_text("bent hinge")
