"""The API's reference and the page of its keys, on a phone: used, and looked at."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from bopis.staff.models import StaffMember
from tests.browser.service.looking import looks_well
from tests.world import PIN, World

pytestmark = pytest.mark.timeout(120)


def test_a_key_is_made_shown_once_and_taken_back(handheld: Page, world: World, scheme: str) -> None:
    with world.database.transaction() as session:
        session.execute(update(StaffMember).where(StaffMember.id == world.mo_id).values(role="admin"))
    handheld.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    handheld.goto("/ops/api-keys")
    handheld.get_by_label("Badge").fill("A1M")
    handheld.get_by_label("PIN").fill(PIN)
    handheld.get_by_role("button", name="Sign in").click()
    handheld.wait_for_url("**/ops/**")
    handheld.goto("/ops/api-keys")
    looks_well(handheld, "api-keys-none", "No program of yours is let in yet")
    handheld.get_by_label("What it is for").fill("Stock system with a name that is rather long for a phone")
    handheld.get_by_label("See stores").check()
    handheld.get_by_role("button", name="Make a key").click()
    expect(handheld.locator(".secret")).to_contain_text("bopis_")
    looks_well(handheld, "api-keys-made", "shown this once")
    handheld.get_by_text("Take back").click()
    handheld.get_by_role("button", name="Take it back").click()
    looks_well(handheld, "api-keys-over", "Out of use")


def test_the_reference_is_read_on_a_phone_and_on_a_desk(handheld: Page, scheme: str) -> None:
    handheld.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    handheld.goto("/api/v1/")
    looks_well(handheld, "api-reference", "An admin makes one")
    handheld.set_viewport_size({"width": 1280, "height": 900})
    handheld.get_by_role("link", name="Keep a pickup longer").click()
    expect(handheld.locator("#extend_pickup")).to_be_in_viewport()
