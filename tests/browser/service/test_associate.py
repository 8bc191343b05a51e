"""An associate's day in a real browser, on a phone held in one hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from bopis import clock
from bopis.ports import Line
from tests.bopis.web.lockers import DIGITS, Lockers
from tests.browser.service.looking import looks_well
from tests.world import PIN, World


def sign_in(page: Page, badge: str = "a1", pin: str = PIN) -> None:
    page.goto("/associate/")
    page.get_by_label("Badge number").fill(badge)
    page.get_by_label("PIN").fill(pin)
    page.get_by_role("button", name="Sign in").click()


def show_presence(page: Page, lockers: Lockers, digits: str = DIGITS) -> None:
    with lockers.asked_for_digits():
        page.get_by_label("Type the six digits").fill(digits)
        page.get_by_role("button", name="I am at the lockers").click()
        page.wait_for_load_state()


def find(page: Page, text: str) -> None:
    page.goto("/associate/")
    page.get_by_label("Scan or type an order").fill(text)
    page.keyboard.press("Enter")


def test_from_signing_in_to_a_loaded_box(handheld: Page, world: World, lockers: Lockers) -> None:
    world.order("1001")
    sign_in(handheld)
    handheld.get_by_role("link", name="Load #1001").click()
    show_presence(handheld, lockers)

    handheld.get_by_role("button", name="Open door 1").click()
    expect(handheld.get_by_text("Door 1 is opening")).to_be_visible()
    command = lockers.opens()
    expect(handheld.locator("#live").get_by_text("Door 1 is open.")).to_be_visible()
    expect(handheld.get_by_role("status")).to_have_text("Door 1 is open.")
    lockers.shuts(command)
    expect(handheld.get_by_text("Loaded: door 1.")).to_be_visible()
    handheld.get_by_role("link", name="Next order").click()
    expect(handheld.get_by_text("Nothing to load.")).to_be_visible()


def test_a_new_order_appears_by_itself(handheld: Page, world: World, lockers: Lockers) -> None:
    sign_in(handheld)
    expect(handheld.get_by_text("Nothing to load.")).to_be_visible()
    world.order("1001")
    expect(handheld.get_by_role("link", name="Load #1001")).to_be_visible()


def test_a_box_too_small_and_a_door_that_does_not_open(handheld: Page, world: World, lockers: Lockers) -> None:
    world.order("1001")
    sign_in(handheld)
    find(handheld, "1001")
    show_presence(handheld, lockers)
    handheld.get_by_role("button", name="Open door 1").click()
    small = lockers.opens()
    handheld.get_by_role("button", name="Too small").click()
    expect(handheld.get_by_text("Door 3 is opening")).to_be_visible()
    lockers.shuts(small, item="absent")
    lockers.fails()
    expect(handheld.locator(".banner").get_by_text("Door 3 did not open.")).to_be_visible()
    handheld.get_by_role("button", name="Open door 4").click()
    lockers.shuts(lockers.opens())
    expect(handheld.get_by_text("Loaded: door 4.")).to_be_visible()


def test_everything_works_without_scripts(handheld: Page, world: World, lockers: Lockers) -> None:
    world.order("1001")
    handheld.route("**/live.js*", lambda route: route.abort())
    sign_in(handheld)
    handheld.get_by_role("link", name="Load #1001").click()
    show_presence(handheld, lockers)
    handheld.get_by_role("button", name="Open door 1").click()
    lockers.shuts(lockers.opens())
    handheld.reload()
    expect(handheld.get_by_text("Loaded: door 1.")).to_be_visible()


def test_what_is_typed_survives_what_changes_around_it(handheld: Page, world: World, lockers: Lockers) -> None:
    world.order("1001")
    sign_in(handheld)
    find(handheld, "1001")
    field = handheld.get_by_label("Type the six digits")
    field.press_sequentially("482")
    with handheld.expect_response("**/state*"):
        world.news(world.snapshot("1001", lines=(Line("l1", "Floor lamp", 1, "LAMP", 9_000),)))
    field.press_sequentially("913")
    expect(field).to_have_value(DIGITS)


def test_every_screen_looks_well(handheld: Page, world: World, lockers: Lockers, scheme: str) -> None:
    gone = world.ready("990")
    handheld.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    handheld.goto("/associate/")
    looks_well(handheld, f"sign-in-{scheme}", "Six digits")
    sign_in(handheld, pin="000000")
    looks_well(handheld, f"sign-in-refused-{scheme}", "did not let you in")
    sign_in(handheld)
    looks_well(handheld, f"home-empty-{scheme}", "Nothing to load.")
    for order in ("1001", "1002", "1003"):
        world.order(order)
    world.order("1004", paid=False)
    world.order(
        "1005",
        lines=(
            Line("l1", "Stoneware mug", 2, "MUG", 480),
            Line("l2", "A very long title of a thing that somebody wants in a colour with a long name", 1, "X", 61_000),
            Line("l3", "Lamp", 1, "LAMP", 400),
        ),
    )
    world.news(world.snapshot("990", cancelled_at=clock.now()))
    expect(handheld.get_by_role("link", name="Load #1001")).to_be_visible()
    looks_well(handheld, f"home-{scheme}", "Not paid yet")
    find(handheld, "9999")
    looks_well(handheld, f"home-nothing-found-{scheme}", "No order of that name")

    handheld.get_by_role("link", name="Load #1001").click()
    looks_well(handheld, f"pickup-not-present-{scheme}", "Type the six digits")
    show_presence(handheld, lockers, "111111")
    looks_well(handheld, f"pickup-wrong-digits-{scheme}", "not the digits on the screen")
    show_presence(handheld, lockers)
    looks_well(handheld, f"pickup-present-{scheme}", "Open door")
    handheld.get_by_role("button", name="Open door").click()
    looks_well(handheld, f"pickup-opening-{scheme}", "is opening")
    command = lockers.opens()
    looks_well(handheld, f"pickup-open-{scheme}", "Put it in and shut")
    lockers.shuts(command, item="absent")
    looks_well(handheld, f"pickup-shut-empty-{scheme}", "with nothing in it")
    handheld.get_by_role("button", name="again").click()
    lockers.shuts(lockers.opens())
    expect(handheld.get_by_text("Loaded: door")).to_be_visible()
    handheld.get_by_text("What happened").click()
    looks_well(handheld, f"pickup-loaded-{scheme}", "Loaded: door")
    find(handheld, "1002")
    handheld.get_by_role("button", name="Open door").click()
    lockers.fails()
    looks_well(handheld, f"pickup-failed-{scheme}", "did not open.")
    find(handheld, "1005")
    looks_well(handheld, f"pickup-for-counter-{scheme}", "It is at the counter")
    handheld.get_by_role("button", name="It is at the counter").click()
    looks_well(handheld, f"pickup-at-counter-{scheme}", "Hand it over")
    handheld.goto(f"/associate/pickups/{gone}")
    looks_well(handheld, f"pickup-called-off-{scheme}", "Called off")
    handheld.get_by_role("button", name="Open door").click()
    lockers.shuts(lockers.opens(), item="unsupported")
    looks_well(handheld, f"pickup-empty-{scheme}", "empty?")
    handheld.get_by_role("button", name="Yes, it is empty").click()
    looks_well(handheld, f"pickup-returned-{scheme}", "back with the store")
    handheld.goto("/associate/")
    looks_well(handheld, f"home-tasks-{scheme}", "Look at the door")
    handheld.goto("/associate/pickups/unknown")
    looks_well(handheld, f"error-{scheme}", "no such order")


@pytest.mark.parametrize("badge", ["A1M"])
def test_a_manager_unlocks_who_forgot_their_pin(handheld: Page, world: World, lockers: Lockers, badge: str) -> None:
    for _ in range(5):
        sign_in(handheld, pin="000000")
    sign_in(handheld)
    expect(handheld.get_by_role("alert")).to_contain_text("did not let you in")

    sign_in(handheld, badge)
    handheld.get_by_role("link", name="People in this store").click()
    looks_well(handheld, "people", "Unlock")
    handheld.get_by_role("button", name="Unlock Ada").click()
    handheld.get_by_role("button", name="Sign out").click()
    sign_in(handheld)
    expect(handheld.get_by_label("Scan or type an order")).to_be_focused()
