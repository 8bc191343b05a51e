"""What the pretend shop did not tell us is found, and it is made to tell us again."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bopis.errors import PermanentFailure, TemporaryFailure
from sandbox.woocommerce.orders import Order
from tests.integrations.woocommerce.desk import BEGAN, SECRETS, Desk
from tests.sandbox.running import Receiver, until

# What changed


def test_changes_come_oldest_first_those_in_the_trash_too(desk: Desk) -> None:
    first, second, third = desk.place(), desk.place(), desk.place()
    desk.clock[0] += dt.timedelta(seconds=1)
    desk.shop.trash(desk.shop.orders[int(second)])
    assert desk.changed() == [first, third, second]


def test_a_change_in_the_very_second_asked_from_is_found(desk: Desk) -> None:
    order_id = desk.place()
    assert desk.changed(desk.clock[0]) == [order_id]
    assert desk.changed(desk.clock[0] + dt.timedelta(microseconds=900_000)) == [order_id]
    assert desk.changed(desk.clock[0] + dt.timedelta(seconds=1)) == []


def test_more_orders_of_one_second_than_a_page_holds_are_all_found(desk: Desk) -> None:
    placed = {str(desk.shop.place({"lines": [{"sku": "MUG-SLATE"}]}).order_id) for _ in range(230)}
    found = desk.changed()
    assert (set(found), len(found)) == (placed, 230)


def test_an_order_that_changes_while_we_turn_the_page_pushes_none_past_us(desk: Desk) -> None:
    placed = [desk.place() for _ in range(150)]
    seen = []
    for number, (order_id, _) in enumerate(desk.platform.changed_since(desk.account, BEGAN)):
        seen.append(order_id)
        if number == 50:
            desk.clock[0] += dt.timedelta(seconds=1)
            desk.shop.changed(desk.shop.orders[int(placed[0])])
    assert set(seen) == set(placed)
    assert seen[-1] == placed[0]


def test_it_may_end_in_the_middle(desk: Desk) -> None:
    for _ in range(150):
        desk.place()
    seen = []
    changes = iter(desk.platform.changed_since(desk.account, BEGAN))
    seen.append(next(changes))
    desk.behave(down=True)
    with pytest.raises(TemporaryFailure):
        seen.extend(changes)
    assert len(seen) == 100


# Whether it still tells us


def test_webhooks_that_were_switched_off_are_switched_on_again(desk: Desk, news: Receiver) -> None:
    assert len(desk.platform.ensure_subscriptions(desk.account, news.url)) == 4
    assert desk.shop.webhooks.pings == [200] * 4
    order_id = desk.place()
    news.wait(lambda got: len(got) == 5)
    news.answers = [500] * 7
    updated = next(each for each in desk.shop.webhooks.all.values() if each.topic == "order.updated")
    for _ in range(7):
        assert updated.status == "active"
        sent = len(desk.shop.webhooks.sent)
        desk.shop.changed(desk.shop.orders[int(order_id)])
        until(lambda before=sent: len(desk.shop.webhooks.sent) > before)
    assert updated.status == "disabled"
    assert desk.platform.ensure_subscriptions(desk.account, news.url) == ["order.updated"]
    assert updated.status == "active"
    assert desk.platform.ensure_subscriptions(desk.account, news.url) == []


def test_webhooks_at_another_address_are_left_alone(desk: Desk, news: Receiver) -> None:
    desk.shop.webhooks.create("Somebody else's", "order.updated", news.url + "/theirs", "theirs")
    desk.platform.ensure_subscriptions(desk.account, news.url)
    assert desk.shop.webhooks.all[11].secret == "theirs"
    assert len(desk.shop.webhooks.all) == 5


def test_a_new_secret_is_given_to_the_webhooks_there_are(desk: Desk, news: Receiver) -> None:
    desk.platform.ensure_subscriptions(desk.account, news.url)
    desk.account = replace(desk.account, secrets={**SECRETS, "webhook_secret": "another"})
    assert len(desk.platform.ensure_subscriptions(desk.account, news.url)) == 4
    assert {each.secret for each in desk.shop.webhooks.all.values()} == {"another"}


def test_without_a_secret_nothing_is_subscribed_to(desk: Desk) -> None:
    desk.account = replace(desk.account, secrets={**SECRETS, "webhook_secret": ""})
    with pytest.raises(PermanentFailure) as problem:
        desk.platform.ensure_subscriptions(desk.account, "https://web.example.com/x")
    assert problem.value.code == "no_webhook_secret"


def test_an_imported_order_without_a_time_does_not_stop_the_others(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = desk.place(), desk.place()
    body = desk.shop.body

    def timeless(order: Order) -> dict[str, object]:
        odd = {"date_modified_gmt": "-0001-11-30T00:00:00"} if str(order.order_id) == first else {}
        return {**body(order), **odd}

    monkeypatch.setattr(desk.shop, "body", timeless)
    assert desk.changed() == [first, second]
