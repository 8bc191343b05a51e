"""What is asked of the pretend shop, and what its answers mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bopis.errors import EffectError, PermanentFailure, TemporaryFailure
from bopis.ports import ACCESS_REFUSED, SLOW_DOWN, Account
from integrations.public import PublicCaller
from integrations.woocommerce import WooCommercePlatform
from tests.integrations.woocommerce.desk import SECRETS, Desk


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
