"""The shop's JSON API, and the webhooks it sends."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import Counter
from typing import Any

import pytest
import requests

from tests.integrations.lines import closed_port
from tests.sandbox.running import CLIENT_SECRET, DOMAIN, Got, Receiver, Running, running_sandbox, until

ORDER = {
    "location_id": "1001",
    "lines": [{"sku": "LIP-ROSE", "quantity": 1}],
    "phone": "",
    "first_name": "",
    "paid": True,
}


def topics(got: list[Got]) -> list[str]:
    return sorted(each.headers["X-Shopify-Topic"] for each in got)


def test_a_placed_order_is_listed(running: Running) -> None:
    placed = running.post("/shop/api/orders", {**ORDER, "lines": [{"sku": "MUG-SLATE", "quantity": 2}]})
    (order,) = running.get("/shop/api/orders")["orders"]

    assert (order["order_id"], order["name"], order["state"]) == (placed["order_id"], placed["name"], "paid")
    assert (order["total"], order["location"]) == ("36.00", "High Street")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lines": []}, "no_lines"),
        ({"lines": "LIP-ROSE"}, "no_lines"),
        ({"lines": [{"sku": "GOLD"}]}, "unknown_sku"),
        ({"lines": ["LIP-ROSE"]}, "unknown_sku"),
        ({"lines": [{"sku": "LIP-ROSE", "quantity": 0}]}, "bad_quantity"),
        ({"lines": [{"sku": "LIP-ROSE", "quantity": True}]}, "bad_quantity"),
        ({"lines": [{"sku": "LIP-ROSE", "method": "DRONE"}]}, "unknown_method"),
        ({"location_id": "9"}, "unknown_location"),
        ({"location_id": None}, "unknown_location"),
        ({"paid": "yes"}, "bad_paid"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(running: Running, changes: dict[str, Any], code: str) -> None:
    answer = requests.post(f"{running.url}/shop/api/orders", json={**ORDER, **changes}, timeout=10)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert running.get("/shop/api/orders")["orders"] == []


def test_something_else_than_json_is_refused(running: Running) -> None:
    for path in ("/shop/api/orders", "/shop/api/behaviour", "/phone/api/behaviour"):
        assert requests.post(running.url + path, data="x", timeout=10).status_code == 400


@pytest.mark.parametrize(("first", "second"), [("pay", "pay"), ("cancel", "cancel"), ("cancel", "pay")])
def test_what_is_done_cannot_be_done_again(running: Running, first: str, second: str) -> None:
    order_id = running.order(paid=False)
    running.post(f"/shop/api/orders/{order_id}/{first}", {})
    answer = requests.post(f"{running.url}/shop/api/orders/{order_id}/{second}", timeout=10)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_possible")


def test_an_order_there_is_not_cannot_be_paid(running: Running) -> None:
    assert requests.post(f"{running.url}/shop/api/orders/1/pay", timeout=10).status_code == 409


@pytest.mark.parametrize("part", ["shop", "phone"])
@pytest.mark.parametrize(
    "wanted", [{"colour": "red"}, {"hang": "long"}, {"hang": True}, {"hang": -1}, {"hang": 1e9}, []]
)
def test_a_behaviour_there_is_not_is_refused_and_changes_nothing(running: Running, part: str, wanted: Any) -> None:
    before = running.get(f"/{part}/api/behaviour")
    answer = requests.post(f"{running.url}/{part}/api/behaviour", json=wanted, timeout=10)

    assert answer.status_code == 400
    assert running.get(f"/{part}/api/behaviour") == before


def test_all_can_be_made_well_again(running: Running) -> None:
    running.post("/shop/api/behaviour", {"down": True})

    assert running.post("/shop/api/behaviour", {"reset": True, "throttled": 2})["down"] is False
    assert running.get("/shop/api/behaviour")["throttled"] == 2


def test_a_paid_order_is_told_twice_and_an_unpaid_one_once(telling: Running, news: Receiver) -> None:
    paid, unpaid = telling.order(), telling.order(paid=False)
    got = news.wait(lambda got: len(got) == 3)
    told = Counter((str(json.loads(each.body)["id"]), each.headers["X-Shopify-Topic"]) for each in got)

    assert told == {(paid, "orders/create"): 1, (paid, "orders/paid"): 1, (unpaid, "orders/create"): 1}


@pytest.mark.parametrize(("action", "topic"), [("pay", "orders/paid"), ("cancel", "orders/cancelled")])
def test_what_happens_later_is_told_too(telling: Running, news: Receiver, action: str, topic: str) -> None:
    order_id = telling.order(paid=False)
    telling.post(f"/shop/api/orders/{order_id}/{action}", {})

    assert topics(news.wait(lambda got: len(got) == 3)) == sorted(["orders/create", topic, "orders/updated"])


def test_a_delivery_is_signed_over_its_raw_body_and_names_the_shop(telling: Running, news: Receiver) -> None:
    telling.order(paid=False)
    (got,) = news.wait(lambda got: len(got) == 1)
    digest = hmac.new(CLIENT_SECRET.encode(), got.body, hashlib.sha256).digest()

    assert got.headers["X-Shopify-Hmac-Sha256"] == base64.b64encode(digest).decode()
    assert got.headers["X-Shopify-Shop-Domain"] == DOMAIN


def test_the_body_is_shaped_as_shopifys_and_says_nothing_of_pickups(telling: Running, news: Receiver) -> None:
    order_id = telling.order(phone="+14155550123")
    bodies = [json.loads(each.body) for each in news.wait(lambda got: len(got) == 2)]

    for body in bodies:
        assert (body["id"], body["admin_graphql_api_id"]) == (int(order_id), f"gid://shopify/Order/{order_id}")
        assert body["id"] > 2**53
        assert (body["phone"], body["financial_status"], body["total_price"]) == ("+14155550123", "paid", "6.50")
        assert body["shipping_address"] is None
        assert [line["title"] for line in body["shipping_lines"]] == ["High Street"]
        assert not [name for name in body if "fulfillment_order" in name]


def test_events_of_one_moment_share_an_event_but_not_a_delivery(telling: Running, news: Receiver) -> None:
    telling.order()
    got = news.wait(lambda got: len(got) == 2)

    assert len({each.headers["X-Shopify-Webhook-Id"] for each in got}) == 2


def test_a_refused_delivery_comes_again_unchanged(telling: Running, news: Receiver) -> None:
    news.answers += [500, 404, 302]
    telling.order(paid=False)
    got = news.wait(lambda got: len(got) == 4)

    assert len({(each.headers["X-Shopify-Webhook-Id"], each.body) for each in got}) == 1
    (delivery,) = until(
        lambda: [each for each in telling.get("/shop/api/ledger")["deliveries"] if each["state"] == "delivered"]
    )
    assert [each["status"] for each in delivery["attempts"]] == [500, 404, 302, 200]


def test_after_eight_retries_a_delivery_is_given_up(telling: Running, news: Receiver) -> None:
    telling.post("/shop/api/behaviour", {"retry_seconds": 0})
    news.answers += [500] * 20
    telling.order(paid=False)

    (delivery,) = until(
        lambda: [each for each in telling.get("/shop/api/ledger")["deliveries"] if each["state"] == "given_up"]
    )
    assert len(delivery["attempts"]) == 9


def test_nobody_at_home_counts_as_a_refusal() -> None:
    with running_sandbox(closed_port()) as running:
        running.order(paid=False)

        assert until(lambda: running.get("/shop/api/ledger")["deliveries"][0]["attempts"])[0]["status"] == 0


def test_deliveries_can_come_double(telling: Running, news: Receiver) -> None:
    telling.post("/shop/api/behaviour", {"duplicate_webhooks": True})
    telling.order(paid=False)

    assert len({each.headers["X-Shopify-Webhook-Id"] for each in news.wait(lambda got: len(got) == 2)}) == 1


def test_deliveries_can_get_lost(telling: Running, news: Receiver) -> None:
    telling.post("/shop/api/behaviour", {"drop_webhooks": 1})
    telling.order()

    assert topics(news.wait(lambda got: len(got) == 1)) == ["orders/paid"]
    assert telling.get("/shop/api/ledger")["deliveries"][0]["state"] == "dropped"


def test_deliveries_can_come_in_any_order_and_all_come(telling: Running, news: Receiver) -> None:
    telling.post("/shop/api/behaviour", {"shuffle_webhooks": 0.3})
    placed = [telling.order(paid=False) for _ in range(12)]
    came = [str(json.loads(each.body)["id"]) for each in news.wait(lambda got: len(got) == 12)]

    assert sorted(came) == sorted(placed)
    assert came != placed
