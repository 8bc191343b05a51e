"""Part of an order is called off and the shop names no total: what each line costs says what is left to pay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bopis.ports import Line, Location, Money, Unit
from tests.till import Till
from tests.world import HIGH_STREET


def line(number: int, cost: Money | None) -> Line:
    return Line(f"l{number}", "Stoneware mug", 1, "MUG", 480, cost=cost)


def two_parts(till: Till, *costs: Money | None, held: int = 5000) -> tuple[str, str]:
    """An order to be fetched in two parts, authorised as a whole; the pickups' ids."""
    units = tuple(
        Unit(f"unit-{n}", "open", True, Location(HIGH_STREET, "High Street"), (line(n, cost),))
        for n, cost in enumerate(costs, start=1)
    )
    till.order(units=units)
    till.pay(held)
    return till.pickup("1"), till.pickup("2")


@pytest.mark.parametrize(
    ("costs", "taken"),
    [
        ((Money(3100, "EUR"), Money(1900, "EUR")), 3100),  # with tax in it and its part of a discount taken off
        ((Money(1667, "EUR"), Money(3334, "EUR")), 1666),  # a cent that rounding moved is never taken
    ],
)
def test_only_what_is_left_is_taken(till: Till, costs: tuple[Money, Money], taken: int) -> None:
    kept, gone = two_parts(till, *costs)
    till.call_off(gone)
    till.hand_over(kept)

    assert till.running.moves() == [("capture", taken)]
    assert till.tasks() == []


def test_what_comes_back_in_part_is_given_back_in_part(till: Till) -> None:
    kept, back = two_parts(till, Money(3100, "EUR"), Money(1900, "EUR"))
    till.hand_over(kept)
    till.hand_over(back)
    till.bring_back(back)

    assert till.running.moves() == [("capture", 5000), ("refund", 1900)]


@pytest.mark.parametrize("unknown", [None, Money(1900, "USD")])
def test_without_a_price_in_that_currency_a_person_is_asked(till: Till, unknown: Money | None) -> None:
    kept, gone = two_parts(till, Money(3100, "EUR"), unknown)
    till.call_off(gone)
    till.hand_over(kept)

    assert till.running.moves() == []
    assert [kind for kind, _ in till.tasks()] == ["money_unclear"]


def test_a_total_that_the_shop_names_comes_first(till: Till) -> None:
    kept, gone = two_parts(till, Money(3100, "EUR"), Money(1900, "EUR"))
    order = till.shop.orders["1"]
    till.shop.set(replace(order, total=Money(2500, "EUR")))
    till.world.news(till.shop.orders["1"])
    till.call_off(gone)
    till.hand_over(kept)

    assert till.running.moves() == [("capture", 2500)]
