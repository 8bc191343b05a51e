"""From a signed delivery to a pickup, against the pretend shop over real HTTP."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from bopis import app, clock, wiring
from bopis.bell import BankListener
from bopis.config import Settings
from bopis.db import Database
from bopis.drain import drain
from bopis.inbox import InboxEntry, body_of
from bopis.merchants.models import Connection
from bopis.outbox import OutboxEntry
from bopis.pickups.models import Pickup
from bopis.ports import Account
from bopis.tasks import Task
from tests.sandbox.running import CLIENT_SECRET, DOMAIN, TOKEN, Running, running_sandbox
from tests.world import SECRET_KEY, World, build
from webhooks.replay import dead_letters, replay


@dataclass
class Door:
    """The service's webhook address, and the shop that posts to it."""

    service: wiring.Service
    world: World
    shop: Running
    client: FlaskClient

    def deliver(self, body: Any, *, topic: str = "orders/paid", delivery: str = "d1", secret: str = CLIENT_SECRET,
                raw: bytes | None = None) -> TestResponse:
        data = raw if raw is not None else json.dumps(body).encode()
        digest = hmac.new(secret.encode(), data, hashlib.sha256).digest()
        return self.client.post(
            f"/webhooks/shopify/{self.world.shop.connection_id}", data=data, content_type="application/json",
            headers={
                "X-Shopify-Topic": topic, "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
                "X-Shopify-Shop-Domain": DOMAIN, "X-Shopify-Webhook-Id": delivery,
                "X-Shopify-API-Version": "2026-10", "X-Shopify-Triggered-At": "2026-11-22T12:00:00.123456789Z",
            },
        )

    def work(self) -> None:
        """Everything that is due."""
        drain(self.service)

    def count(self, table: Any) -> int:
        with self.service.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def entry(self) -> InboxEntry:
        with self.service.database.reading() as session:
            return session.scalars(select(InboxEntry)).one()

    def tasks(self) -> list[str]:
        with self.service.database.reading() as session:
            return sorted(session.scalars(select(Task.kind).where(Task.settled_at.is_(None))))


@pytest.fixture
def door(database_url: str, redis_url: str) -> Iterator[Door]:
    with running_sandbox() as shop:
        settings = Settings(database_url, redis_url, (SECRET_KEY,), "http://web.test", "http://bridges.test",
                            shopify_url=shop.url, twilio_url=shop.url)
        service = wiring.build(settings)
        world = build(database_url)
        with service.database.transaction() as session:
            connection = session.get_one(Connection, world.shop.connection_id)
            connection.account_name = DOMAIN
            connection.keep_secrets({"access_token": TOKEN, "client_secret": CLIENT_SECRET})
        yield Door(service, world, shop, app.create_app(service, BankListener(redis_url)).test_client())
        service.database.close()
        world.database.close()


def order_body(order_id: str) -> dict[str, Any]:
    return {"id": int(order_id), "admin_graphql_api_id": f"gid://shopify/Order/{order_id}", "name": "#1001"}


def test_a_signed_delivery_is_stored_sealed_and_thanked_for(door: Door) -> None:
    assert door.deliver(order_body("1")).status_code == 202
    entry = door.entry()
    assert json.loads(body_of(entry))["id"] == 1
    assert b"admin_graphql_api_id" not in (entry.body_sealed or b"")


def test_the_same_delivery_again_is_thanked_for_and_not_stored(door: Door) -> None:
    door.deliver(order_body("1"))
    assert door.deliver(order_body("1")).status_code == 200
    assert door.count(InboxEntry) == 1


def test_the_same_body_under_another_delivery_id_is_a_replay(door: Door) -> None:
    door.deliver(order_body("1"), delivery="d1")
    assert door.deliver(order_body("1"), delivery="d2").status_code == 200
    assert door.count(InboxEntry) == 1


def test_a_delivery_signed_with_another_secret_is_refused(door: Door) -> None:
    answer = door.deliver(order_body("1"), secret="guessed")
    assert (answer.status_code, answer.get_json()["code"]) == (401, "bad_signature")
    assert door.count(InboxEntry) == 0


def test_an_unknown_connection_is_not_found(door: Door) -> None:
    answer = door.client.post("/webhooks/shopify/nobody", data=b"{}")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "unknown_connection")


def test_a_connection_answers_only_under_its_own_vendor(door: Door) -> None:
    answer = door.client.post(f"/webhooks/shopify/{door.world.phone.connection_id}", data=b"{}")
    assert answer.status_code == 404


def test_a_body_beyond_a_megabyte_is_refused(door: Door) -> None:
    answer = door.deliver(None, raw=b"x" * 1_100_000)
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("raw", [b"not JSON", b"[1, 2]", b'{"name": "#1001"}', b"\xff\xfe"])
def test_a_well_signed_body_that_is_no_order_is_kept_for_a_person_to_read(door: Door, raw: bytes) -> None:
    assert door.deliver(None, raw=raw).status_code == 202
    door.work()
    assert (door.entry().state, door.tasks()) == ("dead", ["delivery_failed"])
    assert body_of(door.entry()) == raw


def test_a_locked_database_is_said_within_a_second_so_that_the_platform_tries_again(door: Door) -> None:
    if not str(door.service.database.engine.url).startswith("sqlite"):
        pytest.skip("PostgreSQL locks rows, not the whole database")
    with door.world.database.transaction():
        began = time.monotonic()
        answer = door.deliver(order_body("1"))
        assert (answer.status_code, answer.get_json()["code"]) == (503, "database_unavailable")
        assert time.monotonic() - began < 1.0
    assert door.deliver(order_body("1")).status_code == 202


def test_a_database_that_is_gone_is_said_within_a_second(door: Door) -> None:
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:1/none", door.service.database.bell)
    door.service.database.engine, door.service.database._reading = gone.engine, gone._reading
    began = time.monotonic()
    assert door.deliver(order_body("1")).status_code == 503
    assert time.monotonic() - began < 1.0


def test_a_paid_order_becomes_a_reserved_compartment(door: Door) -> None:
    order_id = door.shop.order("MUG-SLATE")
    door.deliver(order_body(order_id))
    door.work()
    with door.service.database.reading() as session:
        pickup = session.scalars(select(Pickup)).one()
        assert (pickup.state, pickup.store_id, pickup.order.phone()) == ("reserved", door.world.store_id, "+14155550123")


def test_a_hundred_deliveries_of_one_orders_life_in_any_order_make_one_pickup(door: Door) -> None:
    order_id = door.shop.order("MUG-SLATE", paid=False)
    for number in range(50):
        door.deliver({**order_body(order_id), "note": number}, topic="orders/updated", delivery=f"u{number}")
    door.shop.post(f"/shop/api/orders/{order_id}/pay", {})
    for number in range(50):
        door.deliver({**order_body(order_id), "tag": number}, topic="orders/create", delivery=f"c{number}")
    door.work()
    assert door.count(Pickup) == 1
    with door.service.database.reading() as session:
        assert session.scalars(select(Pickup.state)).one() == "reserved"


def test_an_order_to_be_shipped_is_left_alone_and_says_why(door: Door) -> None:
    lines = [{"sku": "LIP-ROSE", "quantity": 1, "method": "SHIPPING"}]
    order_id = door.shop.order(lines=lines)
    door.deliver(order_body(order_id))
    door.work()
    assert (door.count(Pickup), door.entry().state, door.entry().outcome) == (0, "done", "nothing to pick up")


def test_an_order_the_platform_does_not_have_is_left_alone_and_says_why(door: Door) -> None:
    door.deliver(order_body("999"))
    door.work()
    assert (door.entry().state, door.entry().outcome) == ("done", "the platform has no such order")


def test_units_the_platform_has_not_worked_out_yet_are_asked_for_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.shop.sandbox.shop.behaviour.change({"units_after": 0.5})
    order_id = door.shop.order("MUG-SLATE")
    door.deliver(order_body(order_id))
    door.work()
    assert (door.count(Pickup), door.entry().state) == (0, "waiting")
    with door.service.database.reading() as session:
        account = session.get_one(Connection, door.world.shop.connection_id).account()
    deadline = time.monotonic() + 10
    while not _complete(door, account, order_id):
        assert time.monotonic() < deadline
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + dt.timedelta(seconds=3))
    door.work()
    assert (door.count(Pickup), door.entry().state) == (1, "done")


def _complete(door: Door, account: Account, order_id: str) -> bool:
    snapshot = door.service.gateways.platforms["shopify"].fetch_order(account, order_id)
    return snapshot is not None and snapshot.complete


def test_a_throttled_shop_is_asked_again_later(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = door.shop.order("MUG-SLATE")
    door.shop.sandbox.shop.behaviour.change({"throttled": 1})
    door.deliver(order_body(order_id))
    door.work()
    assert (door.entry().state, door.entry().attempts, door.count(Pickup)) == ("waiting", 1, 0)
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + dt.timedelta(seconds=3))
    door.work()
    assert (door.entry().state, door.count(Pickup)) == ("done", 1)


def test_a_revoked_token_makes_a_dead_letter_and_a_task_and_a_replay_heals_it(door: Door) -> None:
    order_id = door.shop.order("MUG-SLATE")
    door.shop.sandbox.shop.behaviour.change({"token_revoked": True})
    door.deliver(order_body(order_id))
    door.work()
    assert (door.entry().state, door.tasks()) == ("dead", ["delivery_failed"])
    door.shop.sandbox.shop.behaviour.change({"token_revoked": False})
    with door.service.database.transaction() as session:
        for letter in dead_letters(session):
            replay(session, letter, clock.now())
    door.work()
    assert (door.entry().state, door.count(Pickup)) == ("done", 1)


def test_ready_and_collected_are_told_to_the_shop_and_the_shopper_is_told_once(door: Door) -> None:
    order_id = door.shop.order("MUG-SLATE")
    door.deliver(order_body(order_id))
    door.work()
    with door.service.database.reading() as session:
        pickup_id = session.scalars(select(Pickup.id)).one()
        provider = session.get_one(Connection, door.world.phone.connection_id)
    with door.service.database.transaction() as session:
        provider = session.get_one(Connection, provider.id)
        provider.account_name, provider.settings = "AC" + "0" * 32, {"from": "+12015550100"}
        provider.keep_secrets({"auth_token": "auth token of the tests"})
    door.world.load(pickup_id)
    door.work()
    done = [change["operation"] for change in door.shop.mutations() if not change["refused"]]
    assert (done, len(door.shop.texts())) == (["fulfillmentOrderLineItemsPreparedForPickup"], 1)
    assert door.count(OutboxEntry) == 3
    with door.service.database.reading() as session:
        assert set(session.scalars(select(OutboxEntry.state))) == {"done"}
