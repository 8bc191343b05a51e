"""What a pretend BigCommerce store tells us, or forgets to: changes listed, webhooks made, woken and sent."""

from __future__ import annotations

import datetime as dt

import pytest

from bopis.ports import Account, Location
from integrations.bigcommerce import BigCommercePlatform
from integrations.bigcommerce.subscriptions import SCOPES
from sandbox.bigcommerce.state import ACCESS_TOKEN, CLIENT_SECRET, STORE_HASH, Store
from tests.sandbox.running import Running, receiver, running_sandbox, until

ACCOUNT = Account("c1", "bigcommerce", STORE_HASH, {"access_token": ACCESS_TOKEN, "client_secret": CLIENT_SECRET}, {})
CALLBACK = "https://web.example.com/webhooks/bigcommerce/c1"
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def store(running: Running) -> Store:
    return running.sandbox.bigcommerce


@pytest.fixture
def platform(running: Running) -> BigCommercePlatform:
    return BigCommercePlatform(f"{running.url}/bigcommerce")


# What changed


def test_every_changed_order_is_listed_once_however_many_changed_in_one_second(
    platform: BigCommercePlatform, store: Store
) -> None:
    store.behaviour.change({"short_pages": True})
    placed = [store.world.place() for _ in range(130)]
    same = max(order.modified_at for order in store.world.orders.values())
    for order in store.world.orders.values():
        order.modified_at = same
    found = [order_id for order_id, _ in platform.changed_since(ACCOUNT, LONG_AGO)]
    assert sorted(found, key=int) == placed


def test_an_order_that_changes_while_we_read_hides_no_other(platform: BigCommercePlatform, store: Store) -> None:
    store.behaviour.change({"short_pages": True})
    placed = [store.world.place() for _ in range(120)]
    for number, order in enumerate(store.world.orders.values()):
        order.modified_at = LONG_AGO + dt.timedelta(seconds=number)
    changed = platform.changed_since(ACCOUNT, LONG_AGO)
    found = [next(changed)]
    store.world.set_status(store.world.orders[int(placed[0])], 9)
    found += list(changed)
    assert {order_id for order_id, _ in found} == set(placed)
    times = [at for _, at in found]
    assert times == sorted(times)


def test_a_second_change_within_one_second_is_not_taken_for_the_first() -> None:
    now = [LONG_AGO]
    with running_sandbox(now=lambda: now[0]) as running:
        platform = BigCommercePlatform(f"{running.url}/bigcommerce")
        order_id = running.sandbox.bigcommerce.world.place()
        first = platform.fetch_order(ACCOUNT, order_id)
        now[0] += dt.timedelta(seconds=0.9)
        running.sandbox.bigcommerce.world.set_status(running.sandbox.bigcommerce.world.orders[int(order_id)], 5)
        now[0] += dt.timedelta(seconds=60)
        ((_, changed_at),) = platform.changed_since(ACCOUNT, LONG_AGO)
        second = platform.fetch_order(ACCOUNT, order_id)
    assert first is not None
    assert second is not None
    assert first.updated_at < changed_at == second.updated_at
    assert (first.cancelled_at, second.cancelled_at) == (None, LONG_AGO)


def test_where_nothing_changed_there_is_nothing(platform: BigCommercePlatform) -> None:
    assert list(platform.changed_since(ACCOUNT, LONG_AGO)) == []


# Its news


def test_a_deactivated_webhook_is_found_and_woken(platform: BigCommercePlatform, store: Store) -> None:
    assert platform.ensure_subscriptions(ACCOUNT, CALLBACK) == list(SCOPES)
    next(iter(store.hooks.all.values())).is_active = False
    assert platform.ensure_subscriptions(ACCOUNT, CALLBACK) == [SCOPES[0]]
    assert platform.ensure_subscriptions(ACCOUNT, CALLBACK) == []
    assert len(store.hooks.all) == len(SCOPES)


def test_another_address_has_its_own_webhooks(platform: BigCommercePlatform, store: Store) -> None:
    platform.ensure_subscriptions(ACCOUNT, CALLBACK)
    assert platform.ensure_subscriptions(ACCOUNT, f"{CALLBACK}2") == list(SCOPES)


def test_what_it_sends_is_signed_and_names_its_order(platform: BigCommercePlatform, store: Store) -> None:
    with receiver() as it:
        platform.ensure_subscriptions(ACCOUNT, it.url)
        order_id = store.world.place()
        got = it.wait(lambda them: len(them) == 3)
    found = {platform.verify(each.headers, each.body, ACCOUNT) for each in got}
    assert {each.subject for each in found} == {order_id}
    assert {each.topic for each in found} == {f"store/order/{what}" for what in ("created", "updated", "statusUpdated")}


def test_a_webhook_that_failed_to_the_last_is_at_rest_until_we_look(
    platform: BigCommercePlatform, store: Store
) -> None:
    store.behaviour.change({"retry_seconds": 0.0})
    with receiver() as it:
        platform.ensure_subscriptions(ACCOUNT, it.url)
        it.answers += [500] * 100
        store.world.place()
        until(lambda: sum(not hook.is_active for hook in store.hooks.all.values()) == 3)
        assert len(platform.ensure_subscriptions(ACCOUNT, it.url)) == 3


def test_its_places_are_its_locations(platform: BigCommercePlatform) -> None:
    assert platform.locations(ACCOUNT) == [Location("1001", "High Street"), Location("1002", "Station")]
