"""Our client against a seller written from Square's documentation, behaving well and badly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bopis.errors import EffectError, PermanentFailure, TemporaryFailure
from bopis.ports import Account, Location
from integrations.square import SquarePlatform, webhooks
from integrations.square.subscriptions import TOPICS
from sandbox.square.state import ACCESS_TOKEN, MERCHANT_ID, SIGNATURE_KEY, Seller
from tests.sandbox.running import Running, receiver, until

SECRETS = {"access_token": ACCESS_TOKEN, "signature_key": SIGNATURE_KEY}
ACCOUNT = Account("c1", "square", MERCHANT_ID, SECRETS, {})
CALLBACK = "https://web.example.com/webhooks/square/c1"
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
KEY = "0190b5a4-0000-7000-8000-000000000001"


@pytest.fixture
def seller(running: Running) -> Seller:
    return running.sandbox.square


@pytest.fixture
def platform(running: Running) -> SquarePlatform:
    return SquarePlatform(f"{running.url}/square", "https://web.example.com")


def unit_of(platform: SquarePlatform, order_id: str) -> str:
    found = platform.fetch_order(ACCOUNT, order_id)
    assert found is not None
    return found.units[0].unit_id


def failure_of(call: Callable[[], Any]) -> EffectError:
    with pytest.raises(EffectError) as failed:
        call()
    return failed.value


def states(seller: Seller) -> list[str]:
    return [state for _, state in seller.ledger]


# An order


def test_an_order_is_fetched_with_its_place_phone_and_the_catalogs_skus(
    platform: SquarePlatform, seller: Seller
) -> None:
    found = platform.fetch_order(ACCOUNT, seller.world.place(["MUG-SLATE", "LIP-ROSE"]))
    assert found is not None
    (unit,) = found.units
    assert (unit.location, unit.phone) == (Location("1001", "High Street"), "+14155550123")
    assert [(line.sku, line.quantity) for line in unit.lines] == [("MUG-SLATE", 1), ("LIP-ROSE", 1)]


@pytest.mark.parametrize("order_id", ["NOSUCHORDER", "../locations", "", "a" * 200])
def test_an_order_that_never_was_is_none(platform: SquarePlatform, order_id: str) -> None:
    assert platform.fetch_order(ACCOUNT, order_id) is None


# What it is told


def test_each_step_is_told_once(platform: SquarePlatform, seller: Seller) -> None:
    unit_id = unit_of(platform, seller.world.place())
    for mark in (platform.mark_ready, platform.mark_ready, platform.mark_collected, platform.mark_collected):
        mark(ACCOUNT, unit_id)
    platform.mark_ready(ACCOUNT, unit_id)
    assert states(seller) == ["PREPARED", "COMPLETED"]


def test_an_order_that_changes_under_our_hands_is_looked_at_again(platform: SquarePlatform, seller: Seller) -> None:
    unit_id = unit_of(platform, seller.world.place())
    seller.behaviour.change({"busy": 3})
    platform.mark_ready(ACCOUNT, unit_id)
    assert states(seller) == ["PREPARED"]
    seller.behaviour.change({"busy": 100})
    failed = failure_of(lambda: platform.mark_collected(ACCOUNT, unit_id))
    assert (type(failed), failed.code) == (TemporaryFailure, "order_busy")


@pytest.mark.parametrize("lost", [1, 2])
def test_after_lost_answers_a_repeat_finds_what_was_done(platform: SquarePlatform, seller: Seller, lost: int) -> None:
    unit_id = unit_of(platform, seller.world.place())
    seller.behaviour.change({"lost_answers": lost})
    for mark in (platform.mark_ready, platform.mark_collected):
        for _ in range(3):
            try:
                mark(ACCOUNT, unit_id)
                break
            except TemporaryFailure:
                continue
    assert states(seller) == ["PREPARED", "COMPLETED"]


def test_what_was_called_off_is_not_ready(platform: SquarePlatform, seller: Seller) -> None:
    order_id = seller.world.place()
    unit_id = unit_of(platform, order_id)
    seller.world.cancel(order_id)
    for mark in (platform.mark_ready, platform.mark_collected):
        assert failure_of(lambda mark=mark: mark(ACCOUNT, unit_id)).code == "unit_cancelled"  # type: ignore[misc]
    platform.mark_returned(ACCOUNT, unit_id, KEY)
    assert (seller.ledger, seller.world.stock) == ([], [])
    for unknown in ("NOSUCH/1", f"{order_id}/nosuch", "nonsense", ""):
        assert failure_of(lambda unknown=unknown: platform.mark_ready(ACCOUNT, unknown)).code == "unit_not_found"  # type: ignore[misc]


def test_what_is_unpaid_cannot_be_completed_and_says_why(platform: SquarePlatform, seller: Seller) -> None:
    unit_id = unit_of(platform, seller.world.place(paid=False))
    failed = failure_of(lambda: platform.mark_collected(ACCOUNT, unit_id))
    assert (type(failed), failed.code) == (PermanentFailure, "platform_refused")
    assert "must be paid" in failed.message


def test_an_order_of_the_register_is_not_ours_to_change(platform: SquarePlatform, seller: Seller) -> None:
    order_id = seller.world.place()
    unit_id = unit_of(platform, order_id)
    del seller.world.orders[order_id]["version"]
    assert failure_of(lambda: platform.mark_ready(ACCOUNT, unit_id)).code == "not_updatable"


def test_what_nobody_collected_is_in_stock_again_once(platform: SquarePlatform, seller: Seller) -> None:
    unit_id = unit_of(platform, seller.world.place(["MUG-SLATE", "LIP-ROSE"]))
    seller.behaviour.change({"lost_answers": 2})
    for _ in range(4):
        try:
            platform.mark_returned(ACCOUNT, unit_id, KEY)
        except TemporaryFailure:
            continue
    assert [(each["to_state"], each["quantity"]) for each in seller.world.stock] == [("IN_STOCK", "1")] * 2
    assert states(seller) == ["CANCELED"]


# What it cannot answer


@pytest.mark.parametrize(
    ("mood", "kind", "code"),
    [
        ({"down": True}, TemporaryFailure, "platform_down"),
        ({"throttled": 1}, TemporaryFailure, "throttled"),
        ({"garbled": 1}, TemporaryFailure, "unexpected_answer"),
        ({"token_revoked": True}, PermanentFailure, "token_revoked"),
    ],
)
def test_each_refusal_means_one_thing(
    platform: SquarePlatform, seller: Seller, mood: dict[str, Any], kind: type, code: str
) -> None:
    order_id = seller.world.place()
    seller.behaviour.change(mood)
    failed = failure_of(lambda: platform.fetch_order(ACCOUNT, order_id))
    assert (type(failed), failed.code) == (kind, code)


# What changed


def test_every_pickup_that_changed_is_listed_page_by_page_and_no_sale_of_the_register(
    platform: SquarePlatform, seller: Seller
) -> None:
    seller.behaviour.change({"a_page": 7})
    placed = [seller.world.place(location_id=("1001", "1002")[number % 2]) for number in range(20)]
    seller.world.place(at_register=True)
    seller.world.place([], shipped=["LIP-ROSE"])
    found = list(platform.changed_since(ACCOUNT, LONG_AGO))
    assert {order_id for order_id, _ in found} == set(placed)
    assert [at for _, at in found] == sorted(at for _, at in found)


def test_a_seller_with_many_places_is_searched_ten_at_a_time_and_told_in_one_order(
    platform: SquarePlatform, seller: Seller
) -> None:
    seller.names |= {f"S{number}": f"Store {number}" for number in range(23)}
    placed = [seller.world.place(location_id=f"S{number}") for number in range(22, -1, -1)]
    for number, order_id in enumerate(placed):
        seller.world.orders[order_id]["updated_at"] = f"2024-01-01T00:00:{number:02d}.000Z"
    assert [order_id for order_id, _ in platform.changed_since(ACCOUNT, LONG_AGO)] == placed
    later = dt.datetime(2024, 1, 1, 0, 0, 20, tzinfo=dt.UTC)
    assert [order_id for order_id, _ in platform.changed_since(ACCOUNT, later)] == placed[20:]


# Its news


def test_one_subscription_brings_every_topic_and_is_woken_and_completed(
    platform: SquarePlatform, seller: Seller
) -> None:
    assert platform.ensure_subscriptions(ACCOUNT, CALLBACK) == list(TOPICS)
    assert platform.ensure_subscriptions(ACCOUNT, CALLBACK) == []
    (ours,) = seller.hooks.all
    seller.hooks.all[ours]["enabled"] = False
    assert platform.ensure_subscriptions(ACCOUNT, CALLBACK) == list(TOPICS)
    seller.hooks.all[ours]["event_types"] = ["order.created", "order.updated"]
    assert platform.ensure_subscriptions(ACCOUNT, CALLBACK) == list(TOPICS[2:])
    assert platform.ensure_subscriptions(ACCOUNT, CALLBACK) == []
    assert len(seller.hooks.all) == 1


def test_ours_is_found_among_many(platform: SquarePlatform, seller: Seller) -> None:
    seller.behaviour.change({"a_page": 2})
    for number in range(5):
        platform.ensure_subscriptions(ACCOUNT, f"{CALLBACK}{number}")
    assert platform.ensure_subscriptions(ACCOUNT, f"{CALLBACK}4") == []


def test_a_signature_key_nobody_typed_in_is_asked_for(platform: SquarePlatform) -> None:
    account = replace(ACCOUNT, secrets={"access_token": ACCESS_TOKEN})
    platform.ensure_subscriptions(account, CALLBACK)
    failed = failure_of(lambda: platform.ensure_subscriptions(account, CALLBACK))
    assert (type(failed), failed.code) == (PermanentFailure, "signature_key_missing")
    assert SIGNATURE_KEY not in str(failed)


def test_it_sends_a_test_of_its_own_and_says_what_was_answered(platform: SquarePlatform) -> None:
    with receiver() as it:
        failed = failure_of(lambda: platform.test_delivery(ACCOUNT, it.url, b"{}"))
        assert (type(failed), failed.code) == (PermanentFailure, "not_subscribed")
        platform.ensure_subscriptions(ACCOUNT, it.url)
        assert platform.test_delivery(ACCOUNT, it.url, b"{}").answered == 200
        it.answers.append(401)
        assert platform.test_delivery(ACCOUNT, it.url, b"{}").answered == 401
        samples = it.wait(lambda them: len(them) == 2)
    assert webhooks.verify(samples[0].headers, samples[0].body, ACCOUNT, it.url).topic == TOPICS[0]
    assert platform.test_delivery(ACCOUNT, it.url, b"{}").answered == 0  # nobody is there any more


def test_a_sample_of_another_merchant_says_nothing_so_that_one_is_signed_for_us(
    platform: SquarePlatform, seller: Seller
) -> None:
    seller.behaviour.change({"sample_merchant": True})
    with receiver() as it:
        it.answers.append(401)
        platform.ensure_subscriptions(ACCOUNT, it.url)
        trial = platform.test_delivery(ACCOUNT, it.url, b'{"lockers_test":"1"}')
    assert trial.answered is None
    assert webhooks.verify(trial.headers or {}, b'{"lockers_test":"1"}', ACCOUNT, it.url).topic == "unreadable"


def test_what_it_sends_is_signed_and_names_its_order(platform: SquarePlatform, seller: Seller) -> None:
    with receiver() as it:
        platform.ensure_subscriptions(ACCOUNT, it.url)
        order_id = seller.world.place()
        platform.mark_ready(ACCOUNT, unit_of(platform, order_id))
        got = it.wait(lambda them: len(them) == 3)
    found = [webhooks.verify(each.headers, each.body, ACCOUNT, it.url) for each in got]
    assert {each.subject for each in found} == {order_id}
    assert {each.topic for each in found} == set(TOPICS[:3])
    assert len({each.delivery_id for each in found}) == 3


def test_what_is_not_taken_is_sent_again(platform: SquarePlatform, seller: Seller) -> None:
    seller.behaviour.change({"retry_seconds": 0.0})
    with receiver() as it:
        platform.ensure_subscriptions(ACCOUNT, it.url)
        it.answers += [500, 503]
        seller.world.place()
        until(lambda: seller.hooks.statuses == [500, 503, 200])


def test_its_places_are_its_locations(platform: SquarePlatform) -> None:
    assert platform.locations(ACCOUNT) == [Location("1001", "High Street"), Location("1002", "Station")]
