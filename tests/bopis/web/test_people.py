"""Who works here: locked, let in again, removed; and each change goes to the kiosks at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from bopis.bridges.people import people
from bopis.lockers.models import Bank
from bopis.staff.actions import end_pin, lock
from bopis.staff.models import StaffMember
from tests.bopis.web.phone import Phone
from tests.world import World


def listed(world: World) -> set[str]:
    """Who may sign in at the kiosk, as its bridge is told."""
    with world.database.reading() as session:
        return {person["id"] for person in people(session, world.bank_id)["people"]}


def version(world: World) -> int:
    with world.database.reading() as session:
        return session.get_one(Bank, world.bank_id).sync_version


def about_ada(world: World, **values: object) -> None:
    with world.database.transaction() as session:
        session.execute(update(StaffMember).where(StaffMember.id == world.ada_id).values(**values))


@pytest.fixture
def manager(web: Flask) -> Phone:
    return Phone(web).signed_in("A1M")


def test_whoever_is_removed_is_signed_out_at_once_and_let_in_nowhere(
    world: World, phone: Phone, manager: Phone
) -> None:
    phone.signed_in()
    assert listed(world) == {world.ada_id, world.mo_id}
    assert manager.post(f"/people/{world.ada_id}/remove").status_code == 200
    assert listed(world) == {world.mo_id}
    assert phone.get("/state").status_code == 401
    assert phone.sign_in().status_code == 403
    assert "Ada" not in manager.get("/people", page=True).text
    assert manager.post(f"/people/{world.ada_id}/remove").status_code == 404


def test_nobody_removes_themselves_and_no_manager_an_admin(world: World, manager: Phone) -> None:
    assert manager.post(f"/people/{world.mo_id}/remove").get_json()["code"] == "not_yourself"
    about_ada(world, role="admin")
    assert manager.post(f"/people/{world.ada_id}/remove").get_json()["code"] == "not_allowed"
    page = manager.get("/people", page=True).text
    assert "Remove Ada" not in page
    assert "Remove Mo" not in page
    assert listed(world) == {world.ada_id, world.mo_id}


def test_a_locked_badge_is_on_no_kiosks_list(world: World) -> None:
    with world.database.transaction() as session:
        lock(session, session.get_one(StaffMember, world.ada_id))
    assert listed(world) == {world.mo_id}


def _unlocked(world: World, manager: Phone) -> None:
    assert manager.post(f"/people/{world.ada_id}/unlock").status_code == 200


def _removed(world: World, manager: Phone) -> None:
    assert manager.post(f"/people/{world.ada_id}/remove").status_code == 200


def _chose_a_pin(world: World, manager: Phone) -> None:
    with world.database.transaction() as session:
        end_pin(session, session.get_one(StaffMember, world.ada_id))
    assert manager.post(f"/people/{world.ada_id}/pin", pin="135791", again="135791").status_code == 200


def _locked_out(world: World, manager: Phone) -> None:
    about_ada(world, failures=9)
    assert manager.post("/sign-in", badge="A1", pin="111111").status_code == 403


def _locked_at_a_kiosk(world: World, manager: Phone) -> None:
    world.device(("staff_locked", {"staff": world.ada_id}))


@pytest.mark.parametrize("change", [_unlocked, _removed, _chose_a_pin, _locked_out, _locked_at_a_kiosk])
def test_every_change_of_the_list_is_news_for_the_bridge(
    world: World, manager: Phone, change: Callable[[World, Phone], None]
) -> None:
    before = version(world)
    change(world, manager)
    assert version(world) > before


def test_the_last_try_before_the_lock_may_be_the_right_one_and_is_no_news(world: World, phone: Phone) -> None:
    about_ada(world, failures=9)
    before = version(world)
    phone.signed_in()
    assert version(world) == before
    assert world.ada_id in listed(world)
