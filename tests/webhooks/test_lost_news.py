"""Orders that nobody told us of, subscriptions that got lost, and access that was taken away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from bopis import clock
from bopis.inbox import ASK_AGAIN, InboxEntry
from bopis.merchants.models import Connection
from bopis.pickups import reconcile
from bopis.pickups.models import Pickup
from integrations.shopify.subscriptions import TOPICS
from tests.integrations.lines import closed_port
from tests.sandbox.running import until
from tests.webhooks.door import Door, open_door


class Clock:
    """The service's clock and the shop's, moved by hand."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta()
        self.real = clock.now

    def __call__(self) -> dt.datetime:
        return self.real() + self.ahead

    def move(self, **by: float) -> None:
        self.ahead += dt.timedelta(**by)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(clock, "now", moved)
    return moved


@pytest.fixture
def watched(database_url: str, redis_url: str, time: Clock) -> Iterator[Door]:
    """A shop followed from now on, on the same moved clock, its news going to a port where nobody listens."""
    with open_door(database_url, redis_url, now=time, webhook_url=closed_port()) as door:
        watch(door)
        yield door


def watch(door: Door) -> None:
    with door.service.database.transaction() as session:
        session.get_one(Connection, door.world.shop.connection_id).watch(clock.now())


def test_five_hours_of_nobody_at_home_heal_within_ten_minutes(watched: Door, time: Clock) -> None:
    watched.shop.post("/shop/api/behaviour", {"retry_seconds": 0})
    watched.round()
    time.move(minutes=30)
    known = watched.shop.order("MUG-SLATE", paid=False)
    for _ in range(5):
        time.move(hours=1)
        watched.shop.order("LIP-ROSE")
    watched.shop.post(f"/shop/api/orders/{known}/pay", {})
    assert watched.pickups() == []
    time.move(minutes=10)
    watched.round()
    assert [pickup.state for pickup in watched.pickups()] == ["reserved"] * 6
    assert watched.connection().reconciled["total"] == 6


def test_an_order_that_came_by_itself_is_not_asked_for_again(watched: Door, time: Clock) -> None:
    placed = watched.shop.order("MUG-SLATE")
    time.move(seconds=3)
    watched.news(placed, "orders/create")
    before = watched.count(InboxEntry)
    watched.round()
    time.move(minutes=6)
    watched.round()
    assert watched.count(InboxEntry) == before
    assert (watched.connection().reconciled["changed"], watched.connection().reconciled["asked"]) == (1, 0)


def test_what_is_read_within_the_second_it_changed_in_is_read_once_more(watched: Door, time: Clock) -> None:
    placed = watched.order("MUG-SLATE")
    watched.shop.post(f"/shop/api/orders/{placed}/cancel", {})
    assert [pickup.state for pickup in watched.pickups()] == ["reserved"]
    for asked in (1, 0):
        time.move(minutes=6)
        watched.round()
        assert watched.connection().reconciled["asked"] == asked
    assert [pickup.state for pickup in watched.pickups()] == ["cancelled"]


def test_what_is_found_goes_the_way_of_every_delivery_and_counts_once(watched: Door, time: Clock) -> None:
    watched.shop.order("MUG-SLATE")
    time.move(seconds=3)
    for _ in range(3):
        watched.round()
        time.move(minutes=6)
    assert (watched.entry().topic, watched.entry().state, watched.count(Pickup)) == (ASK_AGAIN, "done", 1)


def test_a_long_backlog_is_worked_off_look_by_look(watched: Door, time: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "AT_ONCE", 4)
    for _ in range(10):
        watched.shop.order("LIP-ROSE")
        time.move(seconds=2)
    for _ in range(4):
        watched.round()
    assert watched.count(Pickup) == 10


def test_a_shop_out_of_points_is_asked_again_when_it_has_some(watched: Door, time: Clock) -> None:
    watched.shop.order("MUG-SLATE")
    watched.shop.post("/shop/api/behaviour", {"throttled": 2})
    watched.round()
    assert watched.count(Pickup) == 0
    time.move(seconds=10)
    watched.round()
    assert watched.count(Pickup) == 1


def test_every_subscription_is_made_once_and_lost_ones_are_made_again(watched: Door, time: Clock) -> None:
    ours = f"http://web.test/webhooks/shopify/{watched.world.shop.connection_id}"

    def topics() -> list[str]:
        return [one.topic for one in watched.shop.sandbox.shop.webhooks.subscriptions.all() if one.uri == ours]

    watched.round()
    assert sorted(topics()) == sorted(TOPICS)
    assert watched.connection().subscriptions["lost"] == 0
    watched.shop.sandbox.shop.webhooks.subscriptions.clear()
    time.move(minutes=16)
    watched.round()
    assert sorted(topics()) == sorted(TOPICS)
    assert watched.connection().subscriptions["lost"] == len(TOPICS)


def test_the_shop_forgets_an_address_that_failed_eight_times_in_a_row(watched: Door) -> None:
    watched.shop.post("/shop/api/behaviour", {"retry_seconds": 0})
    subscriptions = watched.shop.sandbox.shop.webhooks.subscriptions
    watched.shop.order("MUG-SLATE", paid=False)
    until(lambda: not subscriptions.of("orders/create"))
    assert subscriptions.of("orders/paid")


def test_a_revoked_token_is_a_task_with_the_way_out_and_heals_by_itself(watched: Door, time: Clock) -> None:
    watched.order("MUG-SLATE")
    watched.round()
    watched.shop.post("/shop/api/behaviour", {"token_revoked": True})
    watched.load()
    watched.shop.order("LIP-ROSE")
    time.move(minutes=6)
    watched.round()
    assert "reconnect" in watched.tasks()
    assert "installed again" in watched.reason("reconnect")
    watched.shop.post("/shop/api/behaviour", {"token_revoked": False})
    time.move(minutes=6)
    watched.round()
    watched.work()
    assert "reconnect" not in watched.tasks()
    assert watched.count(Pickup) == 2
    done = [change["operation"] for change in watched.shop.mutations() if not change["refused"]]
    assert done == ["fulfillmentOrderLineItemsPreparedForPickup"]
