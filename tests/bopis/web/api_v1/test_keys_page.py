"""Keys made and taken back on the operator's page."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select, update

from bopis.access.models import ApiKey
from bopis.staff.models import StaffMember
from tests.bopis.web.api_v1.developer import refusal
from tests.bopis.web.operator import Operator
from tests.world import World


@pytest.fixture
def admin(web: Flask, world: World) -> Operator:
    with world.database.transaction() as session:
        session.execute(update(StaffMember).where(StaffMember.badge == "A1M").values(role="admin"))
    return Operator(web)


def test_a_key_is_shown_once_and_lets_its_program_in(web: Flask, world: World, admin: Operator) -> None:
    page = admin.post("/api-keys", page=True, name="Stock system", scope=["stores:read"], store=world.station_id)
    shown = re.findall(r"bopis_[a-z0-9]{8}_[\w-]{43}", page.text)

    assert page.status_code == 200 and len(shown) == 1
    answer = web.test_client().get("/api/v1/stores", headers={"Authorization": f"Bearer {shown[0]}"})
    assert [store["id"] for store in answer.get_json()["data"]] == [world.station_id]
    again = admin.reads("/api-keys")
    assert shown[0] not in again and shown[0][:14] in again and "Fernhill Station" in again


def test_a_key_taken_back_lets_nobody_in(web: Flask, world: World, admin: Operator) -> None:
    made = admin.post("/api-keys", name="Stock system", scope=["stores:read"]).get_json()
    admin.does(f"/api-keys/{made['id']}/revoke")

    answer = web.test_client().get("/api/v1/stores", headers={"Authorization": f"Bearer {made['key']}"})
    assert refusal(answer) == (401, "not_signed_in")
    assert "Out of use" in admin.reads("/api-keys")


def test_a_key_without_a_name_a_scope_or_a_store_of_ours_is_not_made(world: World, admin: Operator) -> None:
    assert world.outsider is not None
    assert admin.refused("/api-keys", name=" ", scope=["stores:read"]) == (400, "no_name")
    assert admin.refused("/api-keys", name="Till") == (400, "no_scope")
    assert admin.refused("/api-keys", name="Till", scope=["all"]) == (400, "bad_scope")
    theirs = world.outsider.store_id
    assert admin.refused("/api-keys", name="Till", scope=["stores:read"], store=theirs) == (404, "unknown_store")
    page = admin.post("/api-keys", page=True, name="Till")
    assert page.status_code == 400 and "Choose at least one thing" in page.text and 'value="Till"' in page.text
    with world.database.reading() as session:
        assert session.scalars(select(ApiKey)).all() == []
