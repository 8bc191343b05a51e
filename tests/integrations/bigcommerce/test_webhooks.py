"""BigCommerce's webhooks: who sent them, what they are about."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import pytest

from bopis.ports import Account, AccountNews, BadDelivery, BadSignature
from integrations.bigcommerce import BigCommercePlatform

SECRET, OLD = "the secret of our tests", "the secret before"
ACCOUNT = Account("c1", "bigcommerce", "abcde", {"client_secret": SECRET, "previous_client_secret": OLD}, {})
PLATFORM = BigCommercePlatform("https://api.example.com")


def body(scope: str = "store/order/created", data: Any = None, **changes: Any) -> bytes:
    news = {
        "scope": scope,
        "store_id": "1025646",
        "data": {"type": "order", "id": 250} if data is None else data,
        "hash": "dd70c0976e06b67aaf671e73f49dcb79230ebf9d",
        "created_at": 1561479335,
        "producer": "stores/abcde",
    }
    return json.dumps({**news, **changes}).encode()


def headers(raw: bytes, secret: str = SECRET, **changes: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), b"msg_1.1561479340." + raw, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    given = {"webhook-id": "msg_1", "webhook-timestamp": "1561479340", "webhook-signature": signature}
    return given | {name.replace("_", "-"): value for name, value in changes.items()}


def test_a_delivery_is_known_by_its_id_scope_and_order() -> None:
    raw = body()
    found = PLATFORM.verify(headers(raw), raw, ACCOUNT)
    assert (found.delivery_id, found.topic, found.subject) == ("msg_1", "store/order/created", "250")
    assert found.occurred_at == dt.datetime(2019, 6, 25, 16, 15, 35, tzinfo=dt.UTC)


def test_two_events_of_one_second_look_alike_and_are_both_kept() -> None:
    raw = body()
    assert PLATFORM.verify(headers(raw), raw, ACCOUNT).is_thin


def test_the_key_is_the_secret_as_it_is_written_and_not_what_it_decodes_to() -> None:
    account = Account("c1", "bigcommerce", "abcde", {"client_secret": "c2VjcmV0"}, {})
    raw = body()
    PLATFORM.verify(headers(raw, "c2VjcmV0"), raw, account)
    with pytest.raises(BadSignature):
        PLATFORM.verify(headers(raw, "secret"), raw, account)


def test_while_a_secret_is_replaced_both_sign() -> None:
    raw = body()
    good, strange = headers(raw, OLD)["webhook-signature"], "v1,AAAA v1a,zzz v2, nonsense"
    PLATFORM.verify(headers(raw, webhook_signature=f"{strange} {good}"), raw, ACCOUNT)


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook_signature": ""},
        {"webhook_signature": "v1"},
        {"webhook_signature": "v1,not base64!"},
        {"webhook_signature": "v1,"},
        {"webhook_id": "msg_2"},
        {"webhook_id": ""},
        {"webhook_timestamp": "1561479341"},
        {"webhook_timestamp": "now then"},
    ],
)
def test_what_is_not_wholly_signed_is_refused(changes: dict[str, str]) -> None:
    raw = body()
    with pytest.raises(BadSignature):
        PLATFORM.verify(headers(raw, **changes), raw, ACCOUNT)


def test_another_stores_delivery_is_refused_though_the_same_app_signs_for_both() -> None:
    raw = body(producer="stores/other")
    with pytest.raises(BadSignature):
        PLATFORM.verify(headers(raw), raw, ACCOUNT)


def test_a_connection_without_a_secret_takes_nothing() -> None:
    raw = body()
    with pytest.raises(BadSignature):
        PLATFORM.verify(headers(raw, ""), raw, Account("c1", "bigcommerce", "abcde", {}, {}))


@pytest.mark.parametrize(
    ("scope", "data", "order_id"),
    [
        ("store/order/created", {"type": "order", "id": 250}, "250"),
        ("store/order/updated", {"type": "order", "id": 250}, "250"),
        ("store/order/archived", {"type": "order", "id": 250}, "250"),
        ("store/order/statusUpdated", {"type": "order", "id": 250, "status": {"new_status_id": 11}}, "250"),
        ("store/order/refund/created", {"type": "order", "id": 250, "refund": {"refund_id": 3}}, "250"),
        ("store/order/message/created", {"type": "order", "id": 250, "message": {"order_message_id": 3}}, "250"),
        ("store/order/transaction/created", {"type": "transaction", "order_id": 250, "transaction_id": "9"}, "250"),
        ("store/channel/1/order/updated", {"order_id": 127}, "127"),
        ("store/shipment/created", {"type": "shipment", "id": 12, "orderId": 251}, "251"),
        ("store/cart/created", {"type": "cart", "id": "09346904-4175-44fd-be53-f7e598531b6c"}, None),
        ("store/app/uninstalled", {"type": "app"}, None),
    ],
)
def test_each_scope_names_its_order_in_its_own_way(scope: str, data: Any, order_id: str | None) -> None:
    raw = body(scope, data)
    found = PLATFORM.verify(headers(raw), raw, ACCOUNT)
    assert PLATFORM.order_of(found, raw) == order_id
    assert found.subject == (order_id or "")


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"{}", "scope"),
        (b"[]", "object"),
        (b"\xff", "JSON"),
        (body(data={}), "data.order_id"),
        (body(data=[250]), "data.order_id"),
        (body(data={"type": "order", "id": True}), "data.order_id"),
        (body("store/shipment/created", {"type": "shipment", "id": 12}), "data.orderId"),
        (body("store/order/transaction/created", {"type": "transaction", "id": 9}), "data.order_id"),
    ],
)
def test_what_cannot_be_read_is_a_delivery_and_says_what_is_missing(raw: bytes, field: str) -> None:
    found = PLATFORM.verify(headers(raw), raw, ACCOUNT)
    assert found.subject == ""
    with pytest.raises(BadDelivery, match=field):
        PLATFORM.order_of(found, raw)


def test_uninstalling_is_news_of_the_store_the_body_names() -> None:
    raw = body("store/app/uninstalled", {"type": "app"})
    found = PLATFORM.verify(headers(raw), raw, ACCOUNT)
    assert PLATFORM.account_news(ACCOUNT, found, raw) == AccountNews("uninstalled")
    with pytest.raises(BadDelivery, match="producer"):
        PLATFORM.account_news(ACCOUNT, found, body("store/app/uninstalled", {}, producer=None))
    assert PLATFORM.account_news(ACCOUNT, found, body()) is None


def test_no_address_is_shared_by_all_stores() -> None:
    raw = body()
    with pytest.raises(BadSignature):
        PLATFORM.verify_for_app(headers(raw), raw)
