"""Room made in a full bank, in a real browser on a phone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.bopis.web.full_bank import full, in_hand, stale
from tests.bopis.web.lockers import Lockers
from tests.browser.service.looking import looks_well
from tests.browser.service.test_associate import find, show_presence, sign_in
from tests.world import World


def test_the_steps_of_a_plan_look_well_from_first_to_last(
    handheld: Page, world: World, lockers: Lockers, scheme: str
) -> None:
    handheld.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    taken = full(world)
    with world.database.transaction() as session:
        world.pickup(session, taken[5]).size = "S"
    stale(world, taken[1])
    in_hand(world, "1010", "L")
    sign_in(handheld)
    find(handheld, "1010")
    looks_well(handheld, f"plan-away-{scheme}", "Make room first")
    show_presence(handheld, lockers)
    looks_well(handheld, f"plan-proposed-{scheme}", "Take #101 out of door 1 first.")
    handheld.get_by_role("button", name="Open door 1").click()
    command = lockers.opens()
    expect(handheld.get_by_role("status")).to_have_text("Door 1 is open.")
    looks_well(handheld, f"plan-open-{scheme}", "Take #101 out and shut the door.")
    lockers.shuts(command, item="absent")
    handheld.get_by_role("button", name="Open door 5").click()
    lockers.shuts(lockers.opens(), item="absent")
    looks_well(handheld, f"plan-in-hand-{scheme}", "#105 is in your hands")
    handheld.goto("/associate/")
    looks_well(handheld, f"home-carrying-{scheme}", "In your hands → door 1")
    handheld.get_by_role("link", name="#105 In your hands").click()
    handheld.get_by_role("button", name="Open door 1").click()
    lockers.shuts(lockers.opens())
    looks_well(handheld, f"plan-last-{scheme}", "Put #1010 into door 5.")
    handheld.get_by_role("button", name="Open door 5").click()
    lockers.shuts(lockers.opens())
    expect(handheld.get_by_text("Loaded: door 5.")).to_be_visible()


def test_a_free_door_is_offered_on_the_list_and_its_order_comes_in(
    handheld: Page, world: World, lockers: Lockers, scheme: str
) -> None:
    handheld.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    taken = full(world)
    in_hand(world, "1012", "M")
    sign_in(handheld)
    find(handheld, "1012")
    handheld.get_by_role("button", name="It is at the counter").click()
    lockers.is_opened_by_its_shopper(taken[4])
    handheld.goto("/associate/")
    looks_well(handheld, f"home-offer-{scheme}", "Door 4 is free: bring it in from the counter")
    handheld.get_by_role("link", name="#1012 Door 4 is free").click()
    show_presence(handheld, lockers)
    looks_well(handheld, f"offer-{scheme}", "Door 4 is free for it.")
    handheld.get_by_role("button", name="Open door 4").click()
    command = lockers.opens()
    looks_well(handheld, f"offer-open-{scheme}", "Put #1012 in and shut the door.")
    lockers.shuts(command)
    expect(handheld.get_by_text("Loaded: door 4.")).to_be_visible()
