"""The shop and the phone in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.running import SENDER, SHOPPER, Running

DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def nothing_goes_wrong(page: Page) -> Iterator[None]:
    """No error may reach the console."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield
    assert wrong == []


def test_somebody_buys_two_things(page: Page, running: Running) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{running.url}/shop/")
    place = page.get_by_role("button", name="Place order")
    expect(place).to_be_disabled()
    page.get_by_role("button", name="One Stoneware mug, slate more").dblclick()
    page.get_by_role("button", name="One Lip balm, rose more").click()
    page.get_by_role("button", name="One Lip balm, rose less").click()
    page.get_by_label("Pick up at").select_option(label="Station")
    page.get_by_label("Pay later").check()
    expect(page.locator("#total")).to_have_text("$36.00")
    place.click()

    expect(page.locator("#said")).to_have_text("Order #1001 is placed.")
    order = page.locator(".order")
    expect(order).to_contain_text("2 × Stoneware mug, slate")
    expect(order).to_contain_text("Station")
    expect(order.locator(".badge")).to_have_text("Not paid")
    expect(place).to_be_disabled()
    (placed,) = running.sandbox.shop.world.orders.values()
    assert (placed.phone, placed.paid) == (SHOPPER, False)


def test_an_order_is_paid_and_called_off_from_the_list(page: Page, running: Running) -> None:
    running.order(paid=False)
    page.goto(f"{running.url}/shop/")
    badge = page.locator(".order .badge")
    page.get_by_role("button", name="Pay order #1001").click()
    expect(badge).to_have_text("Paid")
    page.get_by_role("button", name="Cancel order #1001").click()

    expect(badge).to_have_text("Cancelled")
    expect(page.locator(".order button")).to_have_count(0)


def test_the_list_follows_what_the_service_tells_the_shop(page: Page, running: Running) -> None:
    order_id = running.order()
    page.goto(f"{running.url}/shop/")
    badge = page.locator(".order .badge")
    expect(badge).to_have_text("Paid")
    world = running.sandbox.shop.world
    world.prepare(world.orders[order_id].units)
    expect(badge).to_have_text("Ready for pickup")
    world.fulfil([(unit, [(line, 1) for line in unit.lines]) for unit in world.orders[order_id].units])

    expect(badge).to_have_text("Picked up")


def test_a_text_shows_on_the_phone_with_its_link(page: Page, running: Running) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{running.url}/phone/")
    expect(page.get_by_text("Place an order")).to_be_visible()
    running.sandbox.exchange.take(SHOPPER, SENDER, f"It is ready. See {running.url}/shop/. <b>Bye</b>", "")

    expect(page.locator(".text__body")).to_have_text(f"It is ready. See {running.url}/shop/. <b>Bye</b>")
    expect(page.locator(".text__meta")).to_contain_text("Delivered")
    page.locator(".text__body a").click()
    expect(page).to_have_url(f"{running.url}/shop/")


def test_each_number_has_its_own_texts_newest_last(page: Page, running: Running) -> None:
    for to, body in ((SHOPPER, "one"), ("+14155550199", "two"), (SHOPPER, "three")):
        running.sandbox.exchange.take(to, SENDER, body, "")
    page.goto(f"{running.url}/phone/")
    expect(page.locator(".text__body")).to_have_text(["one", "three"])
    page.get_by_label("Phone number").select_option("+14155550199")

    expect(page.locator(".text__body")).to_have_text(["two"])


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"])
@pytest.mark.parametrize("path", ["/", "/shop/", "/phone/"])
def test_everybody_can_use_the_pages(
    chromium: Browser, running: Running, path: str, size: dict[str, int], scheme: str
) -> None:
    running.order(paid=False)
    running.sandbox.exchange.take(SHOPPER, SENDER, "See http://127.0.0.1/x", "")
    with chromium.new_context(viewport=size, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(running.url + path)
        if path != "/":
            expect(page.locator(".order, .text").first).to_be_visible()
        found = Axe().run(page)

        assert found.response["violations"] == [], found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
