"""Our client against a shop written from Adobe's documentation, behaving well and badly."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.ports import Account, BadDelivery, BadSignature, Location
from integrations.magento import MagentoPlatform
from integrations.magento.webhooks import ORDER_SAVED
from integrations.public import PublicCaller
from sandbox.magento.state import ACCESS_TOKEN, CLIENT_ID, SITE, MagentoShop
from tests.sandbox.running import Running, receiver, until

ACCOUNT = Account("c1", "magento", SITE, {"access_token": ACCESS_TOKEN}, {"client_id": CLIENT_ID})
CALLBACK = "https://web.example.com/webhooks/magento/c1"
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
KEY = "0190b5a4-0000-7000-8000-000000000001"


@pytest.fixture
def shop(running: Running) -> MagentoShop:
    return running.sandbox.magento


@pytest.fixture
def platform(running: Running) -> MagentoPlatform:
    return MagentoPlatform(PublicCaller(private=True), f"{running.url}/magento")


def failure_of(call: Callable[[], Any]) -> EffectError:
    with pytest.raises(EffectError) as failed:
        call()
    return failed.value


def insist(call: Callable[[], Any]) -> None:
    """As the service does: again after what may have happened, or could not happen now."""
    for _ in range(6):
        try:
            return call()
        except (TemporaryFailure, OutcomeUnknown):
            continue
    raise AssertionError("it never succeeded")


# A test


def test_a_test_can_only_be_adobes_own_and_where_nothing_is_expected_that_is_said(platform: MagentoPlatform) -> None:
    trial = platform.test_delivery(ACCOUNT, CALLBACK, b"{}")
    assert (trial.headers, trial.answered) == (None, None)
    without = replace(ACCOUNT, settings={})
    failed = failure_of(lambda: platform.test_delivery(without, CALLBACK, b"{}"))
    assert (type(failed), failed.code) == (PermanentFailure, "no_events")


# An order


def test_an_order_is_fetched_with_the_name_of_its_place(platform: MagentoPlatform, shop: MagentoShop) -> None:
    found = platform.fetch_order(ACCOUNT, shop.world.place(["MUG-SLATE", "LIP-ROSE"]))
    assert found is not None
    assert found.units[0].location == Location("1001", "High Street")
    assert [line.sku for line in found.units[0].lines] == ["MUG-SLATE", "LIP-ROSE"]


@pytest.mark.parametrize("order_id", ["9999", "../modules", "", "0", "1e3"])
def test_an_order_that_never_was_is_none(platform: MagentoPlatform, order_id: str) -> None:
    assert platform.fetch_order(ACCOUNT, order_id) is None


def test_another_orders_answer_is_not_believed(platform: MagentoPlatform, shop: MagentoShop) -> None:
    first, _ = shop.world.place(), shop.world.place()
    shop.behaviour.change({"lies": True})
    assert failure_of(lambda: platform.fetch_order(ACCOUNT, first)).code == "unexpected_answer"


# What it is told


@pytest.mark.parametrize("mood", [{}, {"mails_wait": True}])
def test_its_shopper_gets_one_mail_however_often_we_say_ready(
    platform: MagentoPlatform, shop: MagentoShop, mood: dict[str, Any]
) -> None:
    unit_id = shop.world.place()
    shop.behaviour.change(mood)
    for mark in (platform.mark_ready, platform.mark_ready, platform.mark_collected, platform.mark_collected):
        mark(ACCOUNT, unit_id)
    platform.mark_ready(ACCOUNT, unit_id)
    assert shop.world.mails == [int(unit_id)]
    assert [what for what, *_ in shop.ledger] == ["comment", "notified", "comment"]
    assert all(not note.get("is_customer_notified") for what, _, note in shop.ledger if what == "comment")


@pytest.mark.parametrize("lost", range(1, 5))
def test_after_lost_answers_nobody_gets_a_second_mail(platform: MagentoPlatform, shop: MagentoShop, lost: int) -> None:
    unit_id = shop.world.place()
    shop.behaviour.change({"lost_answers": lost})
    insist(lambda: platform.mark_ready(ACCOUNT, unit_id))
    insist(lambda: platform.mark_collected(ACCOUNT, unit_id))
    assert shop.world.mails == [int(unit_id)]
    assert [what for what, *_ in shop.ledger] == ["comment", "notified", "comment"]


def test_the_order_keeps_its_status_or_gets_the_shops_own(platform: MagentoPlatform, shop: MagentoShop) -> None:
    unit_id = shop.world.place()
    platform.mark_ready(ACCOUNT, unit_id)
    assert shop.world.orders[int(unit_id)]["status"] == "complete"
    own = replace(ACCOUNT, settings={"collected_status": "picked_up"})
    platform.mark_collected(own, unit_id)
    assert shop.world.orders[int(unit_id)]["status"] == "picked_up"


def test_what_its_people_notified_of_is_not_notified_of_again(platform: MagentoPlatform, shop: MagentoShop) -> None:
    unit_id = shop.world.place(paid=False)
    shop.world.notify(shop.world.orders[int(unit_id)], False)
    platform.mark_ready(ACCOUNT, unit_id)
    assert len(shop.world.mails) == 1


def test_a_partial_refund_keeps_the_shop_from_notifying_and_it_says_so(
    platform: MagentoPlatform, shop: MagentoShop
) -> None:
    unit_id = shop.world.place(["MUG-SLATE", "LIP-ROSE"])
    shop.world.refund(unit_id, 1, 1)
    failed = failure_of(lambda: platform.mark_ready(ACCOUNT, unit_id))
    assert (type(failed), failed.code, shop.world.mails) == (PermanentFailure, "not_ready_for_pickup", [])


def test_what_was_called_off_is_not_ready(platform: MagentoPlatform, shop: MagentoShop) -> None:
    unit_id = shop.world.place()
    shop.world.cancel(unit_id)
    for mark in (platform.mark_ready, platform.mark_collected):
        assert failure_of(lambda mark=mark: mark(ACCOUNT, unit_id)).code == "unit_cancelled"  # type: ignore[misc]
    platform.mark_returned(ACCOUNT, unit_id, KEY)
    assert shop.ledger == []
    shipped = shop.world.place(method="flatrate_flatrate")
    for unknown in (shipped, "9999", "nonsense", ""):
        assert failure_of(lambda unknown=unknown: platform.mark_ready(ACCOUNT, unknown)).code == "unit_not_found"  # type: ignore[misc]


@pytest.mark.parametrize("lost", range(5))
def test_what_nobody_collected_is_in_stock_again_once(platform: MagentoPlatform, shop: MagentoShop, lost: int) -> None:
    unit_id = shop.world.place(["MUG-SLATE", "MUG-SLATE", "LIP-ROSE"])
    before = dict(shop.world.stock)
    platform.mark_ready(ACCOUNT, unit_id)
    assert shop.world.stock["MUG-SLATE", "1001"] == before["MUG-SLATE", "1001"] - 2
    shop.behaviour.change({"lost_answers": lost})
    for _ in range(2):
        insist(lambda: platform.mark_returned(ACCOUNT, unit_id, KEY))
    assert shop.world.stock == before
    found = platform.fetch_order(ACCOUNT, unit_id)
    assert found is not None
    assert (found.units[0].status, found.cancelled_at) == ("closed", None)


def test_what_was_never_shipped_never_left_the_stock(platform: MagentoPlatform, shop: MagentoShop) -> None:
    unit_id, before = shop.world.place(), dict(shop.world.stock)
    platform.mark_returned(ACCOUNT, unit_id, KEY)
    assert shop.world.stock == before


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
    platform: MagentoPlatform, shop: MagentoShop, mood: dict[str, Any], kind: type, code: str
) -> None:
    order_id = shop.world.place()
    shop.behaviour.change(mood)
    failed = failure_of(lambda: platform.fetch_order(ACCOUNT, order_id))
    assert (type(failed), failed.code) == (kind, code)


def test_a_name_that_is_no_address_is_not_called(platform: MagentoPlatform) -> None:
    for name in ("127.0.0.1", "shop", "http://shop.example.com", "shop.example.com/../x", "a@shop.example.com"):
        account = replace(ACCOUNT, name=name)
        assert failure_of(lambda account=account: platform.fetch_order(account, "1")).code == "bad_shop"  # type: ignore[misc]


# What changed


def test_every_change_is_listed_oldest_first_over_pages_and_within_one_second(
    platform: MagentoPlatform, shop: MagentoShop
) -> None:
    placed = [shop.world.place() for _ in range(250)]
    for number, order_id in enumerate(placed):
        shop.world.orders[int(order_id)]["updated_at"] = f"2024-01-01 00:00:{max(0, number - 220):02d}"
    found = list(platform.changed_since(ACCOUNT, LONG_AGO))
    assert [order_id for order_id, _ in found] == placed
    assert [at for _, at in found] == sorted(at for _, at in found)
    later = dt.datetime(2024, 1, 1, 0, 0, 20, 500_000, tzinfo=dt.UTC)
    assert [order_id for order_id, _ in platform.changed_since(ACCOUNT, later)] == placed[240:]


def test_its_places_are_its_pickup_locations(platform: MagentoPlatform) -> None:
    assert platform.locations(ACCOUNT) == [Location("1001", "High Street"), Location("1002", "Station")]


# Its events


def test_orders_are_made_events_of_once_and_where_events_are_wanted(
    platform: MagentoPlatform, shop: MagentoShop
) -> None:
    assert platform.ensure_subscriptions(replace(ACCOUNT, settings={}), CALLBACK) == []
    assert shop.events.subscribed == {}
    assert platform.ensure_subscriptions(ACCOUNT, CALLBACK) == [ORDER_SAVED]
    assert platform.ensure_subscriptions(ACCOUNT, CALLBACK) == []
    shop.behaviour.change({"no_events": True})
    assert failure_of(lambda: platform.ensure_subscriptions(ACCOUNT, CALLBACK)).code == "no_events"


def test_what_it_sends_is_signed_names_its_order_and_is_sent_again(
    platform: MagentoPlatform, shop: MagentoShop
) -> None:
    shop.behaviour.change({"retry_seconds": 0.0})
    platform.ensure_subscriptions(ACCOUNT, CALLBACK)
    with receiver() as it:
        it.answers.append(500)
        shop.events.url = it.url
        order_id = shop.world.place()
        got = it.wait(lambda them: len(them) == 2)
        until(lambda: shop.events.statuses == [500, 200])
    found = [platform.verify(each.headers, each.body, ACCOUNT) for each in got]
    assert [each.subject for each in found] == [order_id] * 2
    assert len({each.delivery_id for each in found}) == 1
    assert platform.order_of(found[0], got[0].body) == order_id


def test_what_adobe_did_not_sign_for_us_is_refused(platform: MagentoPlatform, shop: MagentoShop) -> None:
    body = shop.events.body({"entity_id": 81})
    good = shop.events.headers(body)
    one_of_two = {**good, "x-adobe-digital-signature-1": "bm8="}
    assert platform.verify(one_of_two, body, ACCOUNT).subject == "81"
    elsewhere = {name: "https://other.example.com/key.pem" for name in good if name.endswith("-path")}
    swapped = {"x-adobe-public-key1-path": "/prod/keys/../x.pem", "x-adobe-public-key2-path": "/prod/keys/none.pem"}
    for bad in ({}, {**good, **elsewhere}, {**good, **swapped}, {**one_of_two, "x-adobe-digital-signature-2": "!"}):
        with pytest.raises(BadSignature):
            platform.verify(bad, body, ACCOUNT)
    for account in (replace(ACCOUNT, settings={}), replace(ACCOUNT, settings={"client_id": "another"})):
        with pytest.raises(BadSignature):
            platform.verify(good, body, account)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"data": None}, "entity_id"), ({"data": {"value": {"entity_id": "x"}}}, "entity_id"), ({"type": 7}, "type")],
)
def test_what_cannot_be_read_is_a_delivery_and_says_what_is_missing(
    platform: MagentoPlatform, shop: MagentoShop, changes: dict[str, Any], field: str
) -> None:
    body = json.dumps({**json.loads(shop.events.body({"entity_id": 81})), **changes}).encode()
    found = platform.verify(shop.events.headers(body), body, ACCOUNT)
    assert found.subject == ""
    with pytest.raises(BadDelivery, match=field):
        platform.order_of(found, body)


def test_an_event_of_something_else_concerns_no_order(platform: MagentoPlatform, shop: MagentoShop) -> None:
    other = {"type": "com.adobe.commerce.observer.catalog_product_save_commit_after"}
    body = json.dumps({**json.loads(shop.events.body({"entity_id": 81})), **other}).encode()
    found = platform.verify(shop.events.headers(body), body, ACCOUNT)
    assert platform.order_of(found, body) is None
