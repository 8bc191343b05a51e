"""Every address of the service × every role × own and other merchant: allowed or refused as the role table says.

An endpoint that stands in no guard's table, and is not open on purpose, fails here.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, update

from bopis import clock, inbox, tasks
from bopis.access.actions import create
from bopis.access.scopes import SCOPES
from bopis.hooks import actions as hooks
from bopis.ids import new_id
from bopis.inbox import InboxEntry
from bopis.lockers.models import Compartment
from bopis.outbox import OutboxEntry
from bopis.payments.models import Authorisation
from bopis.pickups.models import Pickup
from bopis.ports import Delivery
from bopis.staff.models import StaffMember
from bopis.staff.permissions import PERMISSIONS, ROLES, may
from bopis.web import connect
from bopis.web.associate import guard
from bopis.web.ops import common
from tests.bopis.web.phone import OWN, Phone
from tests.world import World

NEEDS = {**guard.NEEDS, **common.NEEDS, **connect.NEEDS}
OPEN = {
    "api_v1.openapi": "describes what everybody's programs may ask, and says nothing of anybody",
    "api_v1.reference": "the same for people",
    "associate.sign_in": "here one signs in",
    "associate.sign_in_form": "here one signs in",
    "health.livez": "says nothing of anybody",
    "health.readyz": "says nothing of anybody",
    "metrics.metrics": "guards itself: this machine, or a token",
    "static.asset": "style and scripts",
    "shopper.page": "guarded by its unguessable link",
    "shopper.state": "guarded by its unguessable link",
    "shopper.extend": "guarded by its unguessable link",
    "shopper.on_my_way": "guarded by its unguessable link",
    "shopper.low_door": "guarded by its unguessable link",
    "paying.pay": "guarded by its unguessable link",
    "paying.way": "guarded by its unguessable link",
    "paying.back": "guarded by an unguessable link of its own, which leads to that one",
}
"""Endpoints without a sign-in, and why."""
SIGNED = ("webhooks.", "receipts.", "payments.", "granting.")
"""Blueprints whose callers prove themselves by a signature over what they send, or by a state that we sealed."""
ENDS_THE_SESSION = "associate.sign_out"
HOLDS = "associate.presence"
"""Waits for lockers that are not there."""
ASKS_A_SHOP = "ops.ask_places"
"""There is none here to answer."""


@pytest.fixture
def ids(world: World) -> dict[str, str]:
    """What a path may name, all of it Fernhill's."""
    pickup = world.ready()
    with world.database.transaction() as session:
        tasks.ask(
            session,
            "odd_event",
            pickup,
            merchant_id=world.merchant_id,
            store_id=world.store_id,
            reason="Look.",
            now=clock.now(),
        )
        inbox.store(session, world.shop, Delivery("d-1", "orders/paid", "1", None), b"{}", clock.now())
        payment = new_id()
        session.add(
            Authorisation(
                id=payment,
                merchant_id=world.merchant_id,
                connection_id=world.shop.connection_id,
                reference="pi_1",
                order_key="1",
                order_name="#1",
                currency="EUR",
                authorised=2000,
                state="authorised",
                created_at=clock.now(),
            )
        )
        key = create(session, world.merchant_id, "Till", ["stores:read"], clock.now(), actor="system").key.id
        endpoint = hooks.add(session, world.merchant_id, "https://hooks.example.com/", [], clock.now())[0].id
        session.execute(update(InboxEntry).values(state="dead"))
        session.execute(update(OutboxEntry).values(state="dead"))
    with world.database.reading() as session:
        return {
            "<pickup_id>": pickup,
            "<task_id>": session.scalars(select(tasks.Task.id)).first() or "",
            "<compartment_id>": session.scalars(
                select(Compartment.id).where(Compartment.bank_id == world.bank_id)
            ).first()
            or "",
            "<staff_id>": world.ada_id,
            "<bank_id>": world.bank_id,
            "<bridge_id>": world.bridge_id,
            "<payment_id>": payment,
            "<kind>": "json",
            "<order_id>": session.get_one(Pickup, pickup).order_id,
            "<key_id>": key,
            "<endpoint_id>": endpoint,
            "<connection_id>": world.shop.connection_id,
            "<vendor>": "no-such-vendor",
            "deliveries/<entry_id>": f"deliveries/{session.scalars(select(InboxEntry.id)).one()}",
            "effects/<entry_id>": f"effects/{session.scalars(select(OutboxEntry.id)).first()}",
        }


def calls(web: Flask, ids: dict[str, str]) -> Iterator[tuple[str, str, str, bool]]:
    """Endpoint, method, path and whether it names something of a merchant's, for all that needs a sign-in."""
    for rule in web.url_map.iter_rules():
        if rule.endpoint not in NEEDS or rule.endpoint in (ENDS_THE_SESSION, HOLDS):
            continue
        path = rule.rule
        for name, value in ids.items():
            path = path.replace(name, value)
        assert "<" not in path, path
        named = any(name in rule.rule for name in ids if name not in ("<vendor>", "<kind>"))
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield rule.endpoint, method, path, named


def call(phone: Phone, method: str, path: str) -> tuple[int, str]:
    answer = phone.client.open(path, method=method, headers={**OWN, "Accept": "application/json"})
    return answer.status_code, (answer.get_json(silent=True) or {}).get("code", "")


def sign_in_as(world: World, phone: Phone, role: str, badge: str) -> None:
    with world.database.transaction() as session:
        session.execute(update(StaffMember).where(StaffMember.badge == badge).values(role=role))
    phone.signed_in(badge)


def with_keys(web: Flask) -> dict[str, str]:
    """Endpoint → scope, of what programs ask with keys; api_v1/test_access.py goes through them key by key."""
    told = web.test_client().get("/api/v1/openapi.json").get_json()
    return {
        f"api_v1.{said['operationId']}": said["x-scope"] for each in told["paths"].values() for said in each.values()
    }


def test_every_endpoint_is_guarded_or_open_on_purpose(web: Flask) -> None:
    found = {rule.endpoint for rule in web.url_map.iter_rules() if not rule.endpoint.startswith(SIGNED)}
    assert found == set(NEEDS) | set(OPEN) | set(with_keys(web))
    assert set(with_keys(web).values()) <= set(SCOPES)
    assert set(NEEDS.values()) <= set(PERMISSIONS)


def test_every_permission_is_used_and_given_to_roles_there_are() -> None:
    asked = set(NEEDS.values()) | {"look_everywhere"}  # decides what a list holds, not whether one sees it
    assert set(PERMISSIONS) == asked
    assert all(roles <= set(ROLES) for roles in PERMISSIONS.values())


def test_nobody_unsigned_gets_anywhere(web: Flask, phone: Phone, ids: dict[str, str]) -> None:
    for endpoint, method, path, _ in calls(web, ids):
        assert call(phone, method, path) == (401, "not_signed_in"), endpoint


@pytest.mark.parametrize("role", [*ROLES, "owner"])
def test_at_home_a_role_goes_as_far_as_the_table_says(
    web: Flask, world: World, phone: Phone, ids: dict[str, str], role: str
) -> None:
    sign_in_as(world, phone, role, "A1")
    for endpoint, method, path, _ in calls(web, ids):
        status, code = call(phone, method, path)
        assert (code == "not_allowed") == (not may(role, NEEDS[endpoint])), (endpoint, status, code)
        assert status < 500 or endpoint == ASKS_A_SHOP, (endpoint, status)


@pytest.mark.parametrize("role", ROLES)
def test_of_another_merchant_nothing_is_there(
    web: Flask, world: World, phone: Phone, ids: dict[str, str], role: str
) -> None:
    sign_in_as(world, phone, role, "B1")
    for endpoint, method, path, named in calls(web, ids):
        status, code = call(phone, method, path)
        if not may(role, NEEDS[endpoint]):
            assert (status, code) == (403, "not_allowed"), endpoint
        elif named:
            assert status == 404, (endpoint, status, code)
    with world.database.reading() as session:
        assert set(session.scalars(select(OutboxEntry.state))) == {"dead"}
        assert session.scalars(select(tasks.Task.settled_at)).one() is None


@pytest.mark.parametrize(
    "path", ["/ops/", "/ops/pickups", "/ops/banks", "/ops/deliveries", "/ops/effects", "/ops/connections", "/ops/money"]
)
def test_another_merchants_names_stand_on_no_page(
    web: Flask, world: World, phone: Phone, ids: dict[str, str], path: str
) -> None:
    sign_in_as(world, phone, "admin", "B1")
    page = phone.client.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "Fernhill" not in page.text
    assert not any(value in page.text for value in ids.values())


def test_no_other_site_can_make_a_browser_do_it(web: Flask, world: World, phone: Phone, ids: dict[str, str]) -> None:
    sign_in_as(world, phone, "admin", "A1")
    for endpoint, method, path, _ in calls(web, ids):
        if method == "POST":
            answer = phone.client.post(path, headers={"Sec-Fetch-Site": "cross-site", "Accept": "application/json"})
            assert (answer.status_code, answer.get_json()["code"]) == (403, "other_site"), endpoint
