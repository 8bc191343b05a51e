"""What a merchant may do to an order later, who hears of it, and what the shop refuses."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import requests

from sandbox.config import ShopConfig
from sandbox.shop.points import Points
from sandbox.shop.subscriptions import Subscription, Subscriptions
from sandbox.shop.tokens import Rejected, Tokens
from tests.sandbox.running import CLIENT_ID, CLIENT_SECRET, DOMAIN, TOKEN, Receiver, Running

ALONE = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def units(running: Running, order_id: str) -> list[tuple[str, str, list[tuple[str, int]]]]:
    order = running.sandbox.shop.world.orders[order_id]
    return [
        (unit.location_id, unit.status, [(line.item.sku, line.remaining) for line in unit.lines])
        for unit in order.units
    ]


def test_an_edit_adds_and_takes_away(running: Running) -> None:
    order_id = running.order("LIP-ROSE", "MUG-SLATE")
    running.change(order_id, "edit", add={"LAMP-ARC": 2}, remove={"MUG-SLATE": 1})

    assert units(running, order_id) == [("1001", "OPEN", [("LIP-ROSE", 1), ("MUG-SLATE", 0), ("LAMP-ARC", 2)])]


def test_a_refund_of_everything_closes_what_it_was_for(running: Running) -> None:
    order_id = running.order("LIP-ROSE")
    running.change(order_id, "refund", remove={"LIP-ROSE": 1})

    assert units(running, order_id)[0][1] == "CLOSED"
    assert running.get("/shop/api/orders")["orders"][0]["financial_status"] == "REFUNDED"


def test_a_move_closes_one_and_opens_another(running: Running) -> None:
    order_id = running.order("LIP-ROSE")
    old = running.unit_of(order_id)
    running.change(order_id, "move", unit_id=old, location_id="1002")

    assert units(running, order_id) == [("1001", "CLOSED", []), ("1002", "OPEN", [("LIP-ROSE", 1)])]
    assert running.sandbox.shop.world.orders[order_id].units[1].unit_id != old


@pytest.mark.parametrize(
    ("do", "wanted"),
    [
        ("edit", {"add": {"GOLD": 1}}),
        ("edit", {"remove": {"LIP-ROSE": 9}}),
        ("refund", {"remove": {"LIP-ROSE": "all"}}),
        ("move", {"unit_id": "1", "location_id": "1002"}),
        ("move", {}),
        ("release", {"unit_id": "1"}),
    ],
)
def test_what_cannot_be_done_is_refused(running: Running, do: str, wanted: dict[str, Any]) -> None:
    order_id = running.order("LIP-ROSE")
    before = units(running, order_id)
    path = f"{running.url}/shop/api/orders/{order_id}/change"
    answer = requests.post(path, json={"do": do, **wanted}, timeout=10)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_possible")
    assert units(running, order_id) == before


def test_a_change_there_is_not_is_refused(running: Running) -> None:
    answer = requests.post(f"{running.url}/shop/api/orders/1/change", json={"do": "paint"}, timeout=10)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unknown_change")


def test_only_who_asked_for_a_topic_hears_of_it_and_news_of_units_name_no_order(
    telling: Running, news: Receiver
) -> None:
    telling.sandbox.shop.webhooks.subscriptions.add("fulfillment_orders/placed_on_hold", news.url)
    order_id = telling.order(paid=False)
    telling.change(order_id, "hold", unit_id=telling.unit_of(order_id))
    got = {each.headers["X-Shopify-Topic"]: json.loads(each.body) for each in news.wait(lambda got: len(got) == 3)}

    assert set(got) == {"orders/create", "orders/updated", "fulfillment_orders/placed_on_hold"}
    assert order_id not in json.dumps(got["fulfillment_orders/placed_on_hold"])


def test_an_address_is_taken_once_and_forgotten_after_eight_failed_retries() -> None:
    subscriptions = Subscriptions("")
    one = subscriptions.add("orders/create", "https://example.com/news")
    assert isinstance(one, Subscription)
    assert subscriptions.add("orders/create", "https://example.com/news") == (
        "Address for this topic has already been taken"
    )
    for ok in [False] * 7 + [True] + [False] * 7:
        subscriptions.note(one, ok, is_retry=True)
    assert subscriptions.all() == [one]
    subscriptions.note(one, False, is_retry=True)
    assert subscriptions.all() == []


def test_a_bucket_of_points_runs_dry() -> None:
    points = Points(lambda: 1000)
    assert points.pay(900)
    assert not points.pay(900)
    assert points.pay(-900)
    assert points.pay(900)


def test_a_token_dies_after_an_hour_and_a_refresh_token_once_its_successor_is_used() -> None:
    now = [dt.datetime(2026, 11, 22, tzinfo=dt.UTC)]
    tokens = Tokens(ShopConfig(DOMAIN, TOKEN, CLIENT_SECRET, "", (), CLIENT_ID), lambda: now[0])
    first = tokens.grant({**ALONE, "code": tokens.new_code(), "expiring": "1"})
    renewal = {**ALONE, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert tokens.is_good(first["access_token"])
    now[0] += dt.timedelta(hours=1)
    assert not tokens.is_good(first["access_token"])
    second = tokens.grant(renewal)
    tokens.grant(renewal)
    assert tokens.is_good(second["access_token"])
    with pytest.raises(Rejected, match="invalid_grant"):
        tokens.grant(renewal)


def test_a_stranger_to_the_app_gets_no_token(running: Running) -> None:
    path = f"{running.url}/admin/oauth/access_token"
    code = running.sandbox.shop.tokens.new_code()

    wrong = {"client_id": CLIENT_ID, "client_secret": "x", "code": code}
    assert requests.post(path, json=wrong, timeout=10).status_code == 400
    assert requests.get(f"{running.url}/admin/oauth/authorize?client_id=other", timeout=10).status_code == 400
