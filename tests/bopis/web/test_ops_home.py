"""What needs a person, over all stores, and the one button that settles each."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from bopis import clock, tasks
from bopis.lockers.models import Compartment
from bopis.pickups import loading
from bopis.pickups.models import Pickup
from bopis.tasks import Task
from tests.bopis.web.lockers import Lockers
from tests.bopis.web.operator import Operator
from tests.bopis.web.phone import Phone
from tests.world import World


@pytest.fixture
def mo(web: Flask, lockers: Lockers) -> Operator:
    """Mo, the manager."""
    return Operator(web)


def ask(world: World, kind: str, subject: str, *, ago: int = 0, store: str | None = None) -> None:
    with world.database.transaction() as session:
        tasks.ask(
            session,
            kind,
            subject,
            merchant_id=world.merchant_id,
            store_id=store or world.store_id,
            reason=f"Reason of {kind}.",
            now=clock.now() - dt.timedelta(minutes=ago),
        )


def open_rows(mo: Operator) -> list[dict[str, Any]]:
    return [row for group in mo.state()["groups"] for row in group["rows"]]


def door(world: World, number: int) -> Compartment:
    with world.database.reading() as session:
        return session.scalars(
            select(Compartment).where(Compartment.bank_id == world.bank_id, Compartment.number == number)
        ).one()


def test_whoever_waits_comes_first_then_the_oldest(world: World, mo: Operator) -> None:
    ask(world, "odd_event", "1", ago=5)
    ask(world, "no_phone", "2", ago=90)
    ask(world, "shopper_needs_help", "3")
    assert [row["kind"] for row in open_rows(mo)] == ["shopper_needs_help", "no_phone", "odd_event"]
    assert [row["age"] for row in open_rows(mo)] == ["just now", "1 h", "5 min"]
    assert [row["urgent"] for row in open_rows(mo)] == [True, False, False]


def test_every_store_has_its_own_group_and_none_is_left_out(world: World, mo: Operator) -> None:
    ask(world, "odd_event", "1", store=world.station_id)
    ask(world, "odd_event", "2")
    world.order("3", location="9999")
    assert {group["store"] for group in mo.state()["groups"]} == {
        "Fernhill Station",
        "Fernhill High Street",
        "No store",
    }
    assert "3 things need a person" in mo.reads("/")


def test_nothing_to_do_is_said(mo: Operator) -> None:
    assert "Nothing needs a person" in mo.reads("/")


def test_a_word_settles_what_words_settle(world: World, mo: Operator) -> None:
    ask(world, "odd_event", "1")
    (row,) = open_rows(mo)
    mo.does(f"/tasks/{row['id']}/settle")
    assert open_rows(mo) == []
    assert mo.refused(f"/tasks/{row['id']}/settle") == (404, "unknown_task")
    with world.database.reading() as session:
        assert session.scalars(select(Task)).one().settled_by == f"staff:{world.mo_id}"


def test_a_door_that_works_again_is_put_back(world: World, mo: Operator) -> None:
    mo.does(f"/doors/{door(world, 2).id}/close", reason="did not open")
    ask(world, "door_failed", door(world, 2).id)
    (row,) = open_rows(mo)
    assert row["button"] == "It works again"
    mo.does(f"/tasks/{row['id']}/settle")
    assert door(world, 2).in_service
    assert open_rows(mo) == []


def test_whoever_stands_at_the_counter_is_served(world: World, mo: Operator) -> None:
    pickup = world.order()
    world.staff(pickup, loading.set_aside)
    ask(world, "shopper_at_counter", pickup)
    (row,) = open_rows(mo)
    mo.does(f"/tasks/{row['id']}/settle")
    assert world.state(pickup) == "collected"
    assert open_rows(mo) == []


def test_a_doubtful_place_is_freed_by_a_persons_word(world: World, mo: Operator, lockers: Lockers) -> None:
    pickup = world.ready()
    lockers.is_opened_by_its_shopper(pickup, item="present")
    (row,) = open_rows(mo)
    assert row["button"] == "It is empty"
    mo.does(f"/tasks/{row['id']}/settle")
    assert world.placements(pickup) == [(1, "released")]


def test_what_takes_hands_has_no_button_and_is_refused(world: World, mo: Operator) -> None:
    pickup = world.ready()
    world.news(world.snapshot(cancelled_at=clock.now()))
    (row,) = open_rows(mo)
    assert (row["button"], row["pickup"]) == ("", pickup)
    assert mo.refused(f"/tasks/{row['id']}/settle") == (409, "not_by_word")
    page = mo.post(f"/tasks/{row['id']}/settle", page=True)
    assert page.status_code == 409
    assert "ends by itself" in page.text
    assert len(open_rows(mo)) == 1


def test_the_numbers_are_those_of_the_merchant(world: World, mo: Operator, lockers: Lockers) -> None:
    world.order("1"), world.order("2", paid=False), world.ready("3")
    world.staff(world.order("4"), loading.set_aside)
    world.ready("5")
    world.news(world.snapshot("5", cancelled_at=clock.now()))
    assert world.outsider is not None
    world.outsider.order("9")
    assert mo.state()["numbers"] == {
        "to_load": 2,
        "ready": 2,
        "at_counter": 1,
        "to_take_out": 1,
        "bridges_offline": 0,
        "dead_deliveries": 0,
        "dead_effects": 0,
    }
    lockers.seen(clock.now() - dt.timedelta(minutes=5))
    assert mo.state()["numbers"]["bridges_offline"] == 1


def test_the_version_changes_with_what_is_shown(world: World, mo: Operator) -> None:
    before = mo.state()["version"]
    assert mo.state()["version"] == before
    world.order()
    assert mo.state()["version"] != before


def test_signing_in_leads_back_to_the_page_that_was_asked_for(world: World, phone: Phone) -> None:
    asked = phone.client.get("/ops/pickups", headers={"Accept": "text/html"})
    assert (asked.status_code, asked.location) == (303, "/associate/sign-in?next=/ops/pickups")
    assert phone.sign_in("A1M", next="/ops/pickups", page=True).location == "/ops/pickups"


def test_saying_which_store_a_location_is_lets_its_orders_go_on(world: World, mo: Operator) -> None:
    pickup = world.order("3", location="9999")
    (row,) = open_rows(mo)
    assert (row["button"], row["store"]) == ("This is it", world.store_id)
    assert mo.refused(f"/tasks/{row['id']}/settle") == (400, "unknown_store")
    assert world.outsider is not None
    assert mo.refused(f"/tasks/{row['id']}/settle", store=world.outsider.store_id) == (400, "unknown_store")
    mo.does(f"/tasks/{row['id']}/settle", store=world.station_id)
    assert open_rows(mo) == []
    world.news(world.snapshot("3", location="9999"))
    with world.database.reading() as session:
        assert session.get_one(Pickup, pickup).store_id == world.station_id
