"""What a shopper may say on their page: I am on my way, I need more time."""

from __future__ import annotations

import datetime as dt
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from bopis.merchants.models import Merchant
from bopis.pickups.models import Grant, Pickup
from bopis.timeline import entries
from tests.bopis.web.test_shopper import PAGE, link
from tests.world import World


@pytest.fixture
def client(web: Flask) -> FlaskClient:
    return web.test_client()


def pickup_of(world: World, pickup_id: str) -> Pickup:
    with world.database.reading() as session:
        return session.get_one(Pickup, pickup_id)


def test_more_time_is_given_once_and_the_page_says_until_when(world: World, client: FlaskClient) -> None:
    pickup = world.ready("1001")
    before = pickup_of(world, pickup).hold_until
    assert before is not None
    assert "Keep it until" in client.get(link(world, pickup), headers=PAGE).text
    for _ in range(2):  # tapped twice
        answer = client.post(f"{link(world, pickup)}/extend", data={"until": before.isoformat()}, headers=PAGE)
        assert (answer.status_code, unquote(answer.headers["Location"])) == (303, link(world, pickup))
    assert pickup_of(world, pickup).hold_until == before + dt.timedelta(hours=24)
    with world.database.reading() as session:
        assert session.scalars(select(Grant.valid_until)).one() == before + dt.timedelta(hours=24)
        assert [entry.actor for entry in entries(session, pickup) if entry.what == "extended"] == ["shopper"]
    assert "Keep it until" not in client.get(link(world, pickup), headers=PAGE).text


def test_beyond_the_limits_the_page_says_no_and_whom_to_ask(world: World, client: FlaskClient) -> None:
    with world.database.transaction() as session:
        session.get_one(Merchant, world.merchant_id).holding = {"extend_times": 0}
    pickup = world.ready("1001")
    assert "Keep it until" not in client.get(link(world, pickup), headers=PAGE).text
    answer = client.post(f"{link(world, pickup)}/extend", headers=PAGE)
    assert answer.status_code == 409
    assert "It cannot be kept longer. Ask at the counter" in answer.text


def test_whoever_is_on_the_way_finds_it_where_it_lies(world: World, client: FlaskClient) -> None:
    pickup = world.ready("1001")
    for _ in range(2):
        assert client.post(f"{link(world, pickup)}/on-my-way", headers=PAGE).status_code == 303
    page = client.get(link(world, pickup), headers=PAGE).text
    assert "You are on your way." in page and "I am on my way" not in page
    assert pickup_of(world, pickup).pinned_until is not None
    with world.database.reading() as session:
        assert [entry.what for entry in entries(session, pickup)].count("on_my_way") == 1


@pytest.mark.parametrize("deed", ["extend", "on-my-way"])
def test_what_is_not_ready_cannot_be_asked_for(world: World, client: FlaskClient, deed: str) -> None:
    pickup = world.order("1001")
    assert client.post(f"{link(world, pickup)}/{deed}", headers=PAGE).status_code == 409
    assert client.post(f"/p/nobody-has-this-link-000/{deed}", headers=PAGE).status_code == 404


@pytest.mark.parametrize("until", ["", "tomorrow", "2026-11-25T10:00:00", "9" * 400])
def test_an_end_nobody_showed_does_no_harm(world: World, client: FlaskClient, until: str) -> None:
    pickup = world.ready("1001")
    assert client.post(f"{link(world, pickup)}/extend", data={"until": until}, headers=PAGE).status_code == 303
