"""A shop connected with a browser by a signed-in admin, against the pretend shop's consent page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from bopis import clock
from bopis.merchants.models import Connection
from bopis.orders.models import Order
from bopis.staff.models import StaffMember
from tests.bopis.web.phone import Phone
from tests.sandbox.running import DOMAIN, SHOPPER
from tests.webhooks.door import Door, open_door


class Admin:
    """Mo, made an admin, at a browser."""

    def __init__(self, door: Door, badge: str = "A1M") -> None:
        self.door = door
        self.phone = Phone(door.client.application)
        self.phone.signed_in(badge)

    def get(self, path: str, **query: str) -> TestResponse:
        return self.phone.client.get(f"/connect{path}?{urlencode(query)}", headers={"Accept": "application/json"})

    def consent(self, shop: str = DOMAIN) -> dict[str, str]:
        """Begin, say yes in the shop, and return what the browser brings back."""
        begun = self.get("/shopify", shop=shop)
        assert begun.status_code == 303, begun.text
        agreed = requests.get(begun.headers["Location"], allow_redirects=False, timeout=10)
        assert agreed.status_code == 302, agreed.text
        back = urlsplit(agreed.headers["Location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == "http://web.test/connect/shopify/callback"
        return {name: values[0] for name, values in parse_qs(back.query).items()}

    def finish(self, parameters: dict[str, str]) -> TestResponse:
        return self.get("/shopify/callback", **parameters)


@pytest.fixture
def door(database_url: str, redis_url: str) -> Iterator[Door]:
    with open_door(database_url, redis_url) as it:
        with it.service.database.transaction() as session:
            session.get_one(StaffMember, it.world.mo_id).role = "admin"
        yield it


@pytest.fixture
def admin(door: Door) -> Admin:
    return Admin(door)


def secrets(door: Door) -> dict[str, Any]:
    return dict(door.connection().account().secrets)


def test_an_installed_shop_is_followed_with_tokens_that_expire(door: Door, admin: Admin) -> None:
    answer = admin.finish(admin.consent())
    assert (answer.status_code, f"{DOMAIN} is connected" in answer.text) == (200, True)
    kept = secrets(door)
    assert kept["access_token"].startswith("shpat_")
    assert dt.datetime.fromisoformat(kept["access_expires_at"]) > clock.now() + dt.timedelta(minutes=55)
    door.shop.order("MUG-SLATE")
    door.round()
    assert door.pickup().state == "reserved"
    assert door.connection().subscriptions is not None


def test_installing_again_heals_what_was_removed(door: Door, admin: Admin) -> None:
    with door.service.database.transaction() as session:
        session.get_one(Connection, door.world.shop.connection_id).watch(clock.now())
    door.round()
    door.shop.post("/shop/api/uninstall", {})
    order_id = door.shop.order("MUG-SLATE")
    door.deliver({"domain": DOMAIN}, topic="app/uninstalled", delivery="gone")
    door.work()
    door.news(order_id)
    assert (door.pickups(), door.tasks()) == ([], ["delivery_failed", "reconnect"])
    admin.finish(admin.consent())
    door.round()
    assert (door.pickup().state, door.tasks()) == ("reserved", [])


@pytest.mark.parametrize("shop", ["", "example.com", "evil.example/x.myshopify.com", "a.myshopify.com\n", "a b"])
def test_what_is_no_shop_is_not_gone_to(admin: Admin, shop: str) -> None:
    answer = admin.get("/shopify", shop=shop)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_shop")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hmac": "0" * 64}, "bad_signature"),
        ({"shop": "other.myshopify.com"}, "bad_signature"),
        ({"code": "guessed"}, "bad_signature"),
        ({"timestamp": "1"}, "bad_signature"),
        ({"timestamp": "soon"}, "bad_signature"),
        ({"state": ""}, "bad_state"),
        ({"state": "é"}, "bad_state"),
        ({"state": "AAAA"}, "bad_state"),
    ],
)
def test_a_callback_that_was_tampered_with_changes_nothing(
    door: Door, admin: Admin, changes: dict[str, str], code: str
) -> None:
    before = secrets(door)
    answer = admin.finish({**admin.consent(), **changes})
    assert (answer.status_code, answer.get_json()["code"]) == (403, code)
    assert secrets(door) == before


def test_a_consent_begun_by_somebody_else_is_not_taken(door: Door, admin: Admin) -> None:
    with door.service.database.transaction() as session:
        session.get_one(StaffMember, door.world.ada_id).role = "admin"
    answer = Admin(door, "A1").finish(admin.consent())
    assert (answer.status_code, answer.get_json()["code"]) == (403, "bad_state")


def test_a_consent_counts_once(admin: Admin) -> None:
    parameters = admin.consent()
    assert admin.finish(parameters).status_code == 200
    answer = admin.finish(parameters)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "token_revoked")


def test_another_merchants_shop_is_not_taken_over(door: Door, admin: Admin) -> None:
    assert door.world.outsider is not None
    with door.service.database.transaction() as session:
        connection = session.get_one(Connection, door.world.shop.connection_id)
        connection.merchant_id = door.world.outsider.merchant_id
    answer = admin.finish(admin.consent())
    assert (answer.status_code, answer.get_json()["code"]) == (409, "connected_elsewhere")


@pytest.mark.parametrize("badge", ["A1", "A1S"])
@pytest.mark.parametrize("path", ["/shopify", "/shopify/callback", "/held/1"])
def test_only_an_admin_connects(door: Door, badge: str, path: str) -> None:
    assert Admin(door, badge).get(path, shop=DOMAIN).status_code == 403
    assert door.client.get(f"/connect{path}").status_code == 401


def test_a_token_about_to_expire_is_renewed_once_however_many_call(
    door: Door, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.finish(admin.consent())
    order_id = door.shop.order("MUG-SLATE")
    before = secrets(door)
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + dt.timedelta(minutes=57))
    platform, account = door.service.gateways.platforms["shopify"], door.connection().account()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: platform.fetch_order(account, order_id), range(8)))
    assert all(found)
    assert door.shop.sandbox.shop.tokens.refreshes == 1
    assert secrets(door)["refresh_token"] != before["refresh_token"]


def test_a_refresh_token_that_is_good_no_more_is_a_task_with_the_way_out(
    door: Door, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.finish(admin.consent())
    order_id = door.shop.order("MUG-SLATE")
    door.shop.sandbox.shop.tokens.revoke()
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + dt.timedelta(minutes=61))
    door.news(order_id)
    assert door.tasks() == ["delivery_failed", "reconnect"]


def test_what_we_hold_is_given_to_the_admin_of_its_merchant_alone(door: Door, admin: Admin) -> None:
    door.order("MUG-SLATE", first_name="Robin")
    with door.service.database.reading() as session:
        order_id = session.scalars(select(Order.id)).one()
    told = admin.get(f"/held/{order_id}").get_json()
    assert (told["first_name"], told["phone"], len(told["pickups"])) == ("Robin", SHOPPER, 1)
    assert "code" not in told["pickups"][0]
    with door.service.database.transaction() as session:
        assert door.world.outsider is not None
        session.get_one(Order, order_id).merchant_id = door.world.outsider.merchant_id
    assert admin.get(f"/held/{order_id}").status_code == 404


def test_no_secret_is_kept_readable(door: Door, admin: Admin) -> None:
    admin.finish(admin.consent())
    with door.service.database.reading() as session:
        sealed = session.scalars(select(Connection.secrets_sealed)).all()
        assert session.scalar(select(func.count()).select_from(Connection)) == 4
    assert not [value for value in sealed if b"shpat_" in value]
