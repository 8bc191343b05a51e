from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from bopis import clock
from bopis.hooks import actions
from bopis.hooks.models import HookEndpoint
from bopis.inbox import InboxEntry
from bopis.merchants.models import Connection
from bopis.outbox import OutboxEntry
from bopis.staff.models import StaffMember
from tests.bopis.web.operator import Operator
from tests.world import World

URL = "https://hooks.example.com/pickups"
CSV = """order_id,name,updated_at,paid,location_id,line_id,sku,title,quantity,phone
W-1,#1,2026-11-20T10:00:00Z,yes,1001,1,MUG,Stoneware mug,2,+12015550123
W-1,#1,2026-11-20T10:00:00Z,yes,1001,2,LIP,Lip balm,1,
W-2,,2026-11-20T11:00:00Z,no,1001,1,MUG,Stoneware mug,1,
"""


@pytest.fixture
def dee(web: Flask, world: World) -> Operator:
    """An admin of Fernhill."""
    with world.database.transaction() as session:
        session.get_one(StaffMember, world.mo_id).role = "admin"
    return Operator(web)


@pytest.fixture
def shop_id(world: World) -> str:
    """A shop of Fernhill's that speaks our own schema."""
    with world.database.transaction() as session:
        connection = session.get_one(Connection, world.shop.connection_id)
        connection.vendor, connection.account_name = "standard", "till"
        return connection.id


def endpoints(world: World) -> list[HookEndpoint]:
    with world.database.reading() as session:
        return list(session.scalars(select(HookEndpoint)))


def test_an_address_is_added_and_its_secret_shown_once(dee: Operator, world: World) -> None:
    shown = dee.post("/webhooks", page=True, url=URL, events="pickup.ready").text
    (secret,) = re.findall("whsec_[A-Za-z0-9+/=]+", shown)
    (endpoint,) = endpoints(world)
    assert (endpoint.url, endpoint.events, endpoint.secrets(clock.now())) == (URL, ["pickup.ready"], (secret,))
    assert secret not in dee.reads("/webhooks")


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com/", "https://127.0.0.1/", "https://localhost/", "ftp://x", ""]
)
def test_an_address_we_would_not_call_is_refused_and_kept_in_the_form(dee: Operator, world: World, url: str) -> None:
    answer = dee.post("/webhooks", page=True, url=url)
    assert (answer.status_code, endpoints(world)) == (400, [])
    assert f'value="{url}"' in answer.text
    assert dee.refused("/webhooks", url=url) == (400, "bad_address")


def test_an_address_is_tested_turned_off_and_on_and_removed(dee: Operator, world: World) -> None:
    dee.post("/webhooks", url=URL)
    (endpoint,) = endpoints(world)
    dee.does(f"/webhooks/{endpoint.id}/test")
    with world.database.reading() as session:
        assert session.scalars(select(OutboxEntry.kind)).one() == "SendTestHook"
    assert "endpoint.test" in dee.reads("/webhooks")
    dee.does(f"/webhooks/{endpoint.id}/off")
    assert "Turned off" in dee.reads("/webhooks")
    dee.does(f"/webhooks/{endpoint.id}/on")
    dee.does(f"/webhooks/{endpoint.id}/events", events=["pickup.ready", "pickup.collected"])
    assert endpoints(world)[0].events == ["pickup.ready", "pickup.collected"]
    dee.does(f"/webhooks/{endpoint.id}/remove")
    assert endpoints(world) == []


def test_a_new_secret_is_shown_and_signs_first(dee: Operator, world: World) -> None:
    dee.post("/webhooks", url=URL)
    (endpoint,) = endpoints(world)
    before = endpoint.secrets(clock.now())
    shown = dee.post(f"/webhooks/{endpoint.id}/secret", page=True).text
    fresh = endpoints(world)[0].secrets(clock.now())
    assert fresh[1:] == before
    assert fresh[0] in shown


def test_another_merchants_address_is_not_there(dee: Operator, world: World) -> None:
    assert world.outsider is not None
    with world.database.transaction() as session:
        theirs, _ = actions.add(session, world.outsider.merchant_id, URL, [], clock.now())
    for deed in ("test", "off", "on", "again", "remove", "secret", "events"):
        assert dee.refused(f"/webhooks/{theirs.id}/{deed}") == (404, "unknown_endpoint")
    assert URL not in dee.reads("/webhooks")


def drop(dee: Operator, shop_id: str, text: str | bytes, *, page: bool = False) -> Any:
    body = text if isinstance(text, bytes) else text.encode()
    return dee.post(f"/connections/{shop_id}/orders", page=page, file=(BytesIO(body), "orders.csv"))


def test_orders_dropped_as_a_file_become_deliveries_once(dee: Operator, world: World, shop_id: str) -> None:
    assert "2 orders taken over" in drop(dee, shop_id, CSV, page=True).text
    assert "0 orders taken over, 2 known already" in drop(dee, shop_id, CSV, page=True).text
    with world.database.reading() as session:
        assert sorted(session.scalars(select(InboxEntry.subject))) == ["W-1", "W-2"]


def test_a_file_with_mistakes_is_not_taken_and_says_where_they_are(dee: Operator, world: World, shop_id: str) -> None:
    bad = CSV.replace("Lip balm,1,", "Lip balm,none,").replace("11:00:00Z,no", "11:00,maybe")
    answer = drop(dee, shop_id, bad, page=True)
    assert answer.status_code == 400
    assert "<strong>Line 3</strong> quantity is a whole number" in answer.text
    assert "<strong>Line 4</strong> paid is yes or no" in answer.text
    assert drop(dee, shop_id, b"\xff\xfe").get_json()["code"] == "bad_orders"
    with world.database.reading() as session:
        assert session.scalars(select(InboxEntry)).all() == []


def test_a_shops_addresses_are_kept_and_checked(dee: Operator, world: World, shop_id: str) -> None:
    told = "https://till.example.com/news"
    assert dee.refused(f"/connections/{shop_id}/addresses", callback_url="https://10.0.0.1/") == (400, "bad_address")
    dee.does(f"/connections/{shop_id}/addresses", callback_url=told)
    with world.database.reading() as session:
        assert session.get_one(Connection, shop_id).settings["callback_url"] == told
    assert told in dee.reads(f"/connections/{shop_id}/orders")


def test_only_a_shop_of_our_own_schema_takes_files(dee: Operator, world: World) -> None:
    answer = drop(dee, world.phone.connection_id, CSV)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "unknown_connection")
