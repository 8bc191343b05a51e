"""The pages of webhooks and of orders as a file, on a phone: used, and looked at."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from bopis.merchants.models import Connection
from tests.browser.service.looking import looks_well
from tests.world import World

pytestmark = pytest.mark.timeout(120)
HEAD = "order_id,updated_at,paid,location_id,line_id,quantity\n"
ROW = "W-1,2026-11-20T10:00:00Z,yes,1001,1,2\n"


def test_an_address_is_added_tested_and_turned_off(admin: Page) -> None:
    admin.goto("/ops/webhooks")
    looks_well(admin, "webhooks-none", "Nobody is told yet")
    admin.get_by_label("Where to send").fill("https://192.168.0.10/in")
    admin.get_by_role("button", name="Add it").click()
    expect(admin.get_by_role("alert")).to_contain_text("not on the public internet")
    admin.get_by_label("Where to send").fill("https://erp.example.com/a-long-path-that-must-not-run-beyond-the-edge")
    admin.get_by_label("pickup.ready").check()
    admin.get_by_role("button", name="Add it").click()
    expect(admin.locator("code")).to_contain_text("whsec_")
    looks_well(admin, "webhooks-secret", "shown this once")
    admin.get_by_role("button", name="Send a test event").click()
    admin.get_by_text("Latest messages").click()
    admin.get_by_text("Change it").click()
    looks_well(admin, "webhooks-open", "endpoint.test")
    admin.get_by_role("button", name="Turn off").click()
    looks_well(admin, "webhooks-off", "Turned off")


def test_orders_are_dropped_as_a_file(admin: Page, world: World) -> None:
    shop = world.shop.connection_id
    with world.database.transaction() as session:
        session.execute(
            update(Connection).where(Connection.id == shop).values(vendor="standard", account_name="my-till")
        )
    admin.goto(f"/ops/connections/{shop}/orders")
    for text, words in ((HEAD + ROW.replace("yes", "maybe"), "Line 2"), (HEAD + ROW, "1 order taken over")):
        file = {"name": "orders.csv", "mimeType": "text/csv", "buffer": text.encode()}
        admin.get_by_label("Orders as CSV").set_input_files(files=[file])
        admin.get_by_role("button", name="Take the orders over").click()
        looks_well(admin, f"orders-{words[:4].strip()}", words)
