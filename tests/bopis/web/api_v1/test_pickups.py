"""Pickups, as a developer sees and moves them."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import event, select

from bopis import clock
from bopis.pickups.models import Grant, Pickup
from bopis.ports import Line
from bopis.timeline import entries
from bopis.web.api_v1 import paging
from tests.bopis.web.api_v1.developer import Developer, refusal
from tests.world import PHONE, STATION, World


def test_a_pickup_says_what_it_is_where_it_lies_and_until_when(world: World, developer: Developer) -> None:
    pickup = world.ready("7")

    told = developer.reads(f"/pickups/{pickup}")

    assert (told["state"], told["order"]["name"], told["store_id"]) == ("ready", "#7", world.store_id)
    assert told["lines"] == [{"title": "Stoneware mug", "sku": "MUG", "quantity": 1}]
    (place,) = told["placements"]
    assert (place["place"], place["state"], place["bank_id"]) == ("locker", "loaded", world.bank_id)
    assert dt.datetime.fromisoformat(told["hold_until"]) > clock.now()


def test_who_the_shopper_is_takes_a_scope_of_its_own(web: Flask, world: World, developer: Developer) -> None:
    pickup = world.order("7", first_name="Sam")
    nosy = Developer(web, world, ["pickups:read"])

    assert developer.reads(f"/pickups/{pickup}")["shopper"] == {"first_name": "Sam", "phone": PHONE, "email": None}
    answer = nosy.get(f"/pickups/{pickup}")
    assert answer.get_json()["shopper"] is None
    assert PHONE not in answer.text and "Sam" not in answer.text


def test_nothing_that_opens_a_door_is_ever_told(world: World, developer: Developer) -> None:
    pickup = world.ready("7")
    with world.database.reading() as session:
        token = session.get_one(Pickup, pickup).link_token()

    for path in (f"/pickups/{pickup}", f"/pickups/{pickup}/events", "/pickups"):
        told = developer.get(path).text
        assert token not in told and "code" not in told and "qr" not in told


def test_pickups_are_found_by_state_store_order_and_change(world: World, developer: Developer) -> None:
    ready, waiting = world.ready("7"), world.order("8", paid=False)
    counter = world.order("9", location=STATION)

    def found(**query: str) -> list[str]:
        return [pickup["id"] for pickup in developer.listed("/pickups", **query)]

    assert found() == [counter, waiting, ready]
    assert found(state="ready") == [ready]
    assert found(store_id=world.station_id) == [counter]
    assert found(order="#8") == found(order="8") == [waiting]
    later = (clock.now() + dt.timedelta(hours=1)).isoformat()
    assert found(updated_since=later) == []
    assert found(updated_since="2020-01-01T00:00:00Z") == [counter, waiting, ready]


def test_a_page_that_was_read_stays_read_whatever_comes_meanwhile(world: World, developer: Developer) -> None:
    first, second, third = (world.order(number) for number in "123")

    page = developer.reads("/pickups", limit=2)
    world.order("4")
    rest = developer.reads("/pickups", limit=2, cursor=page["next_cursor"])

    assert [pickup["id"] for pickup in page["data"] + rest["data"]] == [third, second, first]


def test_a_pickup_is_kept_longer_by_a_program(world: World, developer: Developer) -> None:
    pickup = world.ready()
    before = developer.reads(f"/pickups/{pickup}")["hold_until"]

    told = developer.post(f"/pickups/{pickup}/extend", {"hours": 200})

    assert told.status_code == 200
    assert told.get_json()["hold_until"] > before
    assert refusal(developer.post(f"/pickups/{pickup}/extend", {"hours": 1})) == (409, "held_longer")
    with world.database.reading() as session:
        assert entries(session, pickup)[-1].actor == f"api:{developer.key.id}"


def test_a_pickup_that_is_not_there_yet_cannot_be_kept(world: World, developer: Developer) -> None:
    assert refusal(developer.post(f"/pickups/{world.order()}/extend", {"hours": 5})) == (409, "not_there")


def test_a_pickup_with_goods_inside_is_called_off_and_its_door_stays_taken(world: World, developer: Developer) -> None:
    pickup = world.ready()

    told = developer.post(f"/pickups/{pickup}/cancel").get_json()

    assert (told["state"], told["reason"], told["closed_at"]) == ("cancelled", "cancelled_by_program", None)
    assert told["placements"][0]["state"] == "loaded"
    assert developer.post(f"/pickups/{pickup}/cancel").get_json()["state"] == "cancelled"


def test_what_was_handed_over_cannot_be_called_off(world: World, developer: Developer) -> None:
    pickup = world.ready()
    with world.database.reading() as session:
        grant = session.scalars(select(Grant).where(Grant.pickup_id == pickup)).one()
        told = {"door": 1, "cause": "grant", "grant": grant.id, "placement": grant.pickup.placements[0].id}
    world.device(("door_opened", told), ("door_shut", {**told, "item": "absent"}))

    assert refusal(developer.post(f"/pickups/{pickup}/cancel")) == (409, "over")


@pytest.mark.parametrize("path", ["", "/events", "/cancel", "/extend"])
def test_another_merchants_pickup_is_not_there(world: World, stranger: Developer, path: str) -> None:
    pickup = world.ready()
    if path in ("", "/events"):
        answer = stranger.get(f"/pickups/{pickup}{path}")
    else:
        answer = stranger.post(f"/pickups/{pickup}{path}", {"hours": 5} if path == "/extend" else None)

    assert refusal(answer) == (404, "not_found")
    assert stranger.listed("/pickups") == []
    with world.database.reading() as session:
        assert session.get_one(Pickup, pickup).state == "ready"


def test_a_list_takes_as_many_statements_as_a_short_one(world: World, developer: Developer) -> None:
    world.order("1", lines=[Line("l1", "Mug", 1)])
    short = _statements(world, developer)
    for number in range(2, 9):
        world.order(str(number))

    assert _statements(world, developer) == short


def _statements(world: World, developer: Developer) -> int:
    seen: list[str] = []
    event.listen(world.database.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    developer.reads("/pickups")
    return len([statement for statement in seen if statement.startswith("SELECT")])


def test_a_page_of_a_rare_state_may_be_short_and_leads_on(
    world: World, developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "LOOKED_AT", 2)
    called_off = world.ready("1")
    developer.post(f"/pickups/{called_off}/cancel")
    for number in range(2, 6):
        world.order(str(number))

    first = developer.reads("/pickups", state="cancelled")

    assert first["data"] == [] and first["next_cursor"]
    assert [pickup["id"] for pickup in developer.listed("/pickups", state="cancelled")] == [called_off]
