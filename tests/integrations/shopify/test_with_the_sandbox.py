"""Our Shopify client against the pretend shop, written from Shopify's documentation and not from our client."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from bopis.errors import OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.ports import Account
from integrations.shopify import ShopifyPlatform
from integrations.shopify.subscriptions import TOPICS
from sandbox.shop.catalogue import CATALOGUE
from sandbox.shop.world import Wanted, WantedLine
from tests.sandbox.running import LOCATIONS, SHOPPER, Receiver, Running, receiver, running_sandbox


@pytest.fixture
def platform(running: Running) -> ShopifyPlatform:
    return ShopifyPlatform(running.url)


def test_a_pickup_order_is_read(platform: ShopifyPlatform, running: Running, shop: Account) -> None:
    order_id = running.order("LIP-ROSE", "MUG-SLATE", first_name="Ann")
    snapshot = platform.fetch_order(shop, order_id)

    assert snapshot is not None
    assert (snapshot.order_id, snapshot.name, snapshot.paid, snapshot.phone) == (order_id, "#1001", True, SHOPPER)
    (unit,) = snapshot.units
    assert (unit.status, unit.is_pickup, unit.location.location_id) == ("open", True, LOCATIONS[0][0])
    assert [(line.sku, line.quantity, line.weight_grams) for line in unit.lines] == [
        ("LIP-ROSE", 1, 40),
        ("MUG-SLATE", 1, 480),
    ]


def test_an_order_of_several_places_and_many_lines_is_read_whole(
    platform: ShopifyPlatform, running: Running, shop: Account
) -> None:
    lines = [{"sku": "LIP-ROSE"}] * 130
    lines += [{"sku": "MUG-SLATE", "location_id": "1002"}]
    lines += [{"sku": "MUG-SLATE", "method": method} for method in ("SHIPPING", "LOCAL", "PICKUP_POINT", "RETAIL")]
    snapshot = platform.fetch_order(shop, running.order(lines=lines))

    assert snapshot is not None
    assert [(unit.is_pickup, len(unit.lines)) for unit in snapshot.units] == [(True, 130), (True, 1)] + [(False, 1)] * 4


def test_there_is_no_such_order(platform: ShopifyPlatform, shop: Account) -> None:
    assert platform.fetch_order(shop, "1") is None


def test_units_come_a_moment_after_the_order(platform: ShopifyPlatform, running: Running, shop: Account) -> None:
    running.post("/shop/api/behaviour", {"units_after": 600})
    snapshot = platform.fetch_order(shop, running.order())

    assert snapshot is not None
    assert (snapshot.units, snapshot.complete) == ((), False)


def test_what_was_called_off_says_so(platform: ShopifyPlatform, running: Running, shop: Account) -> None:
    order_id = running.order()
    running.post(f"/shop/api/orders/{order_id}/cancel", {})
    snapshot = platform.fetch_order(shop, order_id)

    assert snapshot is not None
    assert snapshot.cancelled_at is not None
    assert [unit.status for unit in snapshot.units] == ["cancelled"]


def test_ready_and_collected_each_happen_once_however_often_they_are_said(
    platform: ShopifyPlatform, running: Running, shop: Account
) -> None:
    order_id = running.order()
    unit_id = running.unit_of(order_id)
    for mark in (platform.mark_ready, platform.mark_ready, platform.mark_collected, platform.mark_collected):
        mark(shop, unit_id)

    done = [each for each in running.mutations() if not each["refused"]]
    assert [each["operation"] for each in done] == ["fulfillmentOrderLineItemsPreparedForPickup", "fulfillmentCreate"]
    assert not done[1]["notify_customer"]
    assert running.get("/shop/api/orders")["orders"][0]["state"] == "picked_up"


def test_a_lost_answer_is_looked_up_and_found_done(running: Running, shop: Account) -> None:
    unit_id = running.unit_of(running.order())
    running.post("/shop/api/behaviour", {"lost_answers": 1, "hang": 30})

    ShopifyPlatform(running.url, read_seconds=0.2).mark_collected(shop, unit_id)

    assert [each["refused"] for each in running.mutations()] == [""]


def test_a_lost_answer_to_ready_is_settled_by_asking_again(running: Running, shop: Account) -> None:
    platform = ShopifyPlatform(running.url, read_seconds=0.2)
    unit_id = running.unit_of(running.order())
    running.post("/shop/api/behaviour", {"lost_answers": 1, "hang": 30})
    with pytest.raises(OutcomeUnknown):
        platform.mark_ready(shop, unit_id)

    platform.mark_ready(shop, unit_id)

    assert [bool(each["refused"]) for each in running.mutations()] == [False, True]


def test_the_shop_may_be_down(platform: ShopifyPlatform, running: Running, shop: Account) -> None:
    order_id = running.order()
    running.post("/shop/api/behaviour", {"down": True})

    with pytest.raises(TemporaryFailure) as failure:
        platform.fetch_order(shop, order_id)

    assert failure.value.code == "platform_down"


def test_the_shop_may_throttle(platform: ShopifyPlatform, running: Running, shop: Account) -> None:
    order_id = running.order()
    running.post("/shop/api/behaviour", {"throttled": 1})
    with pytest.raises(TemporaryFailure) as failure:
        platform.fetch_order(shop, order_id)

    assert failure.value.retry_after == pytest.approx(4.0)
    assert platform.fetch_order(shop, order_id) is not None


def test_the_shop_may_be_slow(running: Running, shop: Account) -> None:
    order_id = running.order()
    running.post("/shop/api/behaviour", {"slow": 30})
    started = time.monotonic()
    with pytest.raises(TemporaryFailure):
        ShopifyPlatform(running.url, read_seconds=0.2).fetch_order(shop, order_id)

    assert time.monotonic() - started < 5


def test_the_token_may_be_revoked(platform: ShopifyPlatform, running: Running, shop: Account) -> None:
    running.post("/shop/api/behaviour", {"token_revoked": True})

    with pytest.raises(PermanentFailure) as failure:
        platform.mark_ready(shop, "1")

    assert failure.value.code == "token_revoked"


@pytest.fixture
def news() -> Receiver:
    with receiver() as it:
        yield it


def test_what_the_shop_sends_is_verified_and_leads_to_the_order(news: Receiver, shop: Account) -> None:
    with running_sandbox(news.url) as running:
        order_id = running.order(paid=False)
        (got,) = news.wait(lambda got: len(got) == 1)
        platform = ShopifyPlatform(running.url)
        delivery = platform.verify(got.headers, got.body, shop)

        assert (delivery.topic, delivery.subject) == ("orders/create", order_id)
        assert platform.order_of(delivery, got.body) == order_id
        assert delivery.occurred_at is not None


def test_the_order_of_a_unit_is_found(platform: ShopifyPlatform, running: Running, shop: Account) -> None:
    order_id = running.order()

    assert platform.order_of_unit(shop, running.unit_of(order_id)) == order_id
    assert platform.order_of_unit(shop, "1") is None


def test_what_changed_is_listed_oldest_first_over_many_pages(
    platform: ShopifyPlatform, running: Running, shop: Account
) -> None:
    since = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    placed = {running.order() for _ in range(3)}
    world = running.sandbox.shop.world
    wanted = Wanted((WantedLine(CATALOGUE["LIP-ROSE"], 1, "1001"),), "", "", "", True)
    placed |= {world.place(wanted).order_id for _ in range(300)}
    found = list(platform.changed_since(shop, since))

    assert {order_id for order_id, _ in found} == placed
    assert [at for _, at in found] == sorted(at for _, at in found)
    assert list(platform.changed_since(shop, since + dt.timedelta(hours=1))) == []


def test_subscriptions_are_made_once_at_each_address(
    platform: ShopifyPlatform, running: Running, shop: Account
) -> None:
    here, there = "https://one.example.com/news", "https://two.example.com/news"

    assert platform.ensure_subscriptions(shop, here) == list(TOPICS)
    assert platform.ensure_subscriptions(shop, here) == []
    assert platform.ensure_subscriptions(shop, there) == list(TOPICS)


def test_an_address_the_shop_does_not_take_is_a_failure_a_person_sees(platform: ShopifyPlatform, shop: Account) -> None:
    with pytest.raises(PermanentFailure) as failure:
        platform.ensure_subscriptions(shop, "nowhere")

    assert "Address is invalid" in failure.value.message


def test_a_bucket_without_points_says_how_long_to_wait(
    platform: ShopifyPlatform, running: Running, shop: Account
) -> None:
    order_id = running.order()
    running.post("/shop/api/behaviour", {"points": 900})

    def ask_on_and_on() -> None:
        for _ in range(500):
            platform.fetch_order(shop, order_id)

    with pytest.raises(TemporaryFailure) as failure:
        ask_on_and_on()

    assert failure.value.code == "throttled"
    assert failure.value.retry_after is not None
    assert 1 <= failure.value.retry_after < 10
