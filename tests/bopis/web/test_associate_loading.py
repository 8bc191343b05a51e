"""Loading from a phone, over HTTP: what the associate asks, what the lockers do, and what the phone then shows."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from bopis import clock, timeline
from bopis.bridges.queries import ONLINE_WITHIN
from bopis.pickups.models import Grant
from bopis.ports import Line
from bopis.web.associate import presence
from tests.bopis.web.lockers import DIGITS, Lockers
from tests.bopis.web.phone import Phone
from tests.world import STATION, World


def doors(state: dict[str, Any]) -> list[tuple[int, str]]:
    return [(door["number"], door["phase"]) for door in state["doors"]]


def test_from_the_list_to_a_loaded_box(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup = world.order("1001")
    (listed,) = ada.get("/state").get_json()["to_load"]
    assert (listed["order"], listed["place"], listed["size"]) == ("#1001", "Door 1", "S")

    assert doors(ada.do(pickup, "open")) == [(1, "opening")]
    command = lockers.opens()
    assert doors(ada.state(pickup)) == [(1, "open")]
    lockers.shuts(command)

    after = ada.state(pickup)
    assert (after["state"], doors(after)) == ("ready", [(1, "loaded")])
    assert ada.get("/state").get_json()["to_load"] == []


def test_a_door_opens_only_for_whoever_shows_that_they_are_there(world: World, phone: Phone, lockers: Lockers) -> None:
    pickup = world.order()
    phone.signed_in()

    assert phone.refused(pickup, "open") == "not_present"
    assert lockers.waiting() == []


def test_wrong_digits_are_refused_and_the_right_ones_taken(phone: Phone, lockers: Lockers) -> None:
    phone.signed_in()
    with lockers.asked_for_digits():
        wrong = phone.post("/presence", code="111111")
        right = phone.post("/presence", code="482 913")
    assert (wrong.status_code, wrong.get_json()["code"]) == (409, "wrong_presence_code")
    assert right.status_code == 200


@pytest.mark.parametrize("digits", ["", "12345", "1234567", "abcdef", "12345\u0666"])
def test_what_is_not_six_digits_is_not_even_asked(phone: Phone, lockers: Lockers, digits: str) -> None:
    answer = phone.signed_in().post("/presence", code=digits)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_presence_code")
    assert lockers.waiting() == []


def test_lockers_that_were_silent_for_long_are_said_to_be_offline_at_once(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    pickup = world.order()
    lockers.seen(at=clock.now() - 2 * ONLINE_WITHIN)

    assert ada.post("/presence", code=DIGITS).get_json()["code"] == "bridge_offline"
    assert ada.refused(pickup, "open") == "bridge_offline"
    assert doors(ada.state(pickup)) == [(1, "planned")]


def test_lockers_that_do_not_answer_are_waited_for_a_few_seconds(
    phone: Phone, lockers: Lockers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "PATIENCE", 0.3)
    answer = phone.signed_in().post("/presence", code=DIGITS)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "bridge_silent")


def test_a_box_shut_empty_is_offered_again(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup = world.order()
    ada.do(pickup, "open")
    lockers.shuts(lockers.opens(), item="absent")
    assert doors(ada.state(pickup)) == [(1, "shut")]

    ada.do(pickup, "open")
    lockers.shuts(lockers.opens())
    assert ada.state(pickup)["state"] == "ready"


def test_a_box_too_small_gives_way_to_a_larger_one(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup = world.order()
    ada.do(pickup, "open")
    small = lockers.opens()

    assert doors(ada.do(pickup, "too-small")) == [(1, "open"), (3, "opening")]
    large = lockers.opens()
    lockers.shuts(small, item="absent")
    lockers.shuts(large)

    after = ada.state(pickup)
    assert (after["state"], after["size"], doors(after)) == ("ready", "M", [(3, "loaded")])


def test_a_second_box_goes_behind_the_same_code(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup = world.order()
    ada.do(pickup, "open")
    first = lockers.opens()
    ada.do(pickup, "another-box")
    second = lockers.opens()

    lockers.shuts(first)
    assert ada.state(pickup)["state"] == "reserved"
    lockers.shuts(second)
    after = ada.state(pickup)
    assert (after["state"], doors(after)) == ("ready", [(1, "loaded"), (2, "loaded")])
    with world.database.reading() as session:
        assert len(session.scalars(select(Grant).where(Grant.pickup_id == pickup)).all()) == 1


def test_a_door_that_does_not_open_is_replaced_by_the_next(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup = world.order()
    ada.do(pickup, "open")
    lockers.fails()

    after = ada.state(pickup)
    assert (after["failed_door"], doors(after)) == (1, [(2, "planned")])
    ada.do(pickup, "open")
    lockers.shuts(lockers.opens())
    assert ada.state(pickup)["state"] == "ready"


def test_a_command_nobody_obeyed_is_over_and_may_be_tried_again(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup = world.order()
    ada.do(pickup, "open")
    lockers.lets_the_command_expire()
    assert doors(ada.state(pickup)) == [(1, "expired")]

    with world.database.transaction() as session:
        for command in lockers.waiting():
            session.merge(command).status = "expired"
    ada.do(pickup, "open")
    lockers.opens()
    assert doors(ada.state(pickup)) == [(1, "open")]


def test_two_taps_are_one_wish(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup = world.order()
    ada.do(pickup, "open")
    ada.do(pickup, "open")
    assert len(lockers.waiting()) == 1


def test_lockers_that_forgot_who_is_there_are_told_again(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup = world.order()
    ada.do(pickup, "open")
    lockers.refuses("not_present")

    refused = ada.state(pickup)
    assert (refused["present"], refused["doors"][0]["code"]) == (False, "not_present")
    assert "Type the digits" in ada.get(f"/pickups/{pickup}", page=True).text

    ada.at(lockers)
    assert ada.state(pickup)["present"] is True


def test_the_undo_opens_the_door_and_the_order_is_to_be_loaded_again(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    pickup = world.order()
    ada.do(pickup, "open")
    lockers.shuts(lockers.opens())

    assert doors(ada.do(pickup, "take-out")) == [(1, "opening")]
    lockers.shuts(lockers.opens(), item="absent")
    assert ada.state(pickup)["state"] == "reserved"


def test_goods_of_a_called_off_order_come_out_and_a_person_confirms_it(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    pickup = world.order("1")
    ada.do(pickup, "open")
    lockers.shuts(lockers.opens())
    world.news(world.snapshot("1", cancelled_at=clock.now()))
    assert [row["order"] for row in ada.get("/state").get_json()["take_out"]] == ["#1"]

    ada.do(pickup, "reclaim", door="1")
    command = lockers.opens()
    assert ada.refused(pickup, "confirm-empty") == "door_open"
    lockers.shuts(command, item="unsupported")
    assert "Is door 1 empty?" in ada.get(f"/pickups/{pickup}", page=True).text

    assert ada.do(pickup, "confirm-empty")["state"] == "returned"
    assert ada.get("/state").get_json()["take_out"] == []


def test_every_box_of_a_called_off_order_can_be_opened(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup = world.order("1")
    ada.do(pickup, "open")
    first = lockers.opens()
    ada.do(pickup, "another-box")
    second = lockers.opens()
    lockers.shuts(first)
    lockers.shuts(second)
    world.news(world.snapshot("1", cancelled_at=clock.now()))

    for number in ("1", "2"):
        ada.do(pickup, "reclaim", door=number)
        lockers.shuts(lockers.opens(), item="absent")
    assert ada.state(pickup)["state"] == "returned"


def test_set_aside_and_handed_over_at_the_counter(world: World, ada: Phone) -> None:
    pickup = world.order("1001")
    assert ada.do(pickup, "set-aside")["place"] == "counter"
    (listed,) = ada.get("/state").get_json()["counter"]
    assert (listed["order"], listed["place"]) == ("#1001", "Counter")

    assert ada.do(pickup, "hand-over")["state"] == "collected"
    assert ada.get("/state").get_json()["counter"] == []


def test_an_order_too_big_for_any_door_is_for_the_counter_and_says_why(world: World, ada: Phone) -> None:
    pickup = world.order("1", lines=(Line("l1", "Anvil", 1, "ANVIL", 60_000),))
    (listed,) = ada.get("/state").get_json()["to_load"]
    assert (listed["place"], listed["why"]) == ("Counter", "Too big for any door here")
    assert ada.refused(pickup, "open") == "too_big"


def test_an_unpaid_order_is_not_yet_to_be_picked(world: World, ada: Phone) -> None:
    pickup = world.order("1", paid=False)
    told = ada.get("/state").get_json()
    assert (told["to_load"], [row["why"] for row in told["not_yet"]]) == ([], ["Not paid yet"])
    assert ada.refused(pickup, "open") == "unpaid"
    assert ada.refused(pickup, "set-aside") == "unpaid"


def test_opening_doors_keeps_one_present(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup = world.order()
    before = ada.get("/", page=True).text
    assert "You are at the lockers until" in before
    ada.do(pickup, "open")
    assert ada.state(pickup)["present"] is True


def test_a_door_its_shopper_left_with_something_inside_is_free_after_a_person_has_looked(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    pickup = world.order("1")
    ada.do(pickup, "open")
    lockers.shuts(lockers.opens())
    lockers.is_opened_by_its_shopper(pickup, item="present")
    (task,) = ada.get("/state").get_json()["tasks"]
    assert (task["kind"], task["action"], task["pickup"]) == ("left_uncertain", "", pickup)

    assert "Is door 1 empty?" in ada.get(f"/pickups/{pickup}", page=True).text
    ada.do(pickup, "look-inside", door="1")
    lockers.shuts(lockers.opens(), item="absent")
    ada.do(pickup, "confirm-empty")
    assert world.placements(pickup) == [(1, "released")]
    assert ada.get("/state").get_json()["tasks"] == []


def test_a_box_given_up_with_something_inside_is_free_after_a_person_has_looked(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    pickup = world.order()
    ada.do(pickup, "open")
    small = lockers.opens()
    ada.do(pickup, "too-small")
    lockers.shuts(lockers.opens())
    lockers.shuts(small, item="present")
    assert world.placements(pickup) == [(1, "held"), (3, "loaded")]

    assert "Is door 1 empty?" in ada.get(f"/pickups/{pickup}", page=True).text
    assert ada.refused(pickup, "look-inside", door="3") == "not_to_reclaim"
    ada.do(pickup, "confirm-empty")
    assert world.placements(pickup) == [(1, "released"), (3, "loaded")]
    assert ada.state(pickup)["state"] == "ready"


def test_nobody_confirms_that_goods_which_wait_for_their_shopper_are_gone(world: World, ada: Phone) -> None:
    assert ada.refused(world.ready("1"), "confirm-empty") == "not_to_reclaim"


@pytest.mark.parametrize("door", ["x", "-1", "1.5", "99999", "\u0661"])
def test_a_door_that_is_no_number_is_refused(world: World, ada: Phone, door: str) -> None:
    answer = ada.post(f"/pickups/{world.order()}/take-out", door=door)
    assert (answer.status_code, answer.get_json()["code"]) in ((400, "bad_door"), (409, "not_in_locker"))


def test_two_associates_at_one_order_see_the_same(world: World, web: Flask, ada: Phone, lockers: Lockers) -> None:
    pickup = world.order()
    mo = Phone(web).signed_in("A1M").at(lockers)
    ada.do(pickup, "open")
    mo.do(pickup, "open")
    lockers.shuts(lockers.opens())
    assert mo.state(pickup)["state"] == ada.state(pickup)["state"] == "ready"
    assert mo.refused(pickup, "open") == "not_to_load"


def test_the_page_says_that_the_shopper_knows_also_after_the_goods_were_put_elsewhere(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    pickup = world.order()
    ada.do(pickup, "open")
    lockers.shuts(lockers.opens())
    assert "The shopper is being told." in ada.get(f"/pickups/{pickup}", page=True).text
    with world.database.transaction() as session:
        world.pickup(session, pickup)
        timeline.write(session, pickup, "shopper_told", actor="system", at=clock.now())
    ada.do(pickup, "take-out")
    lockers.shuts(lockers.opens(), item="absent")
    ada.do(pickup, "set-aside")
    assert "The shopper has been told." in ada.get(f"/pickups/{pickup}", page=True).text


def test_a_store_without_lockers_hands_everything_over_at_the_counter(world: World, phone: Phone) -> None:
    pickup = world.order("1001", location=STATION)
    sam = phone.signed_in("A1S")
    page = sam.get(f"/pickups/{pickup}", page=True).text
    assert "For the counter: this store has no lockers." in page
    assert "Open" not in page
    sam.do(pickup, "set-aside")
    assert sam.do(pickup, "hand-over")["state"] == "collected"
