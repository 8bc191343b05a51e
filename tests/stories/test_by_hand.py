"""The whole way by hand, in Chromium: the shopper's phone, the associate's phone, and the kiosk between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.journey import CODE, Journey
from tests.stories.conftest import Copy

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("stories")]
PHONE, KIOSK, DESK = (390, 844), (1080, 1920), (1280, 900)
Opens = Callable[[tuple[int, int], str], Page]


@pytest.fixture
def opens(chromium: Browser) -> Iterator[Opens]:
    """Opens an address in a browser of its own, as one more person would."""
    with ExitStack() as stack:

        def open_page(size: tuple[int, int], url: str) -> Page:
            context = stack.enter_context(chromium.new_context(viewport={"width": size[0], "height": size[1]}))
            context.set_default_timeout(30_000)
            page = context.new_page()
            page.goto(url)
            return page

        yield open_page


def test_an_order_goes_from_the_shop_into_the_shoppers_hands(copy: Copy, opens: Opens, tmp_path: Path) -> None:
    outside = Journey(copy.stack.web, copy.stack.kiosk, copy.stack.sandbox)
    outside.until("the lockers ready", lambda: outside.state()["ready"] and outside.state()["online"])
    pulses = outside.pulse_count()

    shop = opens(DESK, f"{copy.stack.sandbox}/shop/")
    shop.get_by_role("button", name="One Stoneware mug, slate more").click()
    shop.get_by_label("Mobile number").fill("+1 415 555 0177")
    shop.get_by_role("button", name="Place order").click()
    order = shop.locator("#orders").get_by_text(re.compile(r"#\d+")).first.inner_text().split()[0]

    associate = opens(PHONE, f"{copy.stack.web}/associate/")
    associate.get_by_label("Badge number").fill("A1001")
    associate.get_by_label("PIN").fill("246810")
    associate.get_by_role("button", name="Sign in").click()
    associate.screenshot(path=tmp_path / "associate-list.png")
    associate.get_by_role("link", name=re.compile(rf"Load {order}")).click()

    kiosk = opens(KIOSK, copy.stack.kiosk)
    expect(kiosk.get_by_role("heading", name="Type the nine digits from your message")).to_be_visible()
    kiosk.screenshot(path=tmp_path / "kiosk-home.png")
    associate.get_by_label(re.compile("digits", re.I)).fill(outside.state()["presence"]["code"])
    associate.get_by_label(re.compile("digits", re.I)).press("Enter")
    associate.get_by_role("button", name=re.compile(r"^Open (a )?door")).first.click()
    expect(associate.get_by_text(re.compile(r"Door \d+ is open")).first).to_be_visible()
    associate.screenshot(path=tmp_path / "associate-open.png")
    door = int(re.search(r"\d+", associate.get_by_text(re.compile(r"Door \d+ is open")).first.inner_text())[0])  # type: ignore[index]
    outside.put_in_and_shut(door)
    expect(associate.get_by_text("The shopper has been told.").first).to_be_visible()
    associate.screenshot(path=tmp_path / "associate-loaded.png")

    phone = opens(PHONE, f"{copy.stack.sandbox}/phone/")
    message = phone.get_by_text(re.compile(rf"{order} is ready")).first
    expect(message).to_be_visible()
    phone.screenshot(path=tmp_path / "phone.png")
    code = "".join(CODE.search(message.inner_text()).groups())  # type: ignore[union-attr]
    link = re.search(r"http\S+/p/\S+", message.inner_text())
    assert link is not None

    shopper = opens(PHONE, link[0])
    expect(shopper.get_by_text(code[:3]).first).to_be_visible()
    expect(
        shopper.get_by_alt_text(re.compile("QR", re.I))
        .or_(shopper.get_by_role("img", name=re.compile("QR", re.I)))
        .first
    ).to_be_visible()
    shopper.screenshot(path=tmp_path / "shopper.png", full_page=True)

    expect(kiosk.get_by_role("heading", name="Type the nine digits from your message")).to_be_visible()
    kiosk.keyboard.type(code[:8] + str((int(code[8]) + 1) % 10), delay=60)
    expect(kiosk.get_by_role("heading", name="That code did not open a door")).to_be_visible()
    kiosk.screenshot(path=tmp_path / "kiosk-no.png")
    assert outside.pulse_count() == pulses + 1, "only the loading has pulsed a coil"
    kiosk.keyboard.type(code, delay=60)
    expect(kiosk.get_by_role("heading", name=f"Door {door} is open")).to_be_visible()
    kiosk.screenshot(path=tmp_path / "kiosk-open.png")
    assert [pulse["door"] for pulse in outside.pulses()[:2]] == [door, door]
    outside.bank(door, "take")
    outside.bank(door, "shut")
    expect(kiosk.get_by_role("heading", name="All yours")).to_be_visible()
    kiosk.get_by_role("button", name="Done").click()
    expect(kiosk.get_by_role("heading", name="Type the nine digits from your message")).to_be_visible()

    expect(shopper.get_by_text(re.compile("collected|picked up", re.I)).first).to_be_visible()
    expect(shopper.get_by_text(code[:3])).to_have_count(0)
    outside.platform_says(order, "picked_up")
    assert len(outside.texts(order)) == 1
    shop.screenshot(path=tmp_path / "shop.png")
