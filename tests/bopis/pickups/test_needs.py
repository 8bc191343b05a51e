"""What goods need beside room decides the door, and where no door has it they go to the counter and staff read why."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from bopis.lockers.fit import Item
from bopis.lockers.items import take_over
from bopis.lockers.models import Compartment
from bopis.pickups.models import Pickup
from bopis.pickups.words import REASONS
from bopis.ports import Line
from tests.world import World

MILK, ICE, OIL, STOOL = (Line(sku, sku, 1, sku, 400) for sku in ("MILK", "ICE", "OIL", "STOOL"))


@pytest.fixture(autouse=True)
def items(world: World) -> None:
    """Milk is chilled, ice cream frozen, oil stands, a stool is for who needs a low door."""
    needs = {"MILK": "chilled", "ICE": "frozen", "OIL": "upright", "STOOL": "accessible"}
    with world.database.transaction() as session:
        table = {sku: Item(size="S", needs=frozenset({need})) for sku, need in needs.items()}
        take_over(session, world.merchant_id, table)


def features(world: World, number: int, **values: object) -> None:
    with world.database.transaction() as session:
        session.execute(
            update(Compartment)
            .where(Compartment.bank_id == world.bank_id, Compartment.number == number)
            .values(**values)
        )


def why(world: World, pickup_id: str) -> tuple[str, str]:
    with world.database.reading() as session:
        pickup = session.get_one(Pickup, pickup_id)
        return pickup.reason, pickup.needs


def test_chilled_goods_get_the_smallest_chilled_door_and_all_else_stays_out_of_it(world: World) -> None:
    features(world, 1, cold="chilled")
    features(world, 4, cold="chilled")

    milk = world.order("1", lines=[MILK])
    assert world.placements(milk) == [(1, "held")]
    assert why(world, milk) == ("smallest_fitting", "chilled")
    assert world.placements(world.order("2")) == [(2, "held")]
    assert world.placements(world.order("3", lines=[MILK])) == [(4, "held")]


def test_without_a_cold_door_they_go_to_the_counter_and_staff_read_why(world: World) -> None:
    features(world, 1, cold="chilled")

    for number, lines in enumerate(([ICE], [STOOL], [MILK, ICE])):
        pickup = world.order(str(number), lines=lines)
        assert world.placements(pickup) == [(None, "held")]
        assert REASONS[why(world, pickup)[0]]
    assert why(world, world.order("9", lines=[ICE])) == ("no_such_door", "frozen")


def test_a_cold_door_that_is_taken_is_no_reason_to_say_that_there_is_none(world: World) -> None:
    features(world, 1, cold="chilled")
    world.ready("1", lines=[MILK])

    second = world.order("2", lines=[MILK])

    assert why(world, second) == ("nothing_free", "chilled")


def test_what_must_stand_needs_no_door_of_its_own(world: World) -> None:
    pickup = world.order("1", lines=[OIL])

    assert (world.placements(pickup), why(world, pickup)) == ([(1, "held")], ("smallest_fitting", "upright"))


def test_goods_in_hand_take_only_a_door_that_has_what_they_need(world: World) -> None:
    features(world, 3, cold="chilled")
    promised, milk = world.order("1", lines=[MILK]), world.order("2", lines=[MILK])
    assert world.placements(promised) == [(3, "held")]

    assert world.load(milk) == 3
    assert why(world, promised)[0] == "nothing_free"


def test_many_orders_at_once_each_get_what_they_need(world: World) -> None:
    for number in (1, 2):
        features(world, number, cold="chilled")
    features(world, 5, accessible=True)

    pickups = [world.order(str(number), lines=[line]) for number, line in enumerate([MILK, STOOL, MILK, OIL])]

    assert [world.placements(pickup)[0][0] for pickup in pickups] == [1, 5, 2, 3]


def test_an_edited_order_is_asked_anew_what_it_needs(world: World) -> None:
    features(world, 4, cold="chilled")
    pickup = world.order("1")
    assert world.placements(pickup) == [(1, "held")]

    world.news(world.snapshot("1", lines=[MILK]))

    assert world.placements(pickup)[-1] == (4, "held")
