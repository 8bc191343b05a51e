"""The associate's start page: what is where, how an order is found, how tasks end."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import event, select

from bopis import clock, tasks, timeline
from bopis.pickups import grants
from tests.bopis.web.lockers import Lockers
from tests.bopis.web.phone import Phone
from tests.world import STATION, World


def orders(phone: Phone, name: str) -> list[str]:
    return [row["order"] for row in phone.get("/state").get_json()[name]]


def test_the_oldest_order_is_the_next_one(world: World, ada: Phone) -> None:
    for order in ("1003", "1001", "1002"):
        world.order(order)
    assert orders(ada, "to_load") == ["#1003", "#1001", "#1002"]
    page = ada.get("/", page=True).text
    assert "Load #1003" in page
    assert "Load #1001" not in page


def test_another_stores_orders_are_not_listed(world: World, ada: Phone) -> None:
    world.order("1001", location=STATION)
    assert orders(ada, "to_load") == []
    assert "Nothing to load" in ada.get("/", page=True).text


def test_the_shopper_at_the_counter_comes_first(world: World, ada: Phone) -> None:
    first, second = world.order("1001"), world.order("1002")
    for pickup in (first, second):
        ada.do(pickup, "set-aside")
    with world.database.reading() as session:
        grant = grants.open_grant(session, second)
        assert grant is not None
    world.device(("counter_arrived", {"grant": grant.id, "placement": None}))

    assert orders(ada, "counter") == ["#1002", "#1001"]
    assert "Shopper is here" in ada.get("/", page=True).text
    ada.do(second, "hand-over")
    assert orders(ada, "counter") == ["#1001"]


@pytest.mark.parametrize("typed", ["1001", "#1001", " 1001 ", "5550001"])
def test_an_order_is_found_by_its_name_or_its_number_in_the_shop(world: World, ada: Phone, typed: str) -> None:
    pickup = world.order("5550001", name="#1001")
    world.order("5550002", name="#10012")
    assert ada.post("/find", q=typed).get_json() == {"pickups": [pickup]}
    assert ada.post("/find", q=typed, page=True).location == f"/associate/pickups/{pickup}"


def test_two_orders_of_one_name_are_both_offered(world: World, ada: Phone) -> None:
    world.order("1", name="#1001")
    world.order("2", name="#1001")
    assert "Which one?" in ada.post("/find", q="1001", page=True).text


def test_an_order_handed_over_is_found_as_well(world: World, ada: Phone) -> None:
    pickup = world.order("1001")
    ada.do(pickup, "set-aside")
    ada.do(pickup, "hand-over")
    assert ada.post("/find", q="1001").get_json() == {"pickups": [pickup]}


@pytest.mark.parametrize("typed", ["", " ", "#", "%", "047 193 508", "LKR1:AAAA", "x" * 5000, "LKR1:" + "A" * 26])
def test_what_is_not_found_is_said_without_repeating_it(world: World, ada: Phone, typed: str) -> None:
    world.order("1001")
    answer = ada.post("/find", q=typed)
    assert answer.status_code == 404
    page = ada.post("/find", q=typed, page=True).text
    assert "047 193 508" not in page
    assert "LKR1" not in page


def test_a_shoppers_qr_leads_to_their_order_and_stands_on_its_timeline(world: World, ada: Phone) -> None:
    pickup = world.order("1001")
    ada.do(pickup, "set-aside")
    with world.database.reading() as session:
        grant = grants.open_grant(session, pickup)
        assert grant is not None
        qr = grants.qr_of(grant)
        assert qr is not None
    assert ada.post("/find", q=qr).get_json() == {"pickups": [pickup]}
    with world.database.reading() as session:
        assert timeline.entries(session, pickup)[-1].what == "qr_scanned"
    assert "Scanned the shopper’s QR code" in ada.get(f"/pickups/{pickup}", page=True).text

    ada.do(pickup, "hand-over")
    world.order("1002")
    with world.database.reading() as session:
        other = grants.open_grant(session, world.order("1003"))
        assert other is not None
        unready = grants.qr_of(other)
    assert ada.post("/find", q=unready).status_code == 404


def test_a_task_ends_when_a_person_says_so(world: World, ada: Phone) -> None:
    pickup = world.ready("1001", phone="")
    (task,) = ada.get("/state").get_json()["tasks"]
    assert (task["kind"], task["action"], task["pickup"]) == ("no_phone", "settle", pickup)
    assert ada.post(f"/tasks/{task['id']}/settle").status_code == 200
    assert ada.get("/state").get_json()["tasks"] == []
    with world.database.reading() as session:
        assert session.scalars(select(tasks.Task.settled_by)).one() == f"staff:{world.ada_id}"


def test_a_task_with_a_deed_of_its_own_does_not_end_by_word(world: World, ada: Phone) -> None:
    pickup = world.ready("1001")
    world.news(world.snapshot("1001", cancelled_at=clock.now()))
    with world.database.reading() as session:
        task = session.scalars(select(tasks.Task).where(tasks.Task.subject_id == pickup)).one()
    answer = ada.post(f"/tasks/{task.id}/settle")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "not_by_word")


def test_a_manager_puts_a_failed_door_back_to_work(world: World, web: Flask, ada: Phone, lockers: Lockers) -> None:
    ada.do(world.order(), "open")
    lockers.fails()
    assert not lockers.door(1).in_service
    (task,) = ada.get("/state").get_json()["tasks"]
    assert (task["kind"], task["action"]) == ("door_failed", "")

    manager = Phone(web).signed_in("A1M")
    (task,) = manager.get("/state").get_json()["tasks"]
    assert task["action"] == "repair"
    manager.post(f"/doors/{task['subject']}/repair")
    assert lockers.door(1).in_service
    assert manager.get("/state").get_json()["tasks"] == []


def test_a_longer_list_takes_no_more_questions_to_the_database(world: World, ada: Phone) -> None:
    asked: list[str] = []

    def questions() -> int:
        asked.clear()
        ada.get("/state")
        return len(asked)

    event.listen(world.database.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    world.order("1")
    few = questions()
    for number in range(2, 9):
        world.order(str(number))
    assert questions() == few


def test_a_held_answer_comes_as_soon_as_there_is_news(world: World, ada: Phone) -> None:
    version = ada.get("/state").get_json()["version"]
    world.order("1001")
    later = ada.get(f"/state?seen={version}").get_json()
    assert [row["order"] for row in later["to_load"]] == ["#1001"]
    assert later["version"] != version


def test_what_belongs_to_no_store_yet_is_a_managers(world: World, web: Flask, ada: Phone) -> None:
    world.order("1001", location="nowhere")
    assert ada.get("/state").get_json()["tasks"] == []
    (task,) = Phone(web).signed_in("A1M").get("/state").get_json()["tasks"]
    assert (task["kind"], task["action"]) == ("map_location", "")


def test_a_locked_code_is_unlocked_from_the_order_it_belongs_to(world: World, ada: Phone) -> None:
    pickup = world.ready("1001")
    assert "Unlock the code" not in ada.get(f"/pickups/{pickup}", page=True).text
    with world.database.reading() as session:
        grant = grants.open_grant(session, pickup)
    assert grant is not None
    world.device(("grant_locked", {"grant": grant.id}))
    assert "See who it is, then unlock the code" in ada.get("/", page=True).text
    assert "Unlock the code" in ada.get(f"/pickups/{pickup}", page=True).text
    ada.do(pickup, "unlock-code")
    assert "Unlock the code" not in ada.get(f"/pickups/{pickup}", page=True).text
