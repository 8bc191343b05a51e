"""How long goods are held, set on a page; doors that disagree, and what is kept beyond its time, seen on another."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select, update

from bopis import changes, clock
from bopis.bridges.models import Bridge
from bopis.lockers.models import Bank, Compartment
from bopis.merchants.models import Merchant
from bopis.pickups import expiring
from bopis.pickups.models import Pickup
from bopis.stores.holding import Rules
from bopis.stores.models import Store
from tests.bopis.web.lockers import Lockers
from tests.bopis.web.operator import Operator
from tests.bopis.web.phone import Phone
from tests.world import World

RULES = {
    "hold_hours": "48",
    "extend_hours": "12",
    "extend_times": "2",
    "load_within_hours": "24",
    "quiet_from": "22:00",
    "quiet_until": "07:30",
}


@pytest.fixture
def mo(web: Flask) -> Operator:
    return Operator(web)


def expired(world: World) -> str:
    pickup_id = world.ready("1001")
    with world.database.transaction() as session:
        expiring.expire(session, world.pickup(session, pickup_id), clock.now())
    return pickup_id


def test_a_merchants_rules_are_kept_and_who_changed_them(world: World, mo: Operator) -> None:
    mo.does("/holding", **RULES)
    with world.database.reading() as session:
        merchant = session.get_one(Merchant, world.merchant_id)
        rules = Rules.of(merchant.holding)
        assert (rules.hold_hours, rules.extend_times, rules.quiet_until, rules.restock) == (48, 2, "07:30", False)
        (change,) = changes.latest(session, [merchant.id], 5)
        assert change.actor == f"staff:{world.mo_id}"
    assert 'value="48"' in mo.reads("/holding")


def test_a_merchant_says_whether_shoppers_hear_that_it_is_over(world: World, mo: Operator) -> None:
    for wanted in (False, True):
        mo.does("/holding", **RULES, **({"tell_over": "yes"} if wanted else {}))
        with world.database.reading() as session:
            assert Rules.of(session.get_one(Merchant, world.merchant_id).holding).tell_over is wanted
        assert ('name="tell_over" value="yes" checked' in mo.reads("/holding")) is wanted


@pytest.mark.parametrize(
    ("field", "value"), [("hold_hours", ""), ("hold_hours", "0"), ("extend_times", "-1"), ("quiet_from", "late")]
)
def test_rules_nobody_could_follow_are_refused(world: World, mo: Operator, field: str, value: str) -> None:
    assert mo.refused("/holding", **{**RULES, field: value}) == (400, "bad_hold")
    with world.database.reading() as session:
        assert session.get_one(Merchant, world.merchant_id).holding is None


def test_a_stores_hours_count_where_its_lockers_stand_inside(world: World, mo: Operator) -> None:
    mo.does(
        "/holding/store",
        store=world.store_id,
        hold_hours="24",
        opening="Mon-Sun 09:00-12:00",
        indoors=world.bank_id,
    )
    with world.database.reading() as session:
        store = session.get_one(Store, world.store_id)
        assert (store.hold_hours, store.opening) == (24, "Mon-Sun 09:00-12:00")
        assert session.get_one(Bank, world.bank_id).indoors
    pickup_id = world.ready("1001")
    with world.database.reading() as session:
        held = session.get_one(Pickup, pickup_id)
        assert held.hold_until is not None and held.hold_until - clock.now() > dt.timedelta(days=7)


def test_hours_nobody_can_read_are_named_and_change_nothing(world: World, mo: Operator) -> None:
    page = mo.post("/holding/store", page=True, store=world.store_id, hold_hours="24", opening="Mon 9-12")
    assert "Line 1: write times such as 09:00-18:00" in page.text
    with world.database.reading() as session:
        assert session.get_one(Store, world.store_id).hold_hours == 72


def test_another_merchants_store_is_not_there(world: World, mo: Operator) -> None:
    assert world.outsider is not None
    assert mo.refused("/holding/store", store=world.outsider.store_id) == (404, "unknown_store")


def test_the_page_of_doors_says_which_disagree_and_how(world: World, mo: Operator) -> None:
    world.ready("1001")
    with world.database.transaction() as session:
        session.execute(update(Compartment).where(Compartment.bank_id == world.bank_id).values(item="absent"))
        an_hour_ago = clock.now() - dt.timedelta(hours=1)
        for pickup in session.scalars(select(Pickup)):
            for place in pickup.placements:
                place.created_at = place.loaded_at = an_hour_ago
    page = mo.reads("/audit")
    assert "Door 1 sees nothing inside, and #1001 should be there." in page
    assert "Not heard from" in page


def test_what_is_kept_beyond_its_time_says_why(world: World, mo: Operator) -> None:
    pickup_id = world.ready("1001")
    with world.database.transaction() as session:
        pickup = world.pickup(session, pickup_id)
        assert pickup.hold_until is not None
        expiring.follow_up(session, pickup, pickup.hold_until + dt.timedelta(hours=1))
    for page in (mo.reads("/audit"), mo.reads(f"/pickups/{pickup_id}")):
        assert "its lockers were not heard from: it may have been collected" in page


def test_staff_keep_longer_what_is_over(world: World, mo: Operator) -> None:
    pickup_id = expired(world)
    assert mo.refused(f"/pickups/{pickup_id}/keep", hours="0") == (400, "bad_hours")
    mo.does(f"/pickups/{pickup_id}/keep", hours="48")
    assert world.state(pickup_id) == "ready"
    assert "Kept longer than its time" in mo.reads(f"/pickups/{pickup_id}")


def test_a_late_shopper_is_served_from_the_handheld(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup_id = expired(world)
    page = ada.get(f"/pickups/{pickup_id}", page=True).text
    assert "Its shopper is here after all" in page
    assert ada.refused(pickup_id, "hand-over-late") == "not_opened"
    with world.database.transaction() as session:
        session.execute(update(Bridge).values(seen_at=clock.now()))
    ada.do(pickup_id, "look-inside", door=1)
    placement = next(place for place in _placements(world, pickup_id))
    told = {"door": 1, "cause": "assist", "placement": placement, "attempt": None, "grant": None, "command": None}
    world.device(("door_opened", {**told, "pulses": 1}), ("door_shut", {**told, "item": "absent"}))
    ada.do(pickup_id, "hand-over-late")
    assert (world.state(pickup_id), world.placements(pickup_id)) == ("collected", [(1, "released")])


def _placements(world: World, pickup_id: str) -> list[str]:
    with world.database.reading() as session:
        return [place.id for place in session.get_one(Pickup, pickup_id).placements]
