"""Square's webhooks: who sent them, what they are about."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import pytest

from bopis.ports import Account, AccountNews, BadDelivery, BadSignature
from integrations.square import SquarePlatform

KEY, OLD = "the key of our tests", "the key before"
ACCOUNT = Account("c1", "square", "5S9MXCS9Y99KK", {"signature_key": KEY, "previous_signature_key": OLD}, {})
PLATFORM = SquarePlatform("https://api.example.com", "https://pickup.example.com/")
URL = "https://pickup.example.com/webhooks/square/c1"
ORDER_ID = "eA3vssLHKJrv9H0IdJCM3gNqfdcZY"


def body(topic: str = "order.created", kind: str = "order_created", **changes: Any) -> bytes:
    thin = {
        "created_at": "2020-04-16T23:14:26.129Z",
        "location_id": "FPYCBCHYMXFK1",
        "order_id": ORDER_ID,
        "version": 1,
    }
    event = {
        "created_at": "2020-04-16T23:14:26.129Z",
        "data": {"id": ORDER_ID, "object": {kind: thin}, "type": kind},
        "event_id": "116038d3-2948-439f-8679-fc86dbf80f69",
        "merchant_id": "5S9MXCS9Y99KK",
        "type": topic,
    }
    return json.dumps({**event, **changes}).encode()


def headers(raw: bytes, key: str = KEY, url: str = URL) -> dict[str, str]:
    digest = hmac.new(key.encode(), url.encode() + raw, hashlib.sha256).digest()
    return {"x-square-hmacsha256-signature": base64.b64encode(digest).decode()}


def test_a_delivery_is_known_by_the_id_that_is_signed_with_it() -> None:
    raw = body()
    found = PLATFORM.verify(headers(raw), raw, ACCOUNT)
    assert found.delivery_id == "116038d3-2948-439f-8679-fc86dbf80f69"
    assert (found.topic, found.subject, found.is_thin) == ("order.created", ORDER_ID, False)
    assert found.occurred_at == dt.datetime(2020, 4, 16, 23, 14, 26, 129000, tzinfo=dt.UTC)


def test_the_key_that_is_being_replaced_signs_too() -> None:
    raw = body()
    assert PLATFORM.verify(headers(raw, OLD), raw, ACCOUNT).subject == ORDER_ID


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"x-square-hmacsha256-signature": ""},
        {"x-square-hmacsha256-signature": "not base64!"},
        {"x-square-signature": headers(body())["x-square-hmacsha256-signature"]},
        headers(body(), "somebody else's"),
        headers(body(), url="https://pickup.example.com/webhooks/square/c2"),
        headers(body(), url="http://pickup.example.com/webhooks/square/c1"),
        headers(body(merchant_id="other")),
    ],
)
def test_what_is_not_signed_for_this_address_and_body_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        PLATFORM.verify(given, body(), ACCOUNT)


def test_another_merchants_delivery_is_refused() -> None:
    raw = body(merchant_id="OTHER")
    with pytest.raises(BadSignature):
        PLATFORM.verify(headers(raw), raw, ACCOUNT)


def test_a_connection_without_a_key_takes_nothing() -> None:
    with pytest.raises(BadSignature):
        PLATFORM.verify(headers(body(), ""), body(), Account("c1", "square", "5S9MXCS9Y99KK", {}, {}))


@pytest.mark.parametrize(
    ("topic", "kind", "order_id"),
    [
        ("order.created", "order_created", ORDER_ID),
        ("order.updated", "order_updated", ORDER_ID),
        ("order.fulfillment.updated", "order_fulfillment_updated", ORDER_ID),
        ("payment.updated", "payment", None),
    ],
)
def test_each_topic_of_orders_names_its_order(topic: str, kind: str, order_id: str | None) -> None:
    raw = body(topic, kind)
    found = PLATFORM.verify(headers(raw), raw, ACCOUNT)
    assert PLATFORM.order_of(found, raw) == order_id


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"{}", "type"),
        (b"[]", "object"),
        (b"\xff", "JSON"),
        (body(data=None), r"data\.id"),
        (body(data={"id": 7, "object": []}), r"data\.id"),
        (body(type=7), "type"),
    ],
)
def test_what_cannot_be_read_is_a_delivery_and_says_what_is_missing(raw: bytes, field: str) -> None:
    found = PLATFORM.verify(headers(raw), raw, ACCOUNT)
    assert (found.subject, bool(found.delivery_id)) == ("", True)
    with pytest.raises(BadDelivery, match=field):
        PLATFORM.order_of(found, raw)


def test_a_revoked_permission_is_news_of_the_seller_the_body_names() -> None:
    raw = body("oauth.authorization.revoked", "revocation")
    found = PLATFORM.verify(headers(raw), raw, ACCOUNT)
    assert PLATFORM.account_news(ACCOUNT, found, raw) == AccountNews("uninstalled")
    with pytest.raises(BadDelivery, match="merchant_id"):
        PLATFORM.account_news(ACCOUNT, found, body("oauth.authorization.revoked", "revocation", merchant_id=None))
    assert PLATFORM.account_news(ACCOUNT, found, body()) is None
