"""From a signed delivery to a pickup, against the pretend shop over real HTTP."""

from __future__ import annotations

import datetime as dt
import json
import time

import pytest
from sqlalchemy import select

from bopis import clock
from bopis.db import Database
from bopis.inbox import InboxEntry, body_of
from bopis.outbox import OutboxEntry
from bopis.pickups.models import Pickup
from tests.webhooks.door import Door, order_body
from webhooks.replay import dead_letters, replay


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
    door.service.database.close()
    vars(door.service.database).update(vars(gone))
    began = time.monotonic()
    assert door.deliver(order_body("1")).status_code == 503
    assert time.monotonic() - began < 1.0


def test_a_paid_order_becomes_a_reserved_compartment(door: Door) -> None:
    order_id = door.shop.order("MUG-SLATE")
    door.deliver(order_body(order_id))
    door.work()
    with door.service.database.reading() as session:
        pickup = session.scalars(select(Pickup)).one()
        told = (pickup.state, pickup.store_id, pickup.order.phone())
        assert told == ("reserved", door.world.store_id, "+14155550123")


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
    door.shop.sandbox.shop.behaviour.change({"units_after": 600.0})
    order_id = door.shop.order("MUG-SLATE")
    door.deliver(order_body(order_id))
    door.work()
    assert (door.count(Pickup), door.entry().state) == (0, "waiting")
    for unit in door.shop.sandbox.shop.world.orders[order_id].units:
        unit.visible_from = clock.now()
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + dt.timedelta(seconds=3))
    door.work()
    assert (door.count(Pickup), door.entry().state) == (1, "done")


def test_a_throttled_shop_is_asked_again_later(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = door.shop.order("MUG-SLATE")
    door.shop.sandbox.shop.behaviour.change({"throttled": 1})
    door.deliver(order_body(order_id))
    door.work()
    assert (door.entry().state, door.entry().attempts, door.count(Pickup)) == ("waiting", 1, 0)
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + dt.timedelta(seconds=6))
    door.work()
    assert (door.entry().state, door.count(Pickup)) == ("done", 1)


def test_a_shop_that_throttles_for_hours_is_asked_until_it_answers(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = door.shop.order("MUG-SLATE")
    door.shop.sandbox.shop.behaviour.change({"throttled": 20})
    door.deliver(order_body(order_id))
    real = clock.now
    for number in range(21):
        monkeypatch.setattr(clock, "now", lambda ahead=number: real() + dt.timedelta(minutes=6 * ahead))
        door.work()
    assert (door.entry().state, door.entry().attempts, door.count(Pickup)) == ("done", 21, 1)


def test_as_long_as_the_shop_asks_for_is_waited(door: Door) -> None:
    order_id = door.shop.order("MUG-SLATE")
    door.shop.sandbox.shop.behaviour.change({"throttled": 1})
    door.deliver(order_body(order_id))
    door.work()
    entry = door.entry()
    assert entry.next_at - clock.now() > dt.timedelta(seconds=3)


def test_a_revoked_token_makes_a_dead_letter_and_a_task_and_a_replay_heals_it(door: Door) -> None:
    order_id = door.shop.order("MUG-SLATE")
    door.shop.sandbox.shop.behaviour.change({"token_revoked": True})
    door.deliver(order_body(order_id))
    door.work()
    assert (door.entry().state, door.tasks()) == ("dead", ["delivery_failed", "reconnect"])
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
    door.world.load(pickup_id)
    door.work()
    done = [change["operation"] for change in door.shop.mutations() if not change["refused"]]
    assert (done, len(door.shop.texts())) == (["fulfillmentOrderLineItemsPreparedForPickup"], 1)
    assert door.count(OutboxEntry) == 3
    with door.service.database.reading() as session:
        assert set(session.scalars(select(OutboxEntry.state))) == {"done"}
