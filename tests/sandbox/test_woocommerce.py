"""The pretend shop held to what the vendor documents."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.woocommerce.shop import WooCommerceShop
from tests.sandbox.running import WOOCOMMERCE, Receiver, Running, running_sandbox, until

KEY = (WOOCOMMERCE.consumer_key, WOOCOMMERCE.consumer_secret)
NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def running() -> Iterator[Running]:
    with running_sandbox(now=lambda: NOON) as it:
        yield it


@pytest.fixture
def shop(running: Running) -> WooCommerceShop:
    assert running.sandbox.woocommerce is not None
    return running.sandbox.woocommerce


def call(running: Running, method: str, path: str, body: Any = None, **params: Any) -> requests.Response:
    url = f"{running.url}/wp-json/wc/v3/{path}"
    return requests.request(method, url, json=body, params=params, auth=KEY, timeout=10)


def place(running: Running, *skus: str, **more: Any) -> str:
    lines = [{"sku": sku} for sku in skus or ("MUG-SLATE",)]
    return str(running.post("/woocommerce/api/orders", {"lines": lines, **more})["order_id"])


def test_an_order_is_written_with_its_times_twice_and_without_a_zone(running: Running) -> None:
    order = call(running, "GET", f"orders/{place(running)}").json()
    assert (order["date_modified"], order["date_modified_gmt"]) == ("2026-11-22T09:00:00", "2026-11-22T12:00:00")
    (package,) = order["shipping_lines"]
    assert (package["method_id"], package["instance_id"], package["meta_data"][0]["key"]) == (
        "local_pickup",
        "1001",
        "Artículos",
    )


def test_a_place_of_the_checkout_block_is_in_its_meta_data_and_its_instance_is_nought(running: Running) -> None:
    order = call(running, "GET", f"orders/{place(running, blocks=True, location_id='1002')}").json()
    (package,) = order["shipping_lines"]
    place_of = {entry["key"]: entry["value"] for entry in package["meta_data"]}
    assert (package["method_id"], package["instance_id"], place_of["pickup_location"]) == (
        "pickup_location",
        "0",
        "Station",
    )


def test_a_list_has_ten_rows_unless_more_are_asked_for_and_headers_that_count(running: Running) -> None:
    for _ in range(12):
        place(running)
    first, second = (call(running, "GET", "orders", page=number) for number in (1, 2))
    assert (len(first.json()), len(second.json())) == (10, 2)
    assert (first.headers["X-WP-Total"], first.headers["X-WP-TotalPages"]) == ("12", "2")


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"per_page": 101}, "per_page"),
        ({"page": 0}, "page"),
        ({"orderby": "updated"}, "orderby"),
        ({"status": "packed"}, "status"),
        ({"modified_after": "yesterday"}, "modified_after"),
    ],
)
def test_a_parameter_the_schema_does_not_know_is_refused(running: Running, params: dict[str, Any], name: str) -> None:
    answer = call(running, "GET", "orders", **params)
    assert (answer.status_code, answer.json()["code"]) == (400, "rest_invalid_param")
    assert list(answer.json()["data"]["params"]) == [name]


@pytest.mark.parametrize(
    ("after", "gmt", "found"),
    [
        ("2026-11-22T11:59:59", "true", 1),
        ("2026-11-22T12:00:00", "true", 0),
        ("2026-11-22T11:59:59", "false", 0),
        ("2026-11-22T08:59:59", "false", 1),
        # Turned into the shop's own 09:30 before it is compared with 12:00.
        ("2026-11-22T12:30:00Z", "true", 1),
    ],
)
def test_modified_after_is_strict_and_knows_no_zone(running: Running, after: str, gmt: str, found: int) -> None:
    place(running)
    listed = call(running, "GET", "orders", modified_after=after, dates_are_gmt=gmt).json()
    assert len(listed) == found


def test_the_trash_is_a_list_of_its_own(running: Running) -> None:
    order_id = place(running)
    running.post(f"/woocommerce/api/orders/{order_id}/change", {"do": "trash"})
    assert call(running, "GET", "orders").json() == []
    assert [order["status"] for order in call(running, "GET", "orders", status="trash").json()] == ["trash"]
    assert call(running, "GET", f"orders/{order_id}").json()["status"] == "trash"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "orders/1", None, 404, "woocommerce_rest_shop_order_invalid_id"),
        ("PUT", "orders/{}", {"status": "packed"}, 400, "rest_invalid_param"),
        ("PUT", "orders/{}", {"stauts": "completed"}, 400, "rest_invalid_param"),
        ("PUT", "orders/{}", {"meta_data": [{"name": "x"}]}, 400, "rest_invalid_param"),
        ("POST", "orders/{}/notes", {}, 400, "rest_missing_callback_param"),
        ("POST", "orders/{}/notes", {"note": "x", "customer_note": "no"}, 400, "rest_invalid_param"),
        ("POST", "orders/{}/refunds", {"amount": 0}, 400, "rest_invalid_param"),
        ("POST", "orders/{}/refunds", {"amount": "99.00"}, 500, "woocommerce_rest_cannot_create_order_refund"),
        ("POST", "orders/{}/refunds", {"amount": "0", "line_items": [{"id": 1}]}, 400, "rest_invalid_param"),
        (
            "POST",
            "webhooks",
            {"topic": "order.paid", "delivery_url": "https://x"},
            400,
            "woocommerce_rest_shop_webhook_invalid_topic",
        ),
        ("PUT", "webhooks/1", {"status": "active"}, 400, "woocommerce_rest_shop_webhook_invalid_id"),
    ],
)
def test_what_the_vendor_refuses_is_refused_in_its_words(
    running: Running, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answer = call(running, method, path.format(place(running)), body)
    assert (answer.status_code, answer.json()["code"], answer.json()["data"]["status"]) == (status, code, status)
    assert running.get("/woocommerce/api/ledger")["writes"] == []


def test_without_the_right_key_nothing_is_shown(running: Running) -> None:
    for auth in (None, (KEY[0], "guessed"), ("ck_of_nobody", KEY[1])):
        answer = requests.get(f"{running.url}/wp-json/wc/v3/orders", auth=auth, timeout=10)
        assert answer.status_code == 401


def test_a_refund_gives_stock_and_money_back_unless_it_says_otherwise(running: Running, shop: WooCommerceShop) -> None:
    order_id = place(running)
    line = call(running, "GET", f"orders/{order_id}").json()["line_items"][0]["id"]
    before = shop.stock["MUG-SLATE"]
    wanted = {"amount": "5.00", "line_items": [{"id": line, "quantity": 1, "refund_total": 5}]}
    made = call(running, "POST", f"orders/{order_id}/refunds", wanted).json()
    assert (made["refunded_payment"], shop.stock["MUG-SLATE"]) == (True, before + 1)
    assert made["line_items"][0]["quantity"] == -1
    order = call(running, "GET", f"orders/{order_id}").json()
    assert (order["status"], order["refunds"][0]["total"]) == ("processing", "-5.00")


def test_a_line_refunded_without_its_total_makes_php_complain_before_the_answer(running: Running) -> None:
    order_id = place(running)
    line = call(running, "GET", f"orders/{order_id}").json()["line_items"][0]["id"]
    answer = call(running, "POST", f"orders/{order_id}/refunds", {"amount": "0", "line_items": [{"id": line}]})
    assert answer.text.startswith("<br />")


def test_a_webhook_is_pinged_unsigned_and_then_signs(running: Running, news: Receiver) -> None:
    wanted = {"name": "x", "topic": "order.created", "delivery_url": news.url, "secret": "s"}
    made = call(running, "POST", "webhooks", wanted)
    assert (made.status_code, "secret" in made.json(), made.json()["status"]) == (201, False, "active")
    place(running)
    ping, told = news.wait(lambda got: len(got) == 2)
    assert (ping.form, "X-WC-Webhook-Signature" in ping.headers) == ({"webhook_id": str(made.json()["id"])}, False)
    digest = hmac.new(b"s", told.body, hashlib.sha256).digest()
    headers = {name.lower(): value for name, value in told.headers.items()}
    assert headers["x-wc-webhook-signature"] == base64.b64encode(digest).decode()
    assert (headers["x-wc-webhook-topic"], headers["x-wc-webhook-source"]) == (
        "order.created",
        "https://shop.example.com/",
    )


def test_nothing_is_sent_again_and_the_seventh_failure_in_a_row_is_the_last(
    running: Running, shop: WooCommerceShop, news: Receiver
) -> None:
    hook = shop.webhooks.create("x", "order.updated", news.url, "s")
    order_id = place(running)
    news.answers = [500] * 5 + [302] + [500] * 7
    for number in range(1, 14):
        assert hook.status == "active"
        running.post(f"/woocommerce/api/orders/{order_id}/change", {"do": "touch"})
        until(lambda enough=number: len(shop.webhooks.sent) == enough)
    assert (hook.status, len(news.got)) == ("disabled", 14)
    running.post(f"/woocommerce/api/orders/{order_id}/change", {"do": "touch"})
    assert len(shop.webhooks.sent) == 13


@pytest.mark.parametrize(
    "changes",
    [{"scope": "everything"}, {"user_id": ""}, {"return_url": "/here"}, {"callback_url": "http://app.example.com/x"}],
)
def test_an_app_that_asks_badly_for_a_key_gets_none(running: Running, changes: dict[str, str]) -> None:
    good = {"app_name": "x", "scope": "read_write", "user_id": "7", "return_url": "https://a.example.com"}
    params = {**good, "callback_url": "https://a.example.com/x", **changes}
    answer = requests.get(f"{running.url}/wc-auth/v1/access_granted", params=params, timeout=10)
    assert answer.status_code == 401


def test_a_key_nobody_took_is_deleted(running: Running, shop: WooCommerceShop, news: Receiver) -> None:
    news.answers = [204]
    good = {"app_name": "x", "scope": "read_write", "user_id": "7", "return_url": news.url, "callback_url": news.url}
    answer = requests.get(f"{running.url}/wc-auth/v1/access_granted", params=good, timeout=10, allow_redirects=False)
    assert (answer.status_code, len(shop.keys)) == (401, 1)
    answer = requests.get(f"{running.url}/wc-auth/v1/access_granted", params=good, timeout=10, allow_redirects=False)
    assert (answer.status_code, len(shop.keys)) == (302, 2)
    assert answer.headers["Location"] == f"{news.url}?success=1&user_id=7"
