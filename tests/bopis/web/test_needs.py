"""What goods need is read on every page that moves them; a low door is asked for by staff and by the shopper."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from bopis.lockers.fit import Item
from bopis.lockers.items import take_over
from bopis.lockers.models import Compartment
from bopis.pickups.models import Pickup
from bopis.ports import Line
from tests.bopis.web.lockers import Lockers
from tests.bopis.web.phone import Phone
from tests.world import World

MILK = Line("l", "Milk", 1, "MILK", 400)


@pytest.fixture(autouse=True)
def items(world: World) -> None:
    with world.database.transaction() as session:
        needs = frozenset({"chilled", "upright"})
        take_over(session, world.merchant_id, {"MILK": Item(size="S", needs=needs)})
        session.execute(
            update(Compartment)
            .where(Compartment.bank_id == world.bank_id, Compartment.number == 5)
            .values(accessible=True)
        )


@pytest.fixture
def shopper(web: Flask, world: World) -> Any:
    def page(pickup_id: str, path: str = "", **form: str) -> Any:
        with world.database.reading() as session:
            link = f"/p/{session.get_one(Pickup, pickup_id).link_token()}{path}"
        return web.test_client().post(link, data=form) if form else web.test_client().get(link)

    return page


def placed(state: dict[str, Any]) -> list[int]:
    return [door["number"] for door in state["doors"]]


def test_chilled_goods_for_the_counter_say_so_before_and_after(world: World, ada: Phone) -> None:
    pickup = world.order("1", lines=[MILK])
    (listed,) = ada.get("/state").get_json()["to_load"]
    assert (listed["place"], listed["needs"]) == ("Counter", ["chilled", "upright"])
    assert listed["why"] == "No door here has what it needs"

    before = ada.get(f"/pickups/{pickup}", page=True).text
    assert "For the counter: no door here has what it needs. There too: keep chilled." in before
    assert "Keep upright" in before
    assert "Keep chilled" in ada.get("/", page=True).text
    ada.do(pickup, "set-aside")
    assert "At the counter. Keep chilled." in ada.get(f"/pickups/{pickup}", page=True).text


def test_a_low_door_is_given_when_staff_ask_for_it_and_given_back(world: World, ada: Phone) -> None:
    pickup = world.order("1")
    assert "Its shopper needs a low door" in ada.get(f"/pickups/{pickup}", page=True).text

    state = ada.do(pickup, "low-door", wanted="yes")
    assert (placed(state), state["needs"]) == ([5], ["accessible"])
    assert "Any door will do after all" in ada.get(f"/pickups/{pickup}", page=True).text
    assert placed(ada.do(pickup, "low-door", wanted="no")) == [1]


def test_what_is_loaded_is_not_moved_by_a_wish(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup = world.order("1")
    ada.do(pickup, "open")
    lockers.opens()

    assert ada.refused(pickup, "low-door", wanted="yes") == "already_loaded"
    assert "needs a low door" not in ada.get(f"/pickups/{pickup}", page=True).text


def test_a_shopper_asks_for_a_low_door_before_it_is_loaded_and_no_later(world: World, ada: Phone, shopper: Any) -> None:
    pickup = world.order("1")
    assert "I need a low door" in shopper(pickup).text

    assert shopper(pickup, "/low-door", wanted="yes").status_code == 303
    assert world.placements(pickup)[-1] == (5, "held")
    assert "You asked for a low door." in shopper(pickup).text
    assert "Low door" in ada.get(f"/pickups/{pickup}", page=True).text

    world.load(pickup)
    assert "low door" not in shopper(pickup).text
    late = shopper(pickup, "/low-door", wanted="no")
    assert (late.status_code, "It is in its place already" in late.text) == (409, True)


def test_a_wish_said_twice_is_one_wish(world: World, shopper: Any) -> None:
    pickup = world.order("1")
    for _ in range(2):
        shopper(pickup, "/low-door", wanted="yes")

    assert world.placements(pickup) == [(1, "released"), (5, "held")]


def test_with_every_low_door_taken_it_goes_to_the_counter_and_staff_read_why(
    world: World, ada: Phone, shopper: Any
) -> None:
    world.load(world.order("0", lines=[Line("l", "Rug", 1, "", 14_000)]))
    pickup = world.order("1")

    shopper(pickup, "/low-door", wanted="yes")

    assert world.placements(pickup)[-1] == (None, "held")
    (listed,) = ada.get("/state").get_json()["to_load"]
    assert (listed["place"], listed["why"]) == ("Counter", "No fitting door is free")
