"""What a manager sets of a bank: options of its boards, who gets a door, how long staff sign in without internet."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from bopis.bridges.people import settings
from bopis.bridges.queries import layout
from bopis.lockers.knobs import Knobs, explained
from bopis.lockers.models import Bank, Compartment
from firmware_bridge.layout import read_layout
from tests.bopis.web.lockers import Lockers
from tests.bopis.web.operator import Operator
from tests.world import World


@pytest.fixture
def mo(web: Flask, lockers: Lockers) -> Operator:
    return Operator(web)


def has_boards(world: World, board: str, **options: Any) -> None:
    with world.database.transaction() as session:
        session.execute(update(Bank).where(Bank.id == world.bank_id).values(board=board, board_options=options))
        session.execute(update(Compartment).where(Compartment.bank_id == world.bank_id).values(board_address=1))


def told(world: World) -> tuple[int, dict[str, Any]]:
    """The bank's version and the options its bridge is told; the bridge itself can read them."""
    with world.database.reading() as session:
        body = layout(session, world.bank_id)
        read_layout(body)
        return session.get_one(Bank, world.bank_id).sync_version, body["board_options"]


def test_options_go_to_the_bridge_at_once_and_the_page_says_who_set_what(world: World, mo: Operator) -> None:
    has_boards(world, "modbus-rtu-relay")
    before, _ = told(world)
    mo.does(f"/banks/{world.bank_id}/boards", pulse_ms="1000", inputs_inverted="true", sensor="hook", channels="8")
    version, options = told(world)
    assert version > before
    assert options == {"pulse_ms": 1000, "inputs_inverted": True, "sensor": "hook"}
    page = mo.reads(f"/banks/{world.bank_id}")
    assert "Coil on, in milliseconds: as usual → 1000" in page
    assert "Sensors look at: as usual → the lock’s hook" in page
    assert "Mo, " in page


def test_what_is_not_sent_stays_and_what_is_usual_again_is_forgotten(world: World, mo: Operator) -> None:
    has_boards(world, "hj-8a80", feedback="short-when-unlocked", query="99")
    mo.does(f"/banks/{world.bank_id}/boards", query="33")
    assert told(world)[1] == {"feedback": "short-when-unlocked"}
    version = told(world)[0]
    mo.does(f"/banks/{world.bank_id}/boards", query="33", feedback="short-when-unlocked")
    assert told(world)[0] == version, "nothing changed: nothing is told"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("pulse_ms", "9000", "pulse_ms of modbus-rtu-relay must be a whole number from 100 to 3000 in steps of 100"),
        ("pulse_ms", "long", "must be a whole number from 100 to 3000"),
        ("coil_sense", "maybe", "coil_sense of modbus-rtu-relay must be one of on-opens, off-opens, not &#39;maybe"),
        ("inputs_inverted", "perhaps", "inputs_inverted of modbus-rtu-relay must be true or false"),
        ("sensor", "nose", "sensor of modbus-rtu-relay must be one of door, hook"),
        ("channels", "4", "Door 5 hangs on a channel that such boards would not have."),
    ],
)
def test_what_the_boards_do_not_take_is_refused_by_name_and_changes_nothing(
    world: World, mo: Operator, field: str, value: str, sentence: str
) -> None:
    has_boards(world, "modbus-rtu-relay")
    before = told(world)
    answer = mo.post(f"/banks/{world.bank_id}/boards", page=True, **{field: value})
    assert answer.status_code == 400
    assert sentence in answer.text
    assert 'id="set-boards" open' in answer.text
    assert mo.refused(f"/banks/{world.bank_id}/boards", **{field: value}) == (400, "bad_board_option")
    assert told(world) == before


def test_a_door_without_a_wire_is_in_nobodys_way(world: World, mo: Operator) -> None:
    has_boards(world, "modbus-rtu-relay")
    with world.database.transaction() as session:
        doors = update(Compartment).where(Compartment.bank_id == world.bank_id, Compartment.number > 4)
        session.execute(doors.values(board_address=None, channel=None))
    mo.does(f"/banks/{world.bank_id}/boards", channels="4")


def test_boards_of_a_kind_nobody_knows_are_left_alone(world: World, mo: Operator) -> None:
    has_boards(world, "somebody-elses")
    assert mo.refused(f"/banks/{world.bank_id}/boards", pulse_ms="500") == (409, "unknown_board")
    assert "somebody-elses" in mo.reads(f"/banks/{world.bank_id}")


def test_staff_sign_in_without_internet_for_as_long_as_a_manager_says(world: World, mo: Operator) -> None:
    before = told(world)[0]
    mo.does(f"/banks/{world.bank_id}/offline-hours", hours="12")
    with world.database.reading() as session:
        assert settings(session, world.bank_id)["staff_offline_hours"] == 12
    assert told(world)[0] > before
    page = mo.reads(f"/banks/{world.bank_id}")
    assert "12 hours, at all lockers of this store" in page
    assert "Staff sign in without internet, in hours: 72 → 12" in page


@pytest.mark.parametrize("hours", ["0", "169", "-5", "12.5", "long", "", "9" * 30])
def test_hours_beyond_a_week_or_none_are_refused(world: World, mo: Operator, hours: str) -> None:
    assert mo.refused(f"/banks/{world.bank_id}/offline-hours", hours=hours) == (400, "bad_hours")
    with world.database.reading() as session:
        assert settings(session, world.bank_id)["staff_offline_hours"] == 72


def knobs(world: World) -> Knobs:
    with world.database.reading() as session:
        return Knobs.of(session.get_one(Bank, world.bank_id).knobs)


def test_the_page_explains_every_knob_with_its_usual_value(world: World, mo: Operator) -> None:
    page = mo.reads(f"/banks/{world.bank_id}")
    for knob in explained():
        assert f"{knob.label}, {knob.least} to {knob.most}" in page
        assert f"{knob.words} Usually {knob.usual}." in page


def test_who_gets_a_door_is_set_for_one_bank_and_the_page_says_who_set_it(world: World, mo: Operator) -> None:
    assert knobs(world) == Knobs()
    mo.does(f"/banks/{world.bank_id}/knobs", guaranteed_hours="36", reloads="1")
    assert knobs(world) == Knobs(guaranteed_hours=36, reloads=1)
    assert "Hours an order keeps its door: as usual → 36" in mo.reads(f"/banks/{world.bank_id}")
    mo.does(f"/banks/{world.bank_id}/knobs", guaranteed_hours="24", waitlist_hours="0")
    assert knobs(world) == Knobs(waitlist_hours=0, reloads=1)


@pytest.mark.parametrize(
    ("knob", "value", "sentence"),
    [
        ("guaranteed_hours", "-1", "Hours an order keeps its door: give a whole number from 0 to 720."),
        ("waitlist_hours", "721", "Hours an order waits for a door: give a whole number from 0 to 720."),
        ("moves", "3", "Orders carried to make room: give a whole number from 0 to 2."),
        ("reloads", "often", "Times an order may come back: give a whole number from 0 to 3."),
        ("moves", "1.5", "give a whole number from 0 to 2."),
        ("moves", "", "give a whole number from 0 to 2."),
        ("moves", "9" * 40, "give a whole number from 0 to 2."),
    ],
)
def test_a_knob_out_of_bounds_is_refused_by_name_and_changes_nothing(
    world: World, mo: Operator, knob: str, value: str, sentence: str
) -> None:
    answer = mo.post(f"/banks/{world.bank_id}/knobs", page=True, **{"reloads": "1", knob: value})
    assert answer.status_code == 400
    assert sentence in answer.text and 'id="set-knobs" open' in answer.text
    assert mo.refused(f"/banks/{world.bank_id}/knobs", **{knob: value}) == (400, "bad_knob")
    assert knobs(world) == Knobs()


def test_whoever_may_not_set_up_a_bank_does_not_set_who_gets_a_door(world: World, web: Flask, mo: Operator) -> None:
    ada = Operator(web, badge="A1")
    assert ada.post(f"/banks/{world.bank_id}/knobs", moves="0").status_code == 403
    assert world.outsider is not None
    assert mo.post(f"/banks/{world.outsider.bank_id}/knobs", moves="0").status_code == 404
