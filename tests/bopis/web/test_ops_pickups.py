"""Every pickup: filtered, found, and one of them whole."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import update

from bopis import clock, inbox
from bopis.bridges.models import Bridge
from bopis.ids import new_id
from bopis.notices.models import Notice
from bopis.pickups import grants
from bopis.pickups.models import Grant, Pickup
from bopis.ports import Delivery
from bopis.timeline import TimelineEntry
from bopis.web.ops import common
from tests.bopis.web.lockers import Lockers
from tests.bopis.web.operator import Operator
from tests.world import PHONE, World

OTHER = "+12015550142"


@pytest.fixture
def mo(web: Flask, lockers: Lockers) -> Operator:
    return Operator(web)


def listed(page: str) -> list[str]:
    """The orders on a page, from top to bottom."""
    return re.findall(r'class="order">(#\d+)<', page)


def test_open_pickups_are_listed_newest_first(world: World, mo: Operator, lockers: Lockers) -> None:
    world.order("1"), world.order("2")
    lockers.is_opened_by_its_shopper(world.ready("3"))
    assert listed(mo.reads("/pickups")) == ["#2", "#1"]
    assert listed(mo.reads("/pickups?state=all")) == ["#3", "#2", "#1"]
    assert listed(mo.reads("/pickups?state=closed")) == ["#3"]
    assert listed(mo.reads("/pickups?state=collected")) == ["#3"]


def test_one_store_is_listed_alone(world: World, mo: Operator) -> None:
    world.order("1"), world.order("2", location="1002")
    assert listed(mo.reads(f"/pickups?store={world.station_id}")) == ["#2"]


@pytest.mark.parametrize("query", ["state=lost", "store=elsewhere"])
def test_a_choice_that_does_not_exist_is_refused(mo: Operator, query: str) -> None:
    assert mo.get(f"/pickups?{query}").get_json()["code"] == "bad_filter"


def test_another_merchants_store_is_no_choice(world: World, mo: Operator) -> None:
    assert world.outsider is not None
    assert mo.get(f"/pickups?store={world.outsider.store_id}").status_code == 400


def test_long_lists_come_page_by_page_and_nothing_twice(
    world: World, mo: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bopis.web.ops.pickups.ROWS", 2)
    monkeypatch.setattr(common, "ROWS", 2)
    for number in range(1, 6):
        world.order(str(number))
    seen, path = [], "/pickups"
    while path:
        page = mo.reads(path)
        seen.append(listed(page))
        older = re.search(r'rel="next" href="/ops([^"]+)"', page)
        path = older.group(1).replace("&amp;", "&") if older else ""
    assert seen == [["#5", "#4"], ["#3", "#2"], ["#1"]]


@pytest.mark.parametrize("typed", ["7", "#7", PHONE, "(201) 555-0123", "201 555 0123"])
def test_an_order_is_found_by_its_number_or_its_shoppers_phone(world: World, mo: Operator, typed: str) -> None:
    pickup = world.order("7")
    world.order("8", phone=OTHER)
    found = mo.post("/pickups/find", page=True, q=typed)
    assert (found.status_code, found.location) == (303, f"/ops/pickups/{pickup}")


def test_several_orders_of_one_phone_are_listed(world: World, mo: Operator) -> None:
    world.order("7"), world.order("8"), world.order("9", phone=OTHER)
    page = mo.post("/pickups/find", page=True, q=PHONE)
    assert listed(page.text) == ["#8", "#7"]
    assert "0123" not in page.text


def test_a_number_that_was_changed_no_longer_finds_the_order(world: World, mo: Operator) -> None:
    world.order("7")
    world.news(world.snapshot("7", phone=OTHER))
    assert mo.refused("/pickups/find", q=PHONE) == (404, "nothing_found")
    world.news(world.snapshot("7", phone=""))
    assert mo.refused("/pickups/find", q=OTHER) == (404, "nothing_found")


@pytest.mark.parametrize("typed", ["", "   ", "#", "12345", "047193508", "LKR1:AAAA"])
def test_nothing_found_repeats_nothing(world: World, mo: Operator, typed: str) -> None:
    world.order("7")
    page = mo.post("/pickups/find", page=True, q=typed)
    assert page.status_code == 404
    assert not typed.strip("# ") or typed not in page.text


def test_another_merchants_orders_are_not_found(world: World, mo: Operator) -> None:
    assert world.outsider is not None
    world.outsider.order("7")
    assert mo.refused("/pickups/find", q="7") == (404, "nothing_found")
    assert mo.refused("/pickups/find", q=PHONE) == (404, "nothing_found")


def test_a_pickups_page_tells_all_but_what_opens_a_door(world: World, mo: Operator) -> None:
    pickup = world.ready("7")
    with world.database.transaction() as session:
        inbox.store(session, world.shop, Delivery("d-1", "orders/paid", "7", None), b"{}", clock.now())
        session.add(
            Notice(
                id=new_id(),
                merchant_id=world.merchant_id,
                pickup_id=pickup,
                connection_id=world.phone.connection_id,
                template="ready",
                version=1,
                state="delivered",
                created_at=clock.now(),
                changed_at=clock.now(),
            )
        )
        grant = grants.open_grant(session, pickup)
        assert grant is not None
        code, qr, link = grants.code_of(grant), grants.qr_of(grant), session.get_one(Pickup, pickup).link_token()
    page = mo.reads(f"/pickups/{pickup}")
    for words in (
        "Order #7",
        "Door 1, size S",
        "Ready for its shopper",
        "orders/paid",
        "Delivered",
        "ends in 0123",
        "Text the shopper",
        "Tell the shop that it is ready",
        "Prepare the code",
        "Opens until",
    ):
        assert words in page
    assert code is not None
    for secret in (PHONE, code.secret, code.written(), qr or "?", link):
        assert secret not in page


def test_it_is_said_whether_the_lockers_know_the_code(world: World, mo: Operator) -> None:
    pickup = world.ready()
    assert "Being prepared" in mo.reads(f"/pickups/{pickup}")
    set_grant(world, pickup, verifier=b"v", sync_version=900)
    assert "On its way to the lockers" in mo.reads(f"/pickups/{pickup}")
    has_applied(world, 1_000)
    assert "The lockers know" in mo.reads(f"/pickups/{pickup}")
    has_applied(world, 0)
    world.news(world.snapshot(cancelled_at=clock.now()))
    assert "Revocation not yet delivered" in mo.reads(f"/pickups/{pickup}")
    assert "Revocation not yet delivered" in mo.reads(f"/banks/{world.bank_id}")


def test_an_altered_history_is_said_to_be(world: World, mo: Operator) -> None:
    pickup = world.ready()
    assert "was altered" not in mo.reads(f"/pickups/{pickup}")
    with world.database.transaction() as session:
        session.execute(
            update(TimelineEntry).where(TimelineEntry.pickup_id == pickup, TimelineEntry.number == 2).values(actor="x")
        )
    assert "altered at entry 2" in mo.reads(f"/pickups/{pickup}")


def test_the_version_follows_what_happens(world: World, mo: Operator) -> None:
    pickup = world.order()
    before = mo.state(f"/pickups/{pickup}")["version"]
    world.load(pickup)
    assert mo.state(f"/pickups/{pickup}")["version"] != before


def set_grant(world: World, pickup: str, **values: object) -> None:
    with world.database.transaction() as session:
        session.execute(update(Grant).where(Grant.pickup_id == pickup).values(**values))


def has_applied(world: World, version: int) -> None:
    with world.database.transaction() as session:
        session.get_one(Bridge, world.bridge_id).applied_version = version
