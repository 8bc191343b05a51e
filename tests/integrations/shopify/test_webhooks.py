"""Shopify's deliveries: who may send one, what it is about, and what is said of a bad one."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bopis.ports import Account, BadDelivery, BadSignature, Delivery
from integrations.shopify import ShopifyPlatform, webhooks
from tests.integrations.shopify.payloads import ORDER_ID, signed
from tests.sandbox.running import CLIENT_SECRET, DOMAIN

PLATFORM = ShopifyPlatform()
BODY = {"id": int(ORDER_ID), "updated_at": "2026-11-22T12:00:00+00:00"}


def with_secrets(shop: Account, **secrets: str) -> Account:
    return replace(shop, secrets=secrets)


def test_a_signed_delivery_is_known_by_shopifys_own_id(shop: Account) -> None:
    headers, body = signed("orders/create", BODY)

    assert PLATFORM.verify(headers, body, shop) == Delivery(
        "5996c02d-4443-47e9-8285-88b8ad465300",
        "orders/create",
        ORDER_ID,
        dt.datetime(2026, 11, 22, 12, 0, 0, 378505, tzinfo=dt.UTC),
    )


def test_header_names_ignore_case(shop: Account) -> None:
    headers, body = signed("orders/create", BODY)

    assert PLATFORM.verify({name.lower(): value for name, value in headers.items()}, body, shop).subject == ORDER_ID


def test_the_newer_headers_without_x_are_read_when_asked_for(shop: Account) -> None:
    headers, body = signed("orders/create", BODY)
    renamed = {name.removeprefix("X-"): value for name, value in headers.items()}

    assert webhooks.verify(renamed, body, shop, prefix="Shopify-").topic == "orders/create"


@pytest.mark.parametrize("name", ["client_secret", "previous_client_secret", "store_webhook_key"])
def test_each_kind_of_secret_may_have_signed(shop: Account, name: str) -> None:
    headers, body = signed("orders/create", BODY, secret="the right one")
    secrets = {"client_secret": "another", name: "the right one"}

    assert PLATFORM.verify(headers, body, with_secrets(shop, **secrets)).subject == ORDER_ID


def test_one_changed_byte_breaks_the_signature(shop: Account) -> None:
    headers, body = signed("orders/create", BODY)

    with pytest.raises(BadSignature):
        PLATFORM.verify(headers, body + b" ", shop)


@pytest.mark.parametrize("signature", [None, "", "%%%", "AAAA", "é"])
def test_a_missing_or_garbled_signature_is_bad(shop: Account, signature: str | None) -> None:
    headers, body = signed("orders/create", BODY, X_Shopify_Hmac_Sha256=signature)

    with pytest.raises(BadSignature):
        PLATFORM.verify(headers, body, shop)


def test_an_empty_secret_signs_nothing(shop: Account) -> None:
    headers, body = signed("orders/create", BODY, secret="")

    with pytest.raises(BadSignature):
        PLATFORM.verify(headers, body, with_secrets(shop, client_secret=""))


def test_a_connection_without_secrets_accepts_nobody(shop: Account) -> None:
    headers, body = signed("orders/create", BODY)

    with pytest.raises(BadSignature):
        PLATFORM.verify(headers, body, with_secrets(shop))


@pytest.mark.parametrize("domain", ["other.myshopify.com", "", None])
def test_another_shops_delivery_is_refused(shop: Account, domain: str | None) -> None:
    headers, body = signed("orders/create", BODY, X_Shopify_Shop_Domain=domain)

    with pytest.raises(BadSignature):
        PLATFORM.verify(headers, body, shop)


def test_the_shops_name_ignores_case(shop: Account) -> None:
    headers, body = signed("orders/create", BODY, X_Shopify_Shop_Domain=DOMAIN.upper())

    assert PLATFORM.verify(headers, body, shop).subject == ORDER_ID


@pytest.mark.parametrize("webhook_id", [None, "", "a b", "x" * 101])
def test_without_an_id_of_its_own_a_delivery_is_known_by_topic_and_content(
    shop: Account, webhook_id: str | None
) -> None:
    def delivery_id(topic: str, body: Any) -> str:
        headers, raw = signed(topic, body, X_Shopify_Webhook_Id=webhook_id)
        return PLATFORM.verify(headers, raw, shop).delivery_id

    first = delivery_id("orders/create", BODY)
    assert first.startswith("sha256:")
    assert delivery_id("orders/create", BODY) == first
    assert delivery_id("orders/paid", BODY) != first
    assert delivery_id("orders/create", {**BODY, "id": 5}) != first


@pytest.mark.parametrize("topic", [None, "", "orders", "Orders/Create", "orders/create\nx", "orders/create/x"])
def test_a_delivery_without_a_proper_topic_is_bad(shop: Account, topic: str | None) -> None:
    headers, body = signed("orders/create", BODY, X_Shopify_Topic=topic)

    with pytest.raises(BadDelivery, match="X-Shopify-Topic"):
        PLATFORM.verify(headers, body, shop)


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b"\xff", b"[" * 100_000, b'{"id": "\xed\xa0\x80"}'])
def test_a_body_that_is_no_object_is_a_delivery_about_nothing(shop: Account, body: bytes) -> None:
    headers, raw = signed("orders/create", body)
    delivery = PLATFORM.verify(headers, raw, shop)

    assert delivery.subject == ""
    with pytest.raises(BadDelivery, match="the body"):
        PLATFORM.order_of(delivery, raw)


@pytest.mark.parametrize("moment", [None, "", "yesterday", "2026-11-22T12:00:00"])
def test_a_missing_or_odd_time_does_no_harm(shop: Account, moment: str | None) -> None:
    headers, body = signed("orders/create", BODY, X_Shopify_Triggered_At=moment)

    assert PLATFORM.verify(headers, body, shop).occurred_at is None


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("orders/create", {"id": int(ORDER_ID)}),
        ("orders/cancelled", {"id": ORDER_ID}),
        ("orders/delete", {"id": int(ORDER_ID)}),
        ("orders/edited", {"order_edit": {"id": 5, "order_id": int(ORDER_ID)}}),
        ("refunds/create", {"id": 5, "order_id": int(ORDER_ID)}),
        ("fulfillments/create", {"id": 5, "order_id": int(ORDER_ID)}),
        ("fulfillment_orders/moved", {"original_fulfillment_order": {"order_id": int(ORDER_ID)}}),
        ("fulfillment_orders/split", {"fulfillment_order": {"order_id": f"gid://shopify/Order/{ORDER_ID}"}}),
    ],
)
def test_the_order_a_delivery_concerns_is_found_exactly(shop: Account, topic: str, body: Any) -> None:
    headers, raw = signed(topic, body)
    delivery = PLATFORM.verify(headers, raw, shop)

    assert PLATFORM.order_of(delivery, raw) == ORDER_ID


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("app/uninstalled", {"id": 5}),
        ("locations/update", {"id": 5}),
        ("customers/redact", {"shop_id": 5}),
        ("fulfillment_orders/cancelled", {"fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/1"}}),
        ("fulfillment_orders/moved", {"fulfillment_order": {"order_id": None}}),
    ],
)
def test_a_delivery_may_concern_no_order(shop: Account, topic: str, body: Any) -> None:
    headers, raw = signed(topic, body)

    assert PLATFORM.order_of(PLATFORM.verify(headers, raw, shop), raw) is None


@pytest.mark.parametrize(
    ("topic", "body", "field"),
    [
        ("orders/create", {}, "id"),
        ("orders/create", {"id": None}, "id"),
        ("orders/create", {"id": 1.5}, "id"),
        ("orders/create", {"id": True}, "id"),
        ("orders/create", {"id": -1}, "id"),
        ("orders/create", {"id": "1; drop"}, "id"),
        ("orders/edited", {"id": 5}, "order_edit"),
        ("orders/edited", {"order_edit": {"id": 5}}, "order_edit.order_id"),
        ("refunds/create", {"id": 5}, "order_id"),
    ],
)
def test_what_is_missing_is_named(topic: str, body: Any, field: str) -> None:
    _, raw = signed(topic, body, CLIENT_SECRET)

    with pytest.raises(BadDelivery) as problem:
        PLATFORM.order_of(Delivery("1", topic, ""), raw)

    assert str(problem.value) == f"{topic}: {field}"
