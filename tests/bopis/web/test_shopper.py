"""The shopper's page over HTTP: the code only while it opens something, and nothing for whoever guesses."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from bopis import clock
from bopis.pickups import grants, loading
from bopis.pickups.models import Grant, Pickup
from tests.bopis.web.lockers import Lockers
from tests.world import World

PAGE = {"Accept": "text/html"}


@pytest.fixture
def client(web: Flask) -> FlaskClient:
    return web.test_client()


def link(world: World, pickup_id: str) -> str:
    with world.database.reading() as session:
        return f"/p/{session.get_one(Pickup, pickup_id).link_token()}"


def groups(page: str) -> list[str]:
    return re.findall(r"<span>(\d{3})</span>", page)


def test_the_code_and_the_qr_are_there_once_everything_is_loaded(world: World, client: FlaskClient) -> None:
    pickup = world.order("1001")
    before = client.get(link(world, pickup), headers=PAGE).text
    assert "not ready yet" in before
    assert groups(before) == []
    assert "data:image" not in before

    world.load(pickup)
    page = client.get(link(world, pickup), headers=PAGE).text
    with world.database.reading() as session:
        grant = grants.open_grant(session, pickup)
        written = grants.code_of(grant) if grant else None
    assert written is not None
    assert groups(page) == written.written().split()
    assert "data:image/svg+xml" in page
    assert "Fernhill High Street" in page
    assert "12 High Street" in page


@pytest.mark.parametrize("after", ["collected", "cancelled", "over"])
def test_the_code_is_gone_once_it_opens_nothing(
    world: World, client: FlaskClient, lockers: Lockers, after: str
) -> None:
    pickup = world.ready("1001")
    if after == "collected":
        lockers.is_opened_by_its_shopper(pickup)
    elif after == "cancelled":
        world.news(world.snapshot("1001", cancelled_at=clock.now()))
    else:
        with world.database.transaction() as session:
            session.scalars(select(Grant)).one().valid_until = clock.now() - dt.timedelta(seconds=1)
    page = client.get(link(world, pickup), headers=PAGE).text
    assert groups(page) == []
    assert "data:image" not in page


def test_at_the_counter_the_page_says_so(world: World, client: FlaskClient) -> None:
    pickup = world.order("1001")
    world.staff(pickup, loading.set_aside)
    page = client.get(link(world, pickup), headers=PAGE).text
    assert "Go to the counter in the store." in page
    assert len(groups(page)) == 3


def test_two_boxes_stand_behind_one_code(world: World, client: FlaskClient) -> None:
    pickup = world.order("1001")
    first = world.staff(pickup, loading.open_to_load)
    second = world.staff(pickup, loading.another_box)
    assert first is not None
    assert second is not None
    world.door(first)
    world.door(second)
    assert "Your 2 doors open one after another." in client.get(link(world, pickup), headers=PAGE).text


def test_times_are_the_stores(world: World, client: FlaskClient) -> None:
    pickup = world.ready("1001")
    with world.database.transaction() as session:
        session.get_one(Pickup, pickup).hold_until = dt.datetime(2026, 11, 26, 1, 30, tzinfo=dt.UTC)
    assert "Wed 25 Nov 20:30" in client.get(link(world, pickup), headers=PAGE).text


@pytest.mark.parametrize("token", ["nobody-has-this-link-000", "x", "..%2f..", "a" * 300, "%00", "é" * 22])
def test_a_link_nobody_has_is_a_friendly_404(world: World, client: FlaskClient, token: str) -> None:
    answer = client.get(f"/p/{token}", headers=PAGE)
    assert answer.status_code == 404
    assert "Nothing here" in answer.text
    assert client.get(f"/p/{token}/state").status_code == 404


def test_the_page_is_kept_by_nobody_and_tells_nobody(world: World, client: FlaskClient) -> None:
    for address in (link(world, world.ready("1001")), "/p/nobody-has-this-link-000"):
        headers = client.get(address, headers=PAGE).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "unsafe-inline" not in headers["Content-Security-Policy"]


def test_nothing_on_the_page_needs_what_the_policy_forbids(world: World, client: FlaskClient) -> None:
    page = client.get(link(world, world.ready("1001")), headers=PAGE).text
    assert " style=" not in page
    assert "<style" not in page
    assert " on" + "click" not in page
    assert re.findall(r"<script(?![^>]* src=)", page) == []


def test_reading_changes_nothing(world: World, client: FlaskClient) -> None:
    pickup = world.ready("1001")

    def everything() -> list[tuple[object, ...]]:
        with world.database.reading() as session:
            rows: list[tuple[object, ...]] = []
            for table in Pickup.metadata.sorted_tables:
                rows += [tuple(row) for row in session.execute(select(table))]
            return rows

    before = everything()
    client.get(link(world, pickup), headers=PAGE)
    client.get(f"{link(world, pickup)}/state")
    assert everything() == before


def test_the_state_changes_its_version_and_gives_nothing_away(
    world: World, client: FlaskClient, lockers: Lockers
) -> None:
    pickup = world.ready("1001")
    first = client.get(f"{link(world, pickup)}/state").get_json()
    again = client.get(f"{link(world, pickup)}/state").get_json()
    lockers.is_opened_by_its_shopper(pickup)
    later = client.get(f"{link(world, pickup)}/state").get_json()
    assert first == again
    assert set(first) == {"state", "version"}
    assert (first["state"], later["state"]) == ("ready", "collected")
    assert first["version"] != later["version"]


def test_what_is_shown_does_not_print_itself(
    world: World, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    pickup = world.ready("1001")
    client.get(link(world, pickup), headers=PAGE)
    token = link(world, pickup).removeprefix("/p/")
    assert token not in caplog.text
