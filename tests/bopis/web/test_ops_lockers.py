"""Banks as they stand, doors out of service and back, bridges let in and shut out."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select

from bopis import clock
from bopis.bridges.keys import find
from bopis.bridges.models import Bridge, DoorCommand, EnrolmentCode
from bopis.pickups import loading
from bopis.staff.models import StaffMember
from tests.bopis.web.lockers import Lockers
from tests.bopis.web.operator import Operator
from tests.world import World


@pytest.fixture
def mo(web: Flask, lockers: Lockers) -> Operator:
    return Operator(web)


@pytest.fixture
def admin(web: Flask, world: World, lockers: Lockers) -> Operator:
    with world.database.transaction() as session:
        session.get_one(StaffMember, world.mo_id).role = "admin"
    return Operator(web)


def doors(mo: Operator, world: World) -> dict[int, dict[str, object]]:
    return {door["number"]: door for door in mo.state(f"/banks/{world.bank_id}")["doors"]}


def test_the_map_shows_doors_where_they_are_and_who_is_in_them(world: World, mo: Operator, lockers: Lockers) -> None:
    pickup = world.ready("7")
    first, second = doors(mo, world)[1], doors(mo, world)[2]
    assert (first["order"], first["pickup"], first["state"]) == ("#7", pickup, "Ready")
    assert second["order"] == ""
    assert second["y"] == first["y"] + 26  # a row lower
    assert "Door 1: shut, holds #7" in mo.reads(f"/banks/{world.bank_id}")


def test_an_open_door_changes_the_page(world: World, mo: Operator, lockers: Lockers) -> None:
    before = mo.state(f"/banks/{world.bank_id}")["version"]
    world.staff(world.order(), loading.open_to_load)
    lockers.opens()
    assert doors(mo, world)[1]["door"] == "open"
    assert mo.state(f"/banks/{world.bank_id}")["version"] != before


def test_a_bridge_that_goes_on_talking_does_not_change_the_page(world: World, mo: Operator, lockers: Lockers) -> None:
    before = mo.state(f"/banks/{world.bank_id}")["version"]
    lockers.seen()
    assert mo.state(f"/banks/{world.bank_id}")["version"] == before
    lockers.seen(clock.now() - dt.timedelta(minutes=5))
    assert mo.state(f"/banks/{world.bank_id}")["bridge"]["online"] is False
    assert "Offline" in mo.reads("/banks")


def test_a_door_out_of_service_is_given_to_nobody_until_it_is_back(world: World, mo: Operator) -> None:
    box = doors(mo, world)[1]["id"]
    mo.does(f"/doors/{box}/close", reason="  the hinge  is bent ")
    assert (doors(mo, world)[1]["in_service"], doors(mo, world)[1]["reason"]) == (False, "the hinge is bent")
    assert world.placements(world.order("1")) == [(2, "held")]
    mo.does(f"/doors/{box}/reopen")
    assert world.placements(world.order("2")) == [(1, "held")]


def test_whoever_was_promised_a_closed_door_gets_another(world: World, mo: Operator) -> None:
    pickup = world.order()
    mo.does(f"/doors/{doors(mo, world)[1]['id']}/close", reason="bent")
    assert world.placements(pickup) == [(1, "released"), (2, "held")]
    assert world.state(pickup) == "reserved"


def test_goods_behind_a_closed_door_stay_assigned(world: World, mo: Operator) -> None:
    pickup = world.ready()
    mo.does(f"/doors/{doors(mo, world)[1]['id']}/close", reason="bent")
    assert world.placements(pickup) == [(1, "loaded")]
    assert world.state(pickup) == "ready"


def test_a_reason_must_be_given(world: World, mo: Operator) -> None:
    assert mo.refused(f"/doors/{doors(mo, world)[1]['id']}/close", reason=" ") == (400, "no_reason")
    assert doors(mo, world)[1]["in_service"] is True


def test_an_admin_makes_an_enrolment_code_that_is_shown_once(world: World, admin: Operator) -> None:
    page = admin.post(f"/banks/{world.bank_id}/enrolment-code", page=True)
    assert "within 15 minutes" in page.text
    assert "Enrolment code" not in admin.reads(f"/banks/{world.bank_id}")
    with world.database.reading() as session:
        assert len(session.scalars(select(EnrolmentCode).where(EnrolmentCode.used_at.is_(None))).all()) == 1


def test_a_revoked_bridge_is_shut_out(world: World, admin: Operator) -> None:
    admin.does(f"/bridges/{world.bridge_id}/revoke")
    with world.database.reading() as session:
        assert find(session, world.bridge_id) is None
        assert session.get_one(Bridge, world.bridge_id).revoked_at is not None
    assert "None enrolled" in admin.reads(f"/banks/{world.bank_id}")
    assert admin.state(f"/banks/{world.bank_id}")["bridge"] is None


def test_a_manager_neither_enrols_nor_revokes(world: World, mo: Operator) -> None:
    assert mo.refused(f"/banks/{world.bank_id}/enrolment-code") == (403, "not_allowed")
    assert mo.refused(f"/bridges/{world.bridge_id}/revoke") == (403, "not_allowed")
    assert "enrolment code" not in mo.reads(f"/banks/{world.bank_id}")


def test_a_bank_in_quarantine_says_why_and_an_admins_word_goes_to_its_bridge(
    world: World, admin: Operator, lockers: Lockers
) -> None:
    world.device(("wiring_mismatch", {"door": 3, "moved": 4, "both": False, "cause": "assist", "pulses": 1}))
    page = admin.reads(f"/banks/{world.bank_id}")
    assert "Door 3 was to open and door 4 opened" in page
    assert "Nothing opens" in admin.reads("/banks")
    admin.does(f"/banks/{world.bank_id}/end-quarantine", reason="  plugs  put right ")
    with world.database.reading() as session:
        command = session.scalars(select(DoorCommand)).one()
    assert (command.kind, command.details["reason"]) == ("end_quarantine", "plugs put right")
    world.device(("quarantine_ended", {"by": world.mo_id, "reason": "plugs put right"}))
    assert "Door 3 was to open" not in admin.reads(f"/banks/{world.bank_id}")


def test_a_manager_sees_a_quarantine_and_cannot_end_it(world: World, mo: Operator, lockers: Lockers) -> None:
    world.device(("wiring_mismatch", {"door": 3, "moved": 4, "both": False, "cause": "assist", "pulses": 1}))
    assert "The wires are right" not in mo.reads(f"/banks/{world.bank_id}")
