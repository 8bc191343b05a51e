"""Who may call what under /associate: nobody unsigned, no role beyond the table, nothing of another store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from bopis import clock, tasks
from bopis.bridges.models import DoorCommand
from bopis.lockers.models import Compartment
from bopis.staff.models import StaffMember
from bopis.staff.permissions import PERMISSIONS, ROLES, may
from bopis.web.associate.guard import NEEDS, OPEN_TO_ALL
from tests.bopis.web.phone import OWN, Phone
from tests.world import World


@dataclass(frozen=True)
class Ids:
    """What a path may name."""

    pickup_id: str
    task_id: str
    compartment_id: str
    staff_id: str


def ids_of(world: World, pickup_id: str) -> Ids:
    with world.database.transaction() as session:
        tasks.ask(
            session,
            "odd_event",
            pickup_id,
            merchant_id=world.merchant_id,
            store_id=world.store_id,
            reason="Look.",
            now=clock.now(),
        )
    with world.database.reading() as session:
        task = session.scalars(select(tasks.Task.id).where(tasks.Task.merchant_id == world.merchant_id)).first()
        box = session.scalars(select(Compartment.id).where(Compartment.bank_id == world.bank_id)).first()
    assert task is not None
    assert box is not None
    return Ids(pickup_id, task, box, world.ada_id)


def rules(web: Flask) -> list[Rule]:
    return [rule for rule in web.url_map.iter_rules() if rule.endpoint.startswith("associate.")]


def calls(web: Flask, ids: Ids) -> Iterator[tuple[str, str, str]]:
    """Endpoint, method and path of everything that needs a sign-in."""
    for rule in rules(web):
        if rule.endpoint not in OPEN_TO_ALL:
            path = rule.rule
            for name, value in vars(ids).items():
                path = path.replace(f"<{name}>", value)
            assert "<" not in path, path
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                yield rule.endpoint, method, path


def call(phone: Phone, method: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    answer = phone.client.open(
        path, method=method, headers={**(OWN if headers is None else headers), "Accept": "application/json"}
    )
    body = answer.get_json(silent=True) or {}
    return answer.status_code, body.get("code", "")


def test_every_endpoint_stands_in_the_table_and_every_row_is_an_endpoint(web: Flask) -> None:
    assert {rule.endpoint for rule in rules(web)} == set(NEEDS) | OPEN_TO_ALL
    assert set(NEEDS.values()) <= set(PERMISSIONS)


def test_nothing_answers_without_a_sign_in(web: Flask, world: World, phone: Phone) -> None:
    ids = ids_of(world, world.order())
    for endpoint, method, path in calls(web, ids):
        assert call(phone, method, path) == (401, "not_signed_in"), endpoint
    phone.client.set_cookie("staff", "made-up")
    assert call(phone, "GET", "/associate/state") == (401, "not_signed_in")


def test_a_page_leads_to_signing_in_and_back(world: World, phone: Phone) -> None:
    pickup = world.order()
    answer = phone.get(f"/pickups/{pickup}", page=True)
    assert (answer.status_code, answer.location) == (303, f"/associate/sign-in?next=/associate/pickups/{pickup}")
    back = phone.sign_in(next=f"/associate/pickups/{pickup}", page=True)
    assert (back.status_code, back.location) == (303, f"/associate/pickups/{pickup}")


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example", "//elsewhere.example", "/associate/../x", "javascript:0"]
)
def test_signing_in_leads_nowhere_but_to_our_pages(world: World, phone: Phone, elsewhere: str) -> None:
    assert phone.sign_in(next=elsewhere, page=True).location == "/associate/"


@pytest.mark.parametrize("role", ROLES)
def test_no_role_goes_beyond_the_table(web: Flask, world: World, phone: Phone, role: str) -> None:
    ids = ids_of(world, world.order())
    with world.database.transaction() as session:
        session.get_one(StaffMember, world.ada_id).role = role
    phone.signed_in()
    for endpoint, method, path in calls(web, ids):
        if endpoint in ("associate.sign_out", "associate.presence"):
            continue
        status, code = call(phone, method, path)
        assert (code == "not_allowed") == (not may(role, NEEDS[endpoint])), (endpoint, status, code)


def test_a_role_nobody_knows_may_do_nothing(web: Flask, world: World, phone: Phone) -> None:
    ids = ids_of(world, world.order())
    with world.database.transaction() as session:
        session.get_one(StaffMember, world.ada_id).role = "owner"
    phone.signed_in()
    for _, method, path in calls(web, ids):
        assert call(phone, method, path) == (403, "not_allowed")


@pytest.mark.parametrize(("role", "status"), [("associate", 403), ("manager", 404), ("admin", 200)])
def test_only_an_admin_lets_in_people_of_another_store(world: World, phone: Phone, role: str, status: int) -> None:
    with world.database.transaction() as session:
        for person in session.scalars(select(StaffMember).where(StaffMember.badge == "A1S")):
            person.role = role
    phone.signed_in("A1S")
    assert phone.post(f"/people/{world.ada_id}/unlock").status_code == status


@pytest.mark.parametrize("badge", ["A1S", "B1"], ids=["another store", "another merchant"])
def test_what_belongs_elsewhere_does_not_exist(web: Flask, world: World, phone: Phone, badge: str) -> None:
    ids = ids_of(world, world.ready())
    with world.database.transaction() as session:
        for person in session.scalars(select(StaffMember).where(StaffMember.badge == badge)):
            person.role = "admin"
        before = len(session.scalars(select(DoorCommand)).all())
    phone.signed_in(badge)
    for endpoint, method, path in calls(web, ids):
        if badge == "A1S" and ids.staff_id in path:
            continue  # an admin answers for the people of all stores: the next test
        if any(value in path for value in vars(ids).values()):
            assert call(phone, method, path)[0] == 404, endpoint
    assert phone.post("/presence", bank=world.bank_id, code="482913").get_json()["code"] == "unknown_bank"
    told = phone.get("/state").get_json()
    assert [told[name] for name in ("to_load", "counter", "take_out", "tasks", "not_yet")] == [[], [], [], [], []]
    assert phone.post("/find", q="1").status_code == 404
    assert world.state(ids.pickup_id) == "ready"
    with world.database.reading() as session:
        assert len(session.scalars(select(DoorCommand)).all()) == before


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
)
def test_no_other_site_can_make_a_browser_do_it(
    web: Flask, world: World, phone: Phone, headers: dict[str, str]
) -> None:
    ids = ids_of(world, world.order())
    phone.signed_in()
    for endpoint, method, path in calls(web, ids):
        if method == "POST":
            assert call(phone, method, path, headers) == (403, "other_site"), endpoint
    assert phone.sign_in(headers=headers).status_code == 403


def test_our_own_page_is_known_by_its_origin_where_browsers_say_no_more(world: World, phone: Phone) -> None:
    pickup = world.order()
    phone.signed_in()
    answer = phone.post(f"/pickups/{pickup}/set-aside", headers={"Origin": "http://localhost"})
    assert answer.status_code == 200
