"""The real platform against the pretend shop: what is asked, what is written, and what goes wrong on the way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.ports import ACCESS_REFUSED, SLOW_DOWN, Account, OrderSnapshot
from integrations.public import PublicCaller
from integrations.woocommerce import WooCommercePlatform
from sandbox.woocommerce.shop import WooCommerceShop
from tests.sandbox.running import WOOCOMMERCE, Receiver, Running, running_sandbox, until

BEGAN = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
KEY = "01a2054d-0000-7000-8000-000000000001"
SECRETS = {
    "consumer_key": WOOCOMMERCE.consumer_key,
    "consumer_secret": WOOCOMMERCE.consumer_secret,
    "webhook_secret": "a secret of the tests",
}


@dataclass
class Desk:
    """The platform, an account, and the shop behind it, whose clock goes a second an order."""

    running: Running
    platform: WooCommercePlatform
    clock: list[dt.datetime]
    account: Account = field(
        default_factory=lambda: Account("c1", "woocommerce", "shop.example.com", dict(SECRETS), {})
    )

    @property
    def shop(self) -> WooCommerceShop:
        assert self.running.sandbox.woocommerce is not None
        return self.running.sandbox.woocommerce

    def place(self, *methods: str, **more: Any) -> str:
        skus = ("MUG-SLATE", "LIP-ROSE", "LAMP-ARC")
        lines = [{"sku": sku, "method": method} for sku, method in zip(skus, methods or ("pickup",), strict=False)]
        self.clock[0] += dt.timedelta(seconds=1)
        return str(self.shop.place({"lines": lines, **more}).order_id)

    def fetch(self, order_id: str) -> OrderSnapshot:
        found = self.platform.fetch_order(self.account, order_id)
        assert found is not None
        return found

    def units(self, order_id: str) -> list[str]:
        return [unit.unit_id for unit in self.fetch(order_id).units]

    def status(self, order_id: str) -> str:
        return self.shop.orders[int(order_id)].status

    def notes(self, order_id: str) -> list[str]:
        return [note.text for note in self.shop.orders[int(order_id)].notes]

    def writes(self) -> list[str]:
        return [str(entry["what"]) for entry in self.shop.ledger]

    def changed(self, since: dt.datetime = BEGAN) -> list[str]:
        return [order_id for order_id, _ in self.platform.changed_since(self.account, since)]

    def behave(self, **moods: Any) -> None:
        self.shop.behaviour.change(moods)


@pytest.fixture
def desk() -> Iterator[Desk]:
    clock = [BEGAN]
    with running_sandbox(now=lambda: clock[0]) as running:
        yield Desk(running, WooCommercePlatform(PublicCaller(private=True, whole_seconds=1.0), running.url), clock)


# What is read


def test_an_order_comes_with_the_weight_and_the_sides_of_its_things(desk: Desk) -> None:
    (unit,) = desk.fetch(desk.place()).units
    (line,) = unit.lines
    assert (line.weight_grams, line.sides_mm) == (480, (110, 120, 120))


def test_an_order_of_the_checkout_block_is_for_the_place_by_its_name(desk: Desk) -> None:
    (unit,) = desk.fetch(desk.place(blocks=True, location_id="1002")).units
    assert (unit.location.location_id, unit.location.name) == ("station", "Station")


def test_what_the_shop_has_not_is_none(desk: Desk) -> None:
    assert desk.platform.fetch_order(desk.account, "999999") is None
    assert desk.platform.fetch_order(desk.account, "../../users") is None
    draft = desk.place(status="checkout-draft")
    assert desk.platform.fetch_order(desk.account, draft) is None


def test_refunded_pieces_are_gone_from_the_order(desk: Desk) -> None:
    order_id = desk.place("pickup", "pickup")
    order = desk.shop.orders[int(order_id)]
    desk.shop.refund(order, 1800, "Broken", [(order.lines[0].line_id, 1, 1800)], True, True)
    snapshot = desk.fetch(order_id)
    assert [line.sku for line in snapshot.units[0].lines] == ["LIP-ROSE"]
    assert snapshot.total is not None
    assert snapshot.total.amount == 650


def test_an_order_in_the_trash_is_called_off_and_restored_it_lives_again(desk: Desk) -> None:
    order_id = desk.place()
    desk.shop.trash(desk.shop.orders[int(order_id)])
    assert desk.fetch(order_id).cancelled_at is not None
    desk.shop.restore(desk.shop.orders[int(order_id)])
    assert desk.fetch(order_id).cancelled_at is None


def test_warnings_before_the_answer_do_no_harm(desk: Desk) -> None:
    order_id = desk.place()
    desk.behave(warnings=True)
    assert desk.fetch(order_id).name == f"#{order_id}"


def test_an_answer_about_another_order_is_not_believed(desk: Desk) -> None:
    order_id = desk.place()
    desk.place()
    desk.behave(lies=True)
    with pytest.raises(PermanentFailure, match="another order"):
        desk.fetch(order_id)


@pytest.mark.parametrize(
    ("mood", "kind", "code"),
    [
        ({"down": True}, TemporaryFailure, "platform_down"),
        ({"blocked": True}, TemporaryFailure, "blocked"),
        ({"throttled": 1}, TemporaryFailure, SLOW_DOWN),
        ({"slow": 3.0}, TemporaryFailure, "not_reached"),
        ({"key_revoked": True}, PermanentFailure, ACCESS_REFUSED),
    ],
)
def test_each_refusal_means_one_thing(desk: Desk, mood: dict[str, Any], kind: type[EffectError], code: str) -> None:
    order_id = desk.place()
    desk.behave(**mood)
    with pytest.raises(kind) as problem:
        desk.fetch(order_id)
    assert problem.value.code == code


@pytest.mark.parametrize("secrets", [{}, {**SECRETS, "consumer_secret": "guessed"}])
def test_without_the_right_key_we_are_let_in_no_more(desk: Desk, secrets: dict[str, str]) -> None:
    desk.account = replace(desk.account, secrets=secrets)
    with pytest.raises(PermanentFailure) as problem:
        desk.fetch("727")
    assert problem.value.code == ACCESS_REFUSED


def test_a_catalogue_we_may_not_read_costs_the_weight_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = desk.place()
    client = desk.platform._client
    get = client.get

    def refusing(account: Account, path: str, params: Any = None) -> Any:
        if path.startswith("settings/"):
            raise PermanentFailure(ACCESS_REFUSED, "no manager made this key")
        return get(account, path, params)

    monkeypatch.setattr(client, "get", refusing)
    (unit,) = desk.fetch(order_id).units
    assert [(line.weight_grams, line.sides_mm) for line in unit.lines] == [(None, None)]


def test_a_shop_near_us_is_not_called() -> None:
    platform = WooCommercePlatform(PublicCaller(resolver=lambda host, port: ["10.0.0.8"]))
    with pytest.raises(PermanentFailure) as problem:
        platform.fetch_order(Account("c", "woocommerce", "shop.example.com", {}, {}), "727")
    assert problem.value.code == "bad_address"


# What is written


def test_ready_is_a_private_note_and_collected_completes_the_order(desk: Desk) -> None:
    order_id = desk.place()
    (unit,) = desk.units(order_id)
    desk.platform.mark_ready(desk.account, unit)
    assert desk.status(order_id) == "processing"
    desk.platform.mark_collected(desk.account, unit)
    assert (desk.status(order_id), len(desk.notes(order_id)), desk.shop.emails) == ("completed", 2, [])
    assert desk.fetch(order_id).units[0].status == "closed"


def test_a_shop_with_a_status_for_it_is_given_that(desk: Desk) -> None:
    desk.account = replace(desk.account, settings={"ready_status": "ready-for-pickup"})
    order_id = desk.place()
    (unit,) = desk.units(order_id)
    desk.platform.mark_ready(desk.account, unit)
    assert (desk.status(order_id), desk.fetch(order_id).units[0].status) == ("ready-for-pickup", "open")
    desk.platform.mark_collected(desk.account, unit)
    assert desk.status(order_id) == "completed"


def test_a_status_the_shop_does_not_know_is_refused_in_words(desk: Desk) -> None:
    desk.account = replace(desk.account, settings={"ready_status": "made-up"})
    (unit,) = desk.units(desk.place())
    with pytest.raises(PermanentFailure, match="status"):
        desk.platform.mark_ready(desk.account, unit)


def test_an_order_that_is_half_shipped_is_not_completed_by_us(desk: Desk) -> None:
    order_id = desk.place("pickup", "shipping")
    unit = desk.units(order_id)[0]
    desk.platform.mark_collected(desk.account, unit)
    assert (desk.status(order_id), desk.fetch(order_id).units[0].status) == ("processing", "closed")


def test_what_its_people_completed_themselves_is_not_announced_as_ready(desk: Desk) -> None:
    order_id = desk.place()
    (unit,) = desk.units(order_id)
    desk.shop.set_status(desk.shop.orders[int(order_id)], "completed")
    desk.platform.mark_ready(desk.account, unit)
    assert desk.writes() == []


@pytest.mark.parametrize(("status", "code"), [("cancelled", "unit_cancelled"), ("refunded", "unit_cancelled")])
def test_a_cancelled_order_is_not_marked(desk: Desk, status: str, code: str) -> None:
    order_id = desk.place()
    (unit,) = desk.units(order_id)
    desk.shop.set_status(desk.shop.orders[int(order_id)], status)
    with pytest.raises(PermanentFailure) as problem:
        desk.platform.mark_collected(desk.account, unit)
    assert problem.value.code == code
    desk.platform.mark_returned(desk.account, unit, KEY)
    assert desk.writes() == []


def test_what_is_not_there_is_not_marked(desk: Desk) -> None:
    for unit in ("999999-1", f"{desk.place()}-1", "", "nonsense"):
        with pytest.raises(PermanentFailure) as problem:
            desk.platform.mark_ready(desk.account, unit)
        assert problem.value.code == "unit_not_found"


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_answers_lost_on_the_way_are_no_second_note(desk: Desk, lost: int) -> None:
    order_id = desk.place()
    (unit,) = desk.units(order_id)
    desk.behave(lost_answers=lost, hang=2.0)
    for mark in (desk.platform.mark_ready, desk.platform.mark_collected):
        for _ in range(4):
            try:
                mark(desk.account, unit)
            except (TemporaryFailure, OutcomeUnknown):
                continue
            break
    assert (len(desk.notes(order_id)), desk.status(order_id)) == (2, "completed")


def test_what_comes_back_is_in_stock_again_once_and_no_money_moves(desk: Desk) -> None:
    order_id = desk.place("pickup", "shipping")
    unit = desk.units(order_id)[0]
    before = dict(desk.shop.stock)
    for _ in range(3):
        desk.platform.mark_returned(desk.account, unit, KEY)
    order = desk.shop.orders[int(order_id)]
    assert [(refund.amount, refund.money_moved) for refund in order.refunds] == [(0, False)]
    assert desk.shop.stock == {**before, "MUG-SLATE": before["MUG-SLATE"] + 1}
    assert (desk.fetch(order_id).units[0].status, order.status) == ("closed", "processing")


def test_a_return_whose_answer_is_lost_is_looked_up(desk: Desk) -> None:
    order_id = desk.place()
    (unit,) = desk.units(order_id)
    desk.behave(lost_answers=1, hang=2.0)
    desk.platform.mark_returned(desk.account, unit, KEY)
    assert len(desk.shop.orders[int(order_id)].refunds) == 1


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
