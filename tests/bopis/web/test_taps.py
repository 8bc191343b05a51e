"""Taps at the open door: none is waited for, each is learnt once with the loading, and can be taken back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from bopis.lockers.experience import known
from bopis.lockers.fit import Item
from bopis.lockers.items import take_over
from bopis.lockers.models import Compartment, SizeGuess
from bopis.ports import Line
from tests.bopis.web.lockers import Lockers
from tests.bopis.web.phone import Phone
from tests.world import World

VASE = Line("l", "Vase", 1, "VASE", 400)


@pytest.fixture(autouse=True)
def items(world: World) -> None:
    with world.database.transaction() as session:
        take_over(session, world.merchant_id, {"VASE": Item(category="vases"), "BOWL": Item(category="vases")})


def learnt(world: World) -> tuple[str, float, int]:
    """The size remembered for the vase, and how far its category was shifted by how many taps."""
    with world.database.reading() as session:
        found = known(session, world.merchant_id, ["VASE"])
        shift = found.learned.shifts.get("vases")
    return found.items["VASE"].confirmed, round(shift.by, 4) if shift else 0.0, shift.taps if shift else 0


def opened(world: World, ada: Phone, lockers: Lockers, number: int = 1) -> tuple[str, Any]:
    pickup = world.order(str(number), lines=[VASE])
    ada.do(pickup, "open")
    return pickup, lockers.opens()


def test_a_tap_is_learnt_when_the_goods_are_in_and_not_before(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup, command = opened(world, ada, lockers)
    state = ada.do(pickup, "fits", door="1")
    assert state["taps"] == [{"door": 1, "answer": "fits"}]
    assert learnt(world) == ("", 0.0, 0)

    lockers.shuts(command)

    assert ada.state(pickup)["state"] == "ready"
    assert learnt(world) == ("S", -0.0125, 1)


def test_loading_waits_for_no_tap_and_tells_that_it_went_in(world: World, ada: Phone, lockers: Lockers) -> None:
    _, command = opened(world, ada, lockers)

    lockers.shuts(command)

    assert learnt(world) == ("", -0.0125, 1)


def test_a_tap_after_the_door_was_shut_counts_in_place_of_none_and_twice_is_once(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    pickup, command = opened(world, ada, lockers)
    lockers.shuts(command)

    for _ in range(2):
        ada.do(pickup, "could-be-smaller", door="1")

    assert learnt(world) == ("S", -0.0625, 1)


def test_what_was_tapped_is_taken_back(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup, command = opened(world, ada, lockers)
    ada.do(pickup, "could-be-smaller", door="1")
    lockers.shuts(command)
    page = ada.get(f"/pickups/{pickup}", page=True).text
    assert "Noted. Door 1: a smaller door would do." in page

    assert ada.do(pickup, "untap", door="1")["taps"] == []

    assert learnt(world) == ("", -0.0125, 1)  # it went in all the same


def test_too_small_is_learnt_with_the_next_door_and_taken_back(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup, small = opened(world, ada, lockers)

    state = ada.do(pickup, "too-small")
    assert [(door["number"], door["phase"]) for door in state["doors"]] == [(1, "open"), (3, "opening")]
    assert learnt(world) == ("M", 0.2375, 1)
    lockers.shuts(small, item="absent")
    assert "Noted. Door 1: too small." in ada.get(f"/pickups/{pickup}", page=True).text

    assert ada.do(pickup, "untap", door="1")["size"] == "S"
    assert learnt(world) == ("", 0.0, 0)
    lockers.shuts(lockers.opens())
    assert learnt(world) == ("", 0.0, 0)  # a door larger than needed tells nothing


def test_too_small_is_learnt_also_where_no_larger_door_is_free(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup, small = opened(world, ada, lockers)
    with world.database.transaction() as session:
        session.execute(update(Compartment).where(Compartment.size != "S").values(in_service=False))

    state = ada.do(pickup, "too-small")

    assert (state["place"], state["size"], state["reason"]) == ("counter", "M", "nothing_free")
    assert learnt(world) == ("M", 0.2375, 1)
    lockers.shuts(small, item="absent")
    page = ada.get(f"/pickups/{pickup}", page=True).text
    assert "For the counter: no fitting door is free." in page and "Noted. Door 1: too small." in page
    ada.do(pickup, "set-aside")
    assert world.placements(pickup) == [(1, "released"), (None, "loaded")]


def test_what_is_too_small_for_the_largest_door_is_offered_none(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup, small = opened(world, ada, lockers)
    with world.database.transaction() as session:
        session.execute(update(Compartment).where(Compartment.size == "S").values(size="XL"))

    state = ada.do(pickup, "too-small")

    assert (state["place"], state["size"], state["reason"]) == ("counter", "", "too_big")
    assert learnt(world)[0] == "XL"
    lockers.shuts(small, item="absent")
    assert ada.refused(pickup, "open") == "too_big"
    assert ada.do(pickup, "untap", door="1")["size"] == "XL"


def test_the_next_order_of_the_sku_gets_the_door_it_took(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup, small = opened(world, ada, lockers)
    ada.do(pickup, "too-small")
    lockers.shuts(small, item="absent")
    lockers.shuts(lockers.opens())

    assert world.placements(world.order("2", lines=[VASE])) == [(4, "held")]


def test_others_of_its_category_are_guessed_by_what_they_took(world: World, ada: Phone, lockers: Lockers) -> None:
    with world.database.transaction() as session:
        about = {"merchant_id": world.merchant_id, "category": "vases", "band": "S"}
        empty = dict.fromkeys(("took_s", "took_m", "took_l", "took_xl"), 0)
        session.add(SizeGuess(id="g", **about, **(empty | {"took_l": 3}), shift=0, taps=3))

    bowl = world.order("1", lines=[Line("l", "Bowl", 1, "BOWL", 400)])

    assert world.placements(bowl) == [(5, "held")]


def test_a_category_that_keeps_being_too_small_is_guessed_larger(world: World, ada: Phone, lockers: Lockers) -> None:
    with world.database.transaction() as session:
        empty = dict.fromkeys(("took_s", "took_m", "took_l", "took_xl"), 0)
        about = {"merchant_id": world.merchant_id, "category": "vases", "band": ""}
        session.add(SizeGuess(id="g", **about, **empty, shift=700_000, taps=3))

    bowl = world.order("1", lines=[Line("l", "Bowl", 1, "BOWL", 400)])

    assert world.placements(bowl) == [(3, "held")]


def test_an_order_of_several_things_is_asked_nothing(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup = world.order("1", lines=[VASE, Line("m", "Bowl", 1, "BOWL", 400)])
    ada.do(pickup, "open")
    lockers.opens()

    page = ada.get(f"/pickups/{pickup}", page=True).text
    assert "Could be smaller" not in page and "Too small" in page
    assert ada.refused(pickup, "fits", door="1") == "nothing_to_learn"


def test_what_did_not_go_in_at_the_kiosk_is_learnt_too(world: World) -> None:
    pickup = world.order("1", lines=[VASE])
    told = {"placement": "made-there", "pickup": pickup, "door": 1, "cause": "load", "staff": world.ada_id}
    world.device(("door_opened", told), ("place_given_up", {**told, "state": "shut", "item": "absent"}))

    assert learnt(world) == ("M", 0.2375, 1)


def test_parcels_are_named_on_the_page_with_their_doors(world: World, ada: Phone, lockers: Lockers) -> None:
    with world.database.transaction() as session:
        take_over(session, world.merchant_id, {"BOX": Item(sides=(350, 350, 450))})
    pickup = world.order("1", lines=[Line("l", "Box", 2, "BOX")])
    page = ada.get(f"/pickups/{pickup}", page=True).text
    assert "Parcel 1 of 2 → door 5" in page and "Parcel 2 of 2 → door 6" in page
    assert "Parcel 1 of 2 goes into door 5, size L." in page

    ada.do(pickup, "open")
    command = lockers.opens()
    assert "Put parcel 1 of 2 in and shut the door: 1 × Box." in ada.get(f"/pickups/{pickup}", page=True).text
    lockers.shuts(command)
    assert "Parcel 2 of 2 goes into door 6, size XL." in ada.get(f"/pickups/{pickup}", page=True).text
    assert ada.do(pickup, "all-in")["state"] == "ready"


def test_nothing_is_learnt_for_another_merchant(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup, _ = opened(world, ada, lockers)
    ada.do(pickup, "too-small")

    with world.database.reading() as session:
        assert {row.merchant_id for row in session.scalars(select(SizeGuess))} == {world.merchant_id}
