"""Needs, parcels and taps as a person sees them on a phone, and a low door asked for by its shopper."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from bopis.lockers.fit import Item
from bopis.lockers.items import take_over
from bopis.lockers.models import Compartment
from bopis.pickups.models import Pickup
from bopis.ports import Line
from tests.bopis.web.lockers import Lockers
from tests.browser.service.looking import looks_well
from tests.browser.service.test_associate import show_presence, sign_in
from tests.world import World


@pytest.fixture(autouse=True)
def items(world: World) -> None:
    """Milk is chilled and stands, two boxes fit no one door; door 2 is chilled."""
    with world.database.transaction() as session:
        milk = Item(size="S", needs=frozenset({"chilled", "upright"}))
        take_over(
            session,
            world.merchant_id,
            {"MILK": milk, "BOX": Item(sides=(350, 350, 450)), "ICE": Item(size="S", needs=frozenset({"frozen"}))},
        )
        box = (Compartment.bank_id == world.bank_id, Compartment.number == 2)
        session.execute(update(Compartment).where(*box).values(cold="chilled", accessible=True))


def test_what_goods_need_stands_on_the_list_and_on_their_page(
    handheld: Page, world: World, lockers: Lockers, scheme: str
) -> None:
    handheld.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    pickup = world.order("1001", lines=[Line("l", "Whole milk, 1 litre", 1, "MILK", 1_050)])
    world.order("1002", lines=[Line("l", "Vanilla ice cream", 1, "ICE", 500)])
    sign_in(handheld)
    expect(handheld.get_by_text("Keep chilled")).to_be_visible()
    expect(handheld.get_by_text("Keep frozen")).to_be_visible()
    looks_well(handheld, f"fitting-list-{scheme}", "Keep chilled")
    handheld.goto(f"/associate/pickups/{pickup}")
    expect(handheld.get_by_text("Keep upright")).to_be_visible()
    looks_well(handheld, f"fitting-needs-{scheme}", "Keep upright")
    handheld.goto("/associate/")
    handheld.get_by_role("link", name="#1002").click()
    expect(handheld.get_by_text("There too: keep frozen.")).to_be_visible()
    handheld.get_by_role("button", name="It is at the counter").click()
    expect(handheld.get_by_text("At the counter. Keep frozen.")).to_be_visible()
    looks_well(handheld, f"fitting-counter-cold-{scheme}", "At the counter. Keep frozen.")


def test_an_order_in_parcels_is_loaded_parcel_by_parcel(
    handheld: Page, world: World, lockers: Lockers, scheme: str
) -> None:
    handheld.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    pickup = world.order("1001", lines=[Line("l", "Flat-pack shelf", 2, "BOX")])
    sign_in(handheld)
    handheld.goto(f"/associate/pickups/{pickup}")
    expect(handheld.get_by_text("Parcel 1 of 2 → door 5")).to_be_visible()
    show_presence(handheld, lockers)
    looks_well(handheld, f"fitting-parcels-{scheme}", "Parcel 1 of 2 → door 5")
    handheld.get_by_role("button", name="Open door 5").click()
    command = lockers.opens()
    expect(handheld.get_by_text("Put parcel 1 of 2 in")).to_be_visible()
    looks_well(handheld, f"fitting-parcel-open-{scheme}", "Put parcel 1 of 2 in")
    lockers.shuts(command)
    handheld.get_by_role("button", name="Open door 6").click()
    command = lockers.opens()
    lockers.shuts(command)
    expect(handheld.get_by_text("Loaded: door 5 and 6.")).to_be_visible()
    looks_well(handheld, f"fitting-parcels-in-{scheme}", "Loaded: door 5 and 6.")


def test_taps_at_the_open_door_are_noted_and_taken_back(
    handheld: Page, world: World, lockers: Lockers, scheme: str
) -> None:
    handheld.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    pickup = world.order("1001", lines=[Line("l", "Vase", 1, "VASE", 400)])
    sign_in(handheld)
    handheld.goto(f"/associate/pickups/{pickup}")
    show_presence(handheld, lockers)
    handheld.get_by_role("button", name="Open door 1").click()
    small = lockers.opens()
    expect(handheld.get_by_role("button", name="Could be smaller")).to_be_visible()
    handheld.get_by_role("button", name="Fits", exact=True).click()
    expect(handheld.get_by_text("Noted. Door 1: it fits.")).to_be_visible()
    looks_well(handheld, f"fitting-tapped-{scheme}", "Noted. Door 1: it fits.")
    handheld.get_by_role("button", name="Too small").click()
    large = lockers.opens()
    expect(handheld.get_by_text("Noted. Door 1: too small.")).to_be_visible()
    handheld.get_by_role("button", name="Undo").click()
    expect(handheld.get_by_text("Noted")).to_have_count(0)
    lockers.shuts(small, item="absent")
    lockers.shuts(large)
    handheld.get_by_role("button", name="It fitted well").click()
    expect(handheld.get_by_text("Noted. Door 3: it fits.")).to_be_visible()
    looks_well(handheld, f"fitting-tapped-after-{scheme}", "Noted. Door 3: it fits.")


def test_a_shopper_asks_for_a_low_door(handheld: Page, world: World, scheme: str) -> None:
    handheld.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    pickup = world.order("1001")
    with world.database.reading() as session:
        link = f"/p/{session.get_one(Pickup, pickup).link_token()}"
    handheld.goto(link)
    looks_well(handheld, f"fitting-wish-{scheme}", "I need a low door")
    handheld.get_by_role("button", name="I need a low door").click()
    expect(handheld.get_by_text("You asked for a low door.")).to_be_visible()
    looks_well(handheld, f"fitting-wished-{scheme}", "You asked for a low door.")


def test_a_manager_says_what_a_door_is(handheld: Page, world: World, lockers: Lockers, scheme: str) -> None:
    handheld.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    sign_in(handheld, "A1M")
    handheld.goto(f"/ops/banks/{world.bank_id}")
    row = handheld.locator("#door-4")
    row.get_by_text("Features").click()
    row.get_by_label("Frozen").check()
    looks_well(handheld, f"fitting-features-{scheme}", "Each door")
    row.get_by_role("button", name="Keep").click()
    expect(handheld.locator("#door-4").get_by_text("Frozen", exact=True).first).to_be_visible()
    handheld.goto("/ops/items")
    looks_well(handheld, f"fitting-items-{scheme}", "Each SKU")
