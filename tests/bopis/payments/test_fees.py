"""Goods that lie longer than is free: announced, to be paid before the door opens, waived, never in the night."""

from __future__ import annotations

from typing import Any

import pytest

from bopis.payments import counter
from tests.till import Till, charge

HOUR = 3600.0
DAY = 24 * HOUR


def loaded(till: Till, **changes: Any) -> str:
    """An order that is paid in the shop, behind a door since 09:00 UTC."""
    till.order(**{"paid": True, "total": 4990, **changes})
    pickup = till.pickup()
    till.world.load(pickup)
    till.work()
    return pickup


def wait(till: Till, hours: int, between_looks: int = 1) -> None:
    """Hours pass; the sweeps look each hour, or with so many between."""
    for _ in range(hours // between_looks):
        till.pass_by(between_looks * HOUR)


def test_it_is_said_before_it_begins_and_free_until_then(till: Till) -> None:
    charge(till)
    pickup = loaded(till)
    page = till.page(pickup)
    wait(till, 23)

    assert "Free until" in page and "2.00 € for each day begun, 5.00 € at most" in page
    assert till.grant(pickup) == "active"
    assert sum("keeping it costs 2.00 EUR" in text for text in till.texts()) == 1


def test_then_the_door_waits_until_it_is_paid(till: Till) -> None:
    charge(till)
    pickup = loaded(till)
    wait(till, 25)

    assert till.grant(pickup) == "held"
    assert "Pay 2.00 € to open your door" in till.page(pickup)
    till.pay_page(pickup)
    till.hear()
    assert till.grant(pickup) == "active"
    till.collect(pickup)
    assert till.running.moves() == [("capture", 200)]
    assert till.tasks() == []


def test_every_day_begun_counts_until_the_cap(till: Till) -> None:
    charge(till)
    pickup = loaded(till)
    sums = []
    for _ in range(5):
        wait(till, 24, between_looks=4)
        sums.append(till.fee(pickup))

    assert sums == [200, 400, 500, 500, 500]


def test_or_it_is_asked_for_once(till: Till) -> None:
    charge(till, per="once", cap=0)
    pickup = loaded(till)
    wait(till, 72, between_looks=4)

    assert till.fee(pickup) == 200


def test_who_paid_owes_only_what_comes_after_and_has_time_to_walk(till: Till) -> None:
    charge(till)
    pickup = loaded(till)
    till.pass_by(2 * DAY - HOUR)  # an hour before the second day that counts
    till.pay_page(pickup)
    till.hear()
    till.pass_by(1.5 * HOUR)
    assert till.grant(pickup) == "active"

    till.pass_by(1.5 * HOUR)
    assert (till.grant(pickup), till.fee(pickup)) == ("held", 200)
    till.pay_page(pickup)
    till.hear()
    till.collect(pickup)
    assert till.running.moves() == [("capture", 200), ("capture", 200)]


def test_an_unpaid_order_and_its_storage_are_one_payment(till: Till) -> None:
    till.lets_pay_here()
    charge(till)
    pickup = loaded(till, paid=False, to_pay=True)
    wait(till, 25)

    assert "Pay 51.90 €" in till.page(pickup)
    till.pay_page(pickup)
    till.hear()
    till.collect(pickup)
    assert till.running.moves() == [("capture", 5190)]


def test_what_is_called_off_costs_no_storage(till: Till) -> None:
    charge(till)
    pickup = loaded(till)
    wait(till, 25)
    till.pay_page(pickup)
    till.hear()
    till.call_off(pickup)

    assert till.running.moves() == [("cancel", 200)]


def test_staff_waive_it_with_one_tap(till: Till) -> None:
    charge(till)
    pickup = loaded(till)
    wait(till, 25)
    till.deed(pickup, lambda session, found, now: counter.waive_fee(session, found, now, actor="staff:1"))
    wait(till, 30, between_looks=3)

    assert till.grant(pickup) == "active"
    assert till.reasons(pickup, "fee_waived") == [("2.00 EUR", "")]


def test_a_clock_that_jumps_ahead_and_back_leaves_nobody_charged(till: Till) -> None:
    charge(till)
    pickup = loaded(till)
    till.pass_by(30 * DAY / 6)
    till.clock.pass_by(-30 * DAY / 6)
    till.pass_by(60)

    assert (till.grant(pickup), till.fee(pickup)) == ("active", None)


def test_an_order_in_another_currency_costs_nothing(till: Till) -> None:
    charge(till)
    pickup = loaded(till, currency="USD")
    wait(till, 30, between_looks=3)

    assert till.grant(pickup) == "active"


@pytest.mark.parametrize(("currency", "amount", "moved"), [("JPY", 300, 300), ("KWD", 500, 500)])
def test_currencies_without_and_with_three_decimals(till: Till, currency: str, amount: int, moved: int) -> None:
    charge(till, currency=currency, amount=amount, cap=0)
    pickup = loaded(till, currency=currency)
    wait(till, 25)
    till.pay_page(pickup)
    till.hear()
    till.collect(pickup)

    assert till.running.moves() == [("capture", moved)]
