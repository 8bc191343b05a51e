"""What a door is beside its size: set by who sets up lockers, obeyed from then on, heard of by the bridge."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from bopis.bridges.queries import layout
from bopis.lockers.actions import commission
from bopis.lockers.fit import Item
from bopis.lockers.items import take_over
from bopis.lockers.models import Bank, Compartment
from bopis.pickups.work import work_list
from bopis.ports import Line
from tests.bopis.web.operator import Operator
from tests.world import World

MILK = Line("l", "Milk", 1, "MILK", 400)


@pytest.fixture
def mo(web: Flask, world: World) -> Operator:
    with world.database.transaction() as session:
        take_over(session, world.merchant_id, {"MILK": Item(size="S", needs=frozenset({"chilled"}))})
    return Operator(web)


def door(world: World, number: int) -> str:
    with world.database.reading() as session:
        found = select(Compartment.id).where(Compartment.bank_id == world.bank_id, Compartment.number == number)
        return session.scalars(found).one()


def test_a_door_made_cold_takes_cold_goods_and_its_bridge_hears_of_it(world: World, mo: Operator) -> None:
    assert mo.post(f"/doors/{door(world, 1)}/features", cold="chilled").status_code == 200

    milk = world.order("1", lines=[MILK])
    assert world.placements(milk) == [(1, "held")]
    with world.database.reading() as session:
        told = {each["number"]: each["cold"] for each in layout(session, world.bank_id)["doors"]}
        (item,) = work_list(session, world.bank_id)["items"]
    assert (told[1], told[2]) == ("chilled", "")
    assert (item["needs"], item["accessible"]) == (["chilled"], False)
    page = mo.reads(f"/banks/{world.bank_id}")
    assert "Chilled" in page and "door 1: nothing special → chilled" in page


def test_who_was_promised_a_door_that_is_made_cold_gets_another(world: World, mo: Operator) -> None:
    plain = world.order("1")

    mo.post(f"/doors/{door(world, 1)}/features", cold="frozen", accessible="yes")

    assert world.placements(plain) == [(1, "released"), (2, "held")]


def test_who_was_promised_a_door_that_still_does_keeps_it(world: World, mo: Operator) -> None:
    plain = world.order("1")

    mo.post(f"/doors/{door(world, 1)}/features", accessible="yes")

    assert world.placements(plain) == [(1, "held")]


def test_what_no_door_can_be_is_refused(world: World, mo: Operator) -> None:
    refused = mo.post(f"/doors/{door(world, 1)}/features", cold="boiling")

    assert (refused.status_code, refused.get_json()["code"]) == (400, "bad_cold")


def test_another_merchants_door_is_not_found(world: World, mo: Operator) -> None:
    assert world.outsider is not None
    assert mo.post(f"/doors/{door(world.outsider, 1)}/features", cold="chilled").status_code == 404


def test_commissioning_keeps_what_a_door_is_and_takes_over_what_it_says(world: World, mo: Operator) -> None:
    mo.post(f"/doors/{door(world, 1)}/features", cold="chilled")
    place = {"board": 0, "row": 0, "column": 0, "height": 1, "size": "S", "accessible": False}
    with world.database.transaction() as session:
        bank = session.get_one(Bank, world.bank_id)
        doors = [{**place, "number": 1, "channel": 0}, {**place, "number": 2, "channel": 1, "cold": "frozen"}]
        commission(session, bank, bank.board, {}, doors)
        assert {box.number: box.cold for box in bank.compartments if box.cold} == {1: "chilled", 2: "frozen"}
