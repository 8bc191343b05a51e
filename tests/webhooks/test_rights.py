"""What the app is told of shops and shoppers' rights, at its own address and at a connection's."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from bopis import clock, timeline
from bopis.inbox import InboxEntry
from bopis.merchants.actions import install
from bopis.merchants.models import Connection
from bopis.orders.models import Order
from bopis.pickups import loading
from tests.sandbox.running import CLIENT_SECRET, DOMAIN, SHOPPER
from tests.webhooks.door import Door


def tell(
    door: Door,
    topic: str,
    body: dict[str, Any],
    *,
    secret: str = CLIENT_SECRET,
    to: str = "app",
    at: dt.datetime | None = None,
    shop: str = DOMAIN,
) -> TestResponse:
    raw = json.dumps({"shop_id": 1, "shop_domain": shop, **body}).encode()
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).digest()
    answer = door.client.post(
        f"/webhooks/shopify/{to}",
        data=raw,
        content_type="application/json",
        headers={
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
            "X-Shopify-Shop-Domain": shop,
            "X-Shopify-Webhook-Id": hashlib.sha256(raw).hexdigest(),
            "X-Shopify-Triggered-At": (at or clock.now()).isoformat(),
        },
    )
    door.round()
    return answer


def personal(door: Door) -> list[tuple[str, str]]:
    with door.service.database.reading() as session:
        return [(order.phone(), order.first_name()) for order in session.scalars(select(Order))]


TOPICS = ["customers/data_request", "customers/redact", "shop/redact", "app/uninstalled"]


@pytest.mark.parametrize("topic", TOPICS)
def test_without_the_apps_signature_nothing_is_taken(door: Door, topic: str) -> None:
    answer = tell(door, topic, {}, secret="guessed")
    assert (answer.status_code, answer.get_json()["code"]) == (401, "bad_signature")
    assert door.count(InboxEntry) == 0


@pytest.mark.parametrize("topic", TOPICS)
def test_of_a_shop_we_never_knew_we_hold_nothing(door: Door, topic: str) -> None:
    assert tell(door, topic, {}, shop="stranger.myshopify.com").status_code == 200
    assert door.count(InboxEntry) == 0


def test_what_we_hold_is_asked_of_a_person_for_each_order(door: Door) -> None:
    order_id = door.order("MUG-SLATE", first_name="Robin")
    answer = tell(door, "customers/data_request", {"orders_requested": [int(order_id)], "customer": {"id": 1}})
    assert (answer.status_code, door.tasks()) == (202, ["data_request"])
    assert SHOPPER not in door.reason("data_request")


def test_a_shopper_is_forgotten_once_the_goods_are_gone_and_not_before(door: Door) -> None:
    order_id = door.order("MUG-SLATE", first_name="Robin")
    pickup_id = door.load()
    assert tell(door, "customers/redact", {"orders_to_redact": [int(order_id)]}).status_code == 202
    assert personal(door) == [(SHOPPER, "Robin")]
    with door.service.database.transaction() as session:
        pickup = door.world.pickup(session, pickup_id)
        for place in pickup.live_placements():
            place.compartment_id = None  # carried to the counter
        loading.hand_over(session, pickup, door.world.ada(session), clock.now())
    door.round()
    assert personal(door) == [("", "")]
    door.news(order_id)
    assert personal(door) == [("", "")]
    with door.service.database.reading() as session:
        history = str([entry.detail for entry in timeline.entries(session, pickup_id)])
    assert SHOPPER not in history
    assert "Robin" not in history


def test_the_raw_deliveries_about_a_forgotten_order_are_erased(door: Door) -> None:
    order_id, other = door.order("MUG-SLATE"), door.order("LIP-ROSE")
    tell(door, "customers/redact", {"orders_to_redact": [int(order_id)]})
    with door.service.database.reading() as session:
        bodies = {entry.subject: entry.body_sealed for entry in session.scalars(select(InboxEntry))}
    assert bodies[order_id] is None
    assert bodies[other] is not None


def test_a_closed_shop_is_forgotten_whole(door: Door) -> None:
    for _ in range(2):
        order_id = door.order("MUG-SLATE", first_name="Robin")
        door.shop.post(f"/shop/api/orders/{order_id}/cancel", {})
        door.news(order_id, "orders/cancelled")
    tell(door, "shop/redact", {})
    assert personal(door) == [("", "")] * 2
    assert door.connection().account().secrets == {}
    assert (door.connection().paused_because, door.tasks()) == ("closed", ["reconnect"])


def test_a_redaction_named_for_another_shop_than_its_header_says_is_not_carried_out(door: Door) -> None:
    order_id = door.order("MUG-SLATE", first_name="Robin")
    raw = {"shop_domain": "stranger.myshopify.com", "orders_to_redact": [int(order_id)]}
    tell(door, "customers/redact", raw)
    assert personal(door) == [(SHOPPER, "Robin")]
    assert door.tasks() == ["delivery_failed"]


def test_after_the_app_was_removed_the_shop_is_called_no_more(door: Door) -> None:
    order_id = door.order("MUG-SLATE")
    tell(door, "app/uninstalled", {}, to=door.world.shop.connection_id)
    assert (door.connection().paused_because, door.tasks()) == ("uninstalled", ["reconnect"])
    door.news(order_id)
    assert [entry for entry in door.tasks() if entry != "reconnect"] == ["delivery_failed"]


def test_news_of_a_removal_that_come_after_the_next_installation_do_no_harm(door: Door) -> None:
    removed_at = clock.now()
    with door.service.database.transaction() as session:
        secrets = door.connection().account().secrets
        install(session, door.world.merchant_id, "shopify", DOMAIN, secrets, clock.now())
    tell(door, "app/uninstalled", {}, at=removed_at)
    assert door.connection().paused_at is None


def test_deliveries_signed_with_the_apps_secret_are_taken_at_a_connections_own_address(door: Door) -> None:
    with door.service.database.transaction() as session:
        connection = session.get_one(Connection, door.world.shop.connection_id)
        connection.keep_secrets({"access_token": connection.account().secrets["access_token"]})
    assert door.deliver({"id": 1}).status_code == 202
