"""Our client against a store written from BigCommerce's documentation, behaving well and badly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bopis.errors import EffectError, PermanentFailure, TemporaryFailure
from bopis.ports import Account, Location
from integrations.bigcommerce import BigCommercePlatform
from sandbox.bigcommerce.state import ACCESS_TOKEN, CLIENT_SECRET, STORE_HASH, Store
from tests.sandbox.running import Running

SECRETS = {"access_token": ACCESS_TOKEN, "client_secret": CLIENT_SECRET}
ACCOUNT = Account("c1", "bigcommerce", STORE_HASH, SECRETS, {})


@pytest.fixture
def store(running: Running) -> Store:
    return running.sandbox.bigcommerce


@pytest.fixture
def platform(running: Running) -> BigCommercePlatform:
    return BigCommercePlatform(f"{running.url}/bigcommerce")


def unit_of(platform: BigCommercePlatform, order_id: str) -> str:
    found = platform.fetch_order(ACCOUNT, order_id)
    assert found is not None
    return found.units[0].unit_id


def failure_of(call: Callable[[], Any]) -> EffectError:
    with pytest.raises(EffectError) as failed:
        call()
    return failed.value


def done(store: Store) -> list[tuple[str, Any]]:
    return [(what, how) for what, _, how in store.ledger if what == "status"]


# An order


def test_an_order_is_fetched_with_its_place_phone_and_weights(platform: BigCommercePlatform, store: Store) -> None:
    found = platform.fetch_order(ACCOUNT, store.world.place(["MUG-SLATE", "LIP-ROSE"]))
    assert found is not None
    (unit,) = found.units
    assert (unit.location, found.phone) == (Location("1001", "High Street"), "+14155550123")
    assert [(line.sku, line.weight_grams) for line in unit.lines] == [("MUG-SLATE", 480), ("LIP-ROSE", 40)]


def test_no_line_is_lost_when_pages_are_shorter_than_asked_for(platform: BigCommercePlatform, store: Store) -> None:
    store.behaviour.change({"short_pages": True})
    found = platform.fetch_order(ACCOUNT, store.world.place(["LIP-ROSE"] * 120))
    assert found is not None
    assert len(found.units[0].lines) == 120


def test_refunded_pieces_and_money_are_taken_off(platform: BigCommercePlatform, store: Store) -> None:
    order_id = store.world.place(["MUG-SLATE", "LIP-ROSE"])
    store.world.refund(order_id, "LIP-ROSE")
    found = platform.fetch_order(ACCOUNT, order_id)
    assert found is not None
    assert found.total is not None
    assert ([line.sku for line in found.units[0].lines], found.total.amount) == (["MUG-SLATE"], 1800)


def test_an_archived_order_is_called_off(platform: BigCommercePlatform, store: Store) -> None:
    order_id = store.world.place()
    store.world.archive(order_id)
    found = platform.fetch_order(ACCOUNT, order_id)
    assert found is not None
    assert found.cancelled_at is not None


def test_an_order_that_never_was_is_none_but_of_a_store_that_is_gone_nothing_is_known(
    platform: BigCommercePlatform, store: Store
) -> None:
    assert platform.fetch_order(ACCOUNT, "999") is None
    store.behaviour.change({"store_gone": True})
    assert failure_of(lambda: platform.fetch_order(ACCOUNT, "999")).code == "shop_not_found"


# What it is told


def test_ready_is_a_record_of_what_lies_there_and_a_status(platform: BigCommercePlatform, store: Store) -> None:
    order_id = store.world.place(["MUG-SLATE", "LIP-ROSE"], downloads=["BOOK-TIDE"])
    platform.mark_ready(ACCOUNT, unit_of(platform, order_id))
    assert [(what, how) for what, _, how in store.ledger] == [("record_ready", 2), ("status", 8)]


def test_collected_completes_records_and_order(platform: BigCommercePlatform, store: Store) -> None:
    order_id = store.world.place()
    unit_id = unit_of(platform, order_id)
    for _ in range(2):
        platform.mark_ready(ACCOUNT, unit_id)
    for _ in range(2):
        platform.mark_collected(ACCOUNT, unit_id)
    whats = [what for what, _, _ in store.ledger]
    assert whats == ["record_ready", "status", "record_collected", "status"]
    assert done(store) == [("status", 8), ("status", 10)]


def test_collected_without_having_been_ready_is_written_down_whole(platform: BigCommercePlatform, store: Store) -> None:
    platform.mark_collected(ACCOUNT, unit_of(platform, store.world.place()))
    assert [what for what, _, _ in store.ledger] == ["record_ready", "record_collected", "status"]


def test_a_status_the_merchant_set_by_hand_is_not_set_again(platform: BigCommercePlatform, store: Store) -> None:
    order_id = store.world.place()
    store.world.set_status(store.world.orders[int(order_id)], 8)
    platform.mark_ready(ACCOUNT, unit_of(platform, order_id))
    assert done(store) == []


def test_what_is_to_be_paid_at_pickup_goes_on_saying_so_until_it_is_collected(
    platform: BigCommercePlatform, store: Store
) -> None:
    order_id = store.world.place(paid=False)
    unit_id = unit_of(platform, order_id)
    platform.mark_ready(ACCOUNT, unit_id)
    found = platform.fetch_order(ACCOUNT, order_id)
    assert found is not None
    assert (found.to_pay, found.paid, len(store.world.records)) == (True, False, 1)
    platform.mark_collected(ACCOUNT, unit_id)
    assert done(store) == [("status", 10)]


def test_a_dispute_is_not_overwritten(platform: BigCommercePlatform, store: Store) -> None:
    order_id = store.world.place()
    unit_id = unit_of(platform, order_id)
    store.world.set_status(store.world.orders[int(order_id)], 13)
    for mark in (platform.mark_ready, platform.mark_collected):
        assert failure_of(lambda mark=mark: mark(ACCOUNT, unit_id)).code == "unit_on_hold"  # type: ignore[misc]
    assert failure_of(lambda: platform.mark_returned(ACCOUNT, unit_id, "k")).code == "unit_on_hold"
    assert store.ledger == []


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_after_lost_answers_a_repeat_finds_what_was_done(
    platform: BigCommercePlatform, store: Store, lost: int
) -> None:
    unit_id = unit_of(platform, store.world.place())
    store.behaviour.change({"lost_answers": lost})
    for mark in (platform.mark_ready, platform.mark_collected):
        for _ in range(4):
            try:
                mark(ACCOUNT, unit_id)
                break
            except TemporaryFailure:
                continue
    assert done(store) == [("status", 8), ("status", 10)]
    assert len(store.world.records) == 1


def test_what_was_called_off_is_not_ready(platform: BigCommercePlatform, store: Store) -> None:
    order_id = store.world.place()
    unit_id = unit_of(platform, order_id)
    store.world.set_status(store.world.orders[int(order_id)], 5)
    for mark in (platform.mark_ready, platform.mark_collected):
        assert failure_of(lambda mark=mark: mark(ACCOUNT, unit_id)).code == "unit_cancelled"  # type: ignore[misc]
    for unknown in ("999-1", f"{order_id}-999", "nonsense"):
        assert failure_of(lambda unknown=unknown: platform.mark_ready(ACCOUNT, unknown)).code == "unit_not_found"  # type: ignore[misc]


def test_what_was_handed_over_meanwhile_is_left_alone(platform: BigCommercePlatform, store: Store) -> None:
    order_id = store.world.place()
    unit_id = unit_of(platform, order_id)
    store.world.set_status(store.world.orders[int(order_id)], 10)
    platform.mark_ready(ACCOUNT, unit_id)
    platform.mark_collected(ACCOUNT, unit_id)
    platform.mark_returned(ACCOUNT, unit_id, "k")
    assert store.ledger == []


def test_what_nobody_collected_is_cancelled_once_and_no_money_moves(
    platform: BigCommercePlatform, store: Store
) -> None:
    order_id = store.world.place()
    unit_id = unit_of(platform, order_id)
    for _ in range(2):
        platform.mark_returned(ACCOUNT, unit_id, "k")
    assert (done(store), store.world.orders[int(order_id)].refunds) == ([("status", 5)], [])


# What it cannot answer


def test_too_many_calls_wait_as_long_as_the_quotas_window_lasts(platform: BigCommercePlatform, store: Store) -> None:
    store.behaviour.change({"throttled": 1, "quota_ms": 12500})
    failed = failure_of(lambda: platform.fetch_order(ACCOUNT, "100"))
    assert (type(failed), failed.code, failed.retry_after) == (TemporaryFailure, "throttled", 12.5)


@pytest.mark.parametrize(
    ("mood", "kind", "code"),
    [
        ({"down": True}, TemporaryFailure, "platform_down"),
        ({"garbled": 1}, TemporaryFailure, "unexpected_answer"),
        ({"token_revoked": True}, PermanentFailure, "token_revoked"),
        ({"no_fulfillment_scope": True}, PermanentFailure, "access_denied"),
    ],
)
def test_each_refusal_means_one_thing(
    platform: BigCommercePlatform, store: Store, mood: dict[str, Any], kind: type, code: str
) -> None:
    unit_id = unit_of(platform, store.world.place())
    store.behaviour.change(mood)
    failed = failure_of(lambda: platform.mark_ready(ACCOUNT, unit_id))
    assert (type(failed), failed.code) == (kind, code)


def test_a_name_that_is_no_store_hash_is_not_put_into_an_address(platform: BigCommercePlatform) -> None:
    account = Account("c1", "bigcommerce", "../evil", SECRETS, {})
    assert failure_of(lambda: platform.fetch_order(account, "100")).code == "bad_shop"
