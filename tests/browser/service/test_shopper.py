"""The shopper's page in a real browser: what one reads on the way to the store and before the lockers."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from bopis import clock
from bopis.pickups import grants, loading
from bopis.pickups.models import Pickup
from tests.bopis.web.lockers import Lockers
from tests.browser.service.looking import looks_well
from tests.world import World


def link(world: World, pickup_id: str) -> str:
    with world.database.reading() as session:
        return f"/p/{session.get_one(Pickup, pickup_id).link_token()}"


def code(world: World, pickup_id: str) -> str:
    with world.database.reading() as session:
        grant = grants.open_grant(session, pickup_id)
        written = grants.code_of(grant) if grant else None
        assert written is not None
        return written.written()


def test_the_page_follows_the_order_from_not_ready_to_picked_up(handheld: Page, world: World, lockers: Lockers) -> None:
    pickup = world.order("1001")
    handheld.clock.install()
    handheld.goto(link(world, pickup))
    expect(handheld.get_by_role("heading", level=1)).to_have_text("Your order #1001 is not ready yet")
    expect(handheld.locator(".code")).to_have_count(0)

    world.load(pickup)
    handheld.clock.run_for(11_000)
    expect(handheld.get_by_role("heading", level=1)).to_have_text("Your order #1001 is ready")
    expect(handheld.locator(".code span")).to_have_text(code(world, pickup).split())

    lockers.is_opened_by_its_shopper(pickup)
    handheld.clock.run_for(11_000)
    expect(handheld.get_by_role("heading", level=1)).to_have_text("Picked up")
    expect(handheld.locator(".code, .qr")).to_have_count(0)


def test_neither_title_nor_address_gives_the_code_away(handheld: Page, world: World) -> None:
    pickup = world.ready("1001")
    handheld.goto(link(world, pickup))
    expect(handheld.locator(".code")).to_be_visible()
    digits = code(world, pickup).replace(" ", "")
    for shown in (handheld.title(), handheld.url):
        assert digits[3:] not in shown.replace(" ", "")


def test_the_qr_is_dark_on_white_and_large_enough_to_scan(handheld: Page, world: World) -> None:
    handheld.emulate_media(color_scheme="dark")
    handheld.goto(link(world, world.ready("1001")))
    image = handheld.get_by_role("img", name="QR code")
    expect(image).to_be_visible()
    drawn = image.evaluate("(image) => image.complete && image.naturalWidth > 0")
    box = image.bounding_box()
    assert drawn
    assert box is not None
    assert box["width"] >= 200
    assert abs(box["width"] - box["height"]) < 1


def test_every_state_looks_well(handheld: Page, world: World, lockers: Lockers, scheme: str) -> None:
    handheld.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    ready, coming, aside, off = world.ready("1001"), world.order("1002"), world.order("1003"), world.order("1004")
    world.staff(aside, loading.set_aside)
    world.news(world.snapshot("1004", cancelled_at=clock.now()))
    for pickup, name, words in (
        (ready, "ready", "Your code"),
        (coming, "coming", "not ready yet"),
        (aside, "counter", "Go to the counter"),
        (off, "cancelled", "was called off"),
    ):
        handheld.goto(link(world, pickup))
        looks_well(handheld, f"shopper-{name}-{scheme}", words)
    lockers.is_opened_by_its_shopper(ready)
    handheld.goto(link(world, ready))
    looks_well(handheld, f"shopper-collected-{scheme}", "Picked up")
    handheld.goto("/p/nobody-has-this-link-000")
    looks_well(handheld, f"shopper-unknown-{scheme}", "This link is not complete")
