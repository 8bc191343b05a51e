"""A shop's page on a phone and at a desk, on the way from connected to tested: used, and looked at."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from bopis import clock
from bopis.merchants import testing
from bopis.merchants.models import Connection, DeliveryTest
from tests.browser.service.conftest import PHONE
from tests.browser.service.looking import looks_well
from tests.world import World

pytestmark = pytest.mark.timeout(180)
DESK = {"width": 1280, "height": 900}
PLACES = {"71": "High Street", "72": "Fernhill at the Old Station Concourse", "73": "Warehouse"}


def test_a_shop_is_led_from_its_places_over_a_test_to_its_health(admin: Page, world: World, scheme: str) -> None:
    shop, now = world.shop.connection_id, clock.now()
    with world.database.transaction() as session:
        found = session.get_one(Connection, shop)
        found.places = {"at": now.isoformat(), "listed": PLACES}
        found.watch(now)
        found.reconciled = {"at": now.isoformat(), "changed": 4, "asked": 1, "total": 3, "is_all": True}
        found.subscriptions = {"at": now.isoformat(), "created": [], "lost": 2}
    admin.goto(f"/ops/connections/{shop}")
    looks_well(admin, f"connection-new-{scheme}", "Until its first order")
    admin.get_by_role("button", name="Map High Street").click()
    expect(admin.get_by_role("button", name="Change High Street")).to_be_visible()

    admin.get_by_role("button", name="Send a test").click()
    looks_well(admin, f"connection-sent-{scheme}", "not yet arrived")
    expect(admin.get_by_role("button", name="Send another test")).to_be_disabled()
    with world.database.transaction() as session:
        test = session.scalars(select(DeliveryTest)).one()
        testing.came(session, shop, test.id, clock.now())
        testing.ended(session, test.id, "believed", "200", clock.now())
        session.get_one(Connection, shop).last_delivery = {"at": clock.now().isoformat(), "topic": "orders/create"}
    looks_well(admin, f"connection-believed-{scheme}", "was believed")
    with world.database.transaction() as session:
        session.execute(update(DeliveryTest).values(came_at=None, outcome="elsewhere", detail="404"))
    admin.set_viewport_size(DESK)
    admin.reload()
    looks_well(admin, f"connection-failed-{scheme}", "the test did not reach us")
    admin.set_viewport_size(PHONE)
