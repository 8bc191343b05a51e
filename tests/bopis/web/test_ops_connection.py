"""Connections set up from a page: places, secrets, health."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from bopis import app, clock, wiring
from bopis.bell import BankListener
from bopis.changes import SettingChange
from bopis.config import Settings
from bopis.errors import PermanentFailure
from bopis.merchants.effects import failed
from bopis.merchants.models import Connection
from bopis.staff.models import StaffMember
from bopis.stores.models import LocationMapping
from tests.bopis.web.operator import Operator
from tests.sandbox.running import CLIENT_SECRET, DOMAIN, TOKEN, Running, running_sandbox
from tests.world import SECRET_KEY, World


@pytest.fixture
def admin(world: World, web: Flask) -> Operator:
    """Mo, made an admin."""
    make_admin(world)
    return Operator(web)


def make_admin(world: World) -> None:
    with world.database.transaction() as session:
        session.get_one(StaffMember, world.mo_id).role = "admin"


def path(world: World) -> str:
    return f"/connections/{world.shop.connection_id}"


def connection(world: World) -> Connection:
    with world.database.reading() as session:
        return session.get_one(Connection, world.shop.connection_id)


def stores_of(world: World, location_id: str) -> list[str]:
    with world.database.reading() as session:
        return list(session.scalars(select(LocationMapping.store_id).where(LocationMapping.location_id == location_id)))


def test_a_place_that_orders_wait_for_is_mapped_where_it_is_suggested_and_they_go_on(
    world: World, admin: Operator
) -> None:
    world.order("1", location="777")
    page = admin.reads(path(world))
    assert "1 order waits to know" in page
    assert re.search(rf'value="{world.store_id}" selected>[^<]*\(suggested\)', page)
    admin.does(f"{path(world)}/places", location_id="777", name="Annex", store=world.store_id)
    assert stores_of(world, "777") == [world.store_id]
    page = admin.reads(path(world))
    assert "order waits" not in page and "1 order just being asked for again" in page


def test_a_mapped_place_may_become_another_store_and_it_is_written_down_who_did_it(
    world: World, admin: Operator
) -> None:
    for store in (world.store_id, world.station_id):
        admin.does(f"{path(world)}/places", location_id="778", name="Quay", store=store)
    assert stores_of(world, "778") == [world.station_id]
    with world.database.reading() as session:
        changed = session.scalars(select(SettingChange).where(SettingChange.what == "place 778")).all()
    assert [change.after["value"] for change in changed] == [world.store_id, world.station_id]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"location_id": "", "store": "x"}, "no_location"),
        ({"location_id": "5", "store": "no such store"}, "unknown_store"),
        ({"location_id": "5" * 300, "store": "x"}, "no_location"),
    ],
)
def test_what_is_no_place_or_no_store_is_refused(
    world: World, admin: Operator, form: dict[str, str], code: str
) -> None:
    assert admin.refused(f"{path(world)}/places", **form) == (400, code)


def test_secrets_are_replaced_one_by_one_never_shown_and_never_written_down(world: World, admin: Operator) -> None:
    admin.does(f"{path(world)}/secrets", client_secret="new-secret-1", previous_client_secret="old-secret-1")
    secrets = connection(world).account().secrets
    assert (secrets["client_secret"], secrets["previous_client_secret"]) == ("new-secret-1", "old-secret-1")
    assert "new-secret-1" not in admin.reads(path(world))
    with world.database.reading() as session:
        (change,) = session.scalars(select(SettingChange).where(SettingChange.what == "secrets"))
    assert change.after == {"value": "client_secret, previous_client_secret"}


def test_nothing_typed_changes_nothing_and_says_so(world: World, admin: Operator) -> None:
    assert admin.refused(f"{path(world)}/secrets") == (400, "nothing_typed")


def test_a_new_account_is_connected_with_all_its_fields_or_not_at_all(world: World, admin: Operator) -> None:
    shop = {"account": "second.myshopify.com", "access_token": "t"}
    assert admin.refused("/connections/new/shopify", **shop) == (400, "missing_field")
    admin.does("/connections/new/shopify", **shop, client_secret="s")
    with world.database.reading() as session:
        made = session.scalars(select(Connection).where(Connection.account_name == "second.myshopify.com")).one()
        assert (made.merchant_id, made.account().secrets["access_token"]) == (world.merchant_id, "t")
    assert "second.myshopify.com" in admin.reads("/connections")


def test_every_vendor_has_a_form(world: World, admin: Operator) -> None:
    forms = set(re.findall(r"/ops/connections/new/(\w+)", admin.reads("/connections")))
    assert forms == set(wiring.TYPED_IN)
    for vendor in forms:
        assert "Secrets are sealed" in admin.reads(f"/connections/new/{vendor}")


def test_a_delivery_signed_with_another_secret_shows_where_the_shop_is_set_up(
    world: World, web: Flask, admin: Operator
) -> None:
    assert "was not signed" not in admin.reads(path(world))
    sent = web.test_client().post(f"/webhooks/shopify/{world.shop.connection_id}", data=b"{}")
    assert sent.status_code == 401
    assert "was not signed with the secret we hold" in admin.reads(path(world))


def test_a_manager_sees_it_and_changes_nothing(world: World, web: Flask) -> None:
    manager = Operator(web)
    page = manager.reads(path(world))
    assert "Its places" in page and "<select" not in page and "password" not in page
    assert manager.refused(f"{path(world)}/secrets", client_secret="x")[0] == 403


def test_health_says_what_is_amiss_and_what_was_missed_and_repaired(world: World, admin: Operator) -> None:
    assert "Not looked at yet" in admin.reads(path(world))
    with world.database.transaction() as session:
        mine, now = session.get_one(Connection, world.shop.connection_id), clock.now()
        mine.reconciled = {"at": now.isoformat(), "changed": 4, "asked": 1, "total": 3, "is_all": True}
        failed(session, mine.id, PermanentFailure("odd", "the key was not typed in"), now)
    page = admin.reads(path(world))
    assert "3 orders, found by asking; 1 the last time" in page
    assert "does not answer as it should: the key was not typed in" in page


def seal_with_a_lost_key(world: World) -> None:
    with world.database.transaction() as session:
        session.get_one(Connection, world.shop.connection_id).secrets_sealed = b"sealed with another key"


def test_a_shop_whose_secrets_cannot_be_opened_is_not_asked_and_the_page_says_so(world: World, admin: Operator) -> None:
    seal_with_a_lost_key(world)
    assert admin.refused(f"{path(world)}/places/ask") == (400, "secrets_closed")
    assert "secrets cannot be opened" in admin.reads(path(world))


def test_secrets_that_cannot_be_opened_are_replaced_by_all_of_them_or_not_at_all(world: World, admin: Operator) -> None:
    seal_with_a_lost_key(world)
    answer = admin.post(f"{path(world)}/secrets", page=True, access_token="t")
    assert answer.status_code == 400
    assert "missing: client secret." in answer.text
    assert admin.refused(f"{path(world)}/secrets", access_token="t") == (400, "secrets_needed")
    admin.does(f"{path(world)}/secrets", access_token="t", client_secret="s")
    assert dict(connection(world).account().secrets) == {"access_token": "t", "client_secret": "s"}
    assert "cannot be opened" not in admin.reads(path(world))


@pytest.fixture
def shop() -> Iterator[Running]:
    with running_sandbox() as running:
        yield running


def test_the_shop_lists_its_places_when_it_is_asked_and_says_why_when_it_cannot(
    world: World, redis_url: str, shop: Running
) -> None:
    url = world.database.engine.url.render_as_string(hide_password=False)
    settings = Settings(url, redis_url, (SECRET_KEY,), "http://localhost", "http://localhost", shopify_url=shop.url)
    service = wiring.build(settings)
    with world.database.transaction() as session:
        mine = session.get_one(Connection, world.shop.connection_id)
        mine.account_name = DOMAIN
        mine.keep_secrets({"access_token": TOKEN, "client_secret": CLIENT_SECRET})
    make_admin(world)
    admin = Operator(app.create_app(replace(service, database=world.database), BankListener(redis_url)))
    named = r'class="place__name"[^>]*>High Street'
    assert not re.search(named, admin.reads(path(world)))
    admin.does(f"{path(world)}/places/ask")
    shop.post("/shop/api/behaviour", {"down": True})
    answer = admin.post(f"{path(world)}/places/ask", page=True)
    assert answer.status_code == 400
    assert "did not list its places" in answer.text
    assert re.search(named, admin.reads(path(world))), "what it listed before is still there"
