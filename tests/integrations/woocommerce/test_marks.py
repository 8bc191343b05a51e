"""What is written into the pretend shop, once, whatever happens on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bopis.errors import OutcomeUnknown, PermanentFailure, TemporaryFailure
from tests.integrations.woocommerce.desk import Desk

KEY = "01a2054d-0000-7000-8000-000000000001"


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


def test_an_order_whose_other_package_came_back_is_completed_with_the_last_one(desk: Desk) -> None:
    order_id = desk.place("pickup", "shipping")
    order = desk.shop.orders[int(order_id)]
    order.packages[1].method_id = "local_pickup"
    first, second = desk.units(order_id)
    desk.platform.mark_returned(desk.account, first, KEY)
    assert desk.status(order_id) == "processing"
    desk.platform.mark_collected(desk.account, second)
    assert desk.status(order_id) == "completed"
