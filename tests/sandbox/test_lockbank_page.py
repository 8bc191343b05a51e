"""The lock bank's page and its JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sandbox.lockbank import LockBank
from sandbox.lockbank.page import bank_page


@pytest.fixture
def bank() -> Iterator[LockBank]:
    with LockBank(boards=1) as bank:
        yield bank


@pytest.fixture
def client(bank: LockBank) -> FlaskClient:
    app = Flask("sandbox")
    app.register_blueprint(bank_page(bank), url_prefix="/bank")
    return app.test_client()


def test_the_page_knows_where_its_parts_are(client: FlaskClient) -> None:
    page = client.get("/bank/").text
    assert 'data-api="/bank/api"' in page
    for part in ("lockbank.js", "lockbank.css"):
        with client.get(f"/bank/static/{part}") as answer:
            assert answer.status_code == 200


def test_doors_are_moved_by_hand(client: FlaskClient, bank: LockBank) -> None:
    for action, shut, goods in (("open", False, False), ("put", False, True), ("shut", True, True)):
        state = client.post(f"/bank/api/doors/3/{action}", json={}).json
        door = next(each for each in state["doors"] if each["number"] == 3)
        assert (door["shut"], door["goods"]) == (shut, goods)
    refused = client.post("/bank/api/doors/3/take", json={})
    assert (refused.status_code, refused.json["code"]) == (400, "bad_request")


def test_boards_and_doors_are_made_to_misbehave_and_made_well_again(client: FlaskClient, bank: LockBank) -> None:
    client.post("/bank/api/behaviour", json={"board": 0, "silent": True, "late": 0.15})
    client.post("/bank/api/behaviour", json={"board": 0, "lie": 0.3, "brownout": True})
    client.post("/bank/api/behaviour", json={"door": 2, "stuck": True, "jam": 2, "bounce": 3})
    state = client.get("/bank/api/state").json
    assert (state["boards"][0]["silent"], state["boards"][0]["late"]) == (True, 0.15)
    assert (state["boards"][0]["lie"], state["boards"][0]["brownout"]) == (0.3, True)
    assert (state["doors"][1]["stuck"], state["doors"][1]["jam"], state["doors"][1]["bounce"]) == (True, 2, 3)
    well = client.post("/bank/api/behaviour", json={"healthy": True}).json
    assert not well["boards"][0]["silent"]
    assert not well["doors"][1]["stuck"]


@pytest.mark.parametrize(
    "change",
    [
        [],
        {"board": 7, "silent": True},
        {"door": 99, "stuck": True},
        {"silent": "yes"},
        {"garbage": 2},
        {"late": -1},
        {"open_reply": "loud"},
        {"pop_seconds": 9},
        {"door": 1, "silent": True},
        {"door": 1, "jam": True},
        {"door": 1, "bounce": 99},
        {"lie": 7},
    ],
)
def test_nonsense_is_refused(client: FlaskClient, change: Any) -> None:
    assert client.post("/bank/api/behaviour", json=change).status_code == 400


def test_no_other_door_or_action_exists(client: FlaskClient) -> None:
    assert client.post("/bank/api/doors/99/open", json={}).status_code == 400
    assert client.post("/bank/api/doors/1/kick", json={}).status_code == 400
