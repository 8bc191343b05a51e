"""What is known of items stands on a page, with what was learnt at the doors."""

from __future__ import annotations

import pytest
from flask import Flask

from bopis.lockers.experience import teach
from bopis.lockers.fit import Item
from bopis.lockers.items import take_over
from bopis.lockers.learning import TOO_SMALL, Lesson
from tests.bopis.web.operator import Operator
from tests.world import World


@pytest.fixture
def mo(web: Flask, world: World) -> Operator:
    with world.database.transaction() as session:
        milk = Item(sides=(240, 90, 90), grams=1_050, category="dairy", needs=frozenset({"chilled"}))
        take_over(session, world.merchant_id, {"MILK": milk, "SOFA": Item(size="none"), "M%": Item(size="S")})
        about = {"sku": "MILK", "category": "dairy", "band": "S"}
        teach(session, world.merchant_id, about, Lesson("M", of_category=True), TOO_SMALL)
        assert world.outsider is not None
        take_over(session, world.outsider.merchant_id, {"SECRET": Item(size="S")})
    return Operator(web)


def test_each_item_says_what_it_needs_and_what_staff_found(world: World, mo: Operator) -> None:
    page = mo.reads("/items")

    for words in ("240 × 90 × 90 mm", "1050 g", "Keep chilled", "Staff found M", "Fits no door"):
        assert words in page
    assert "27 % larger than guessed" in page and "1 × M" in page
    assert "SECRET" not in page


def test_items_are_found_by_how_they_begin(world: World, mo: Operator) -> None:
    assert "MILK" not in mo.reads("/items?sku=SO") and "SOFA" in mo.reads("/items?sku=SO")
    assert "No SKU begins so." in mo.reads("/items?sku=X")
    assert "MILK" not in mo.reads("/items?sku=M%25").split("Each SKU")[1]


def test_a_long_table_comes_page_by_page(world: World, mo: Operator) -> None:
    with world.database.transaction() as session:
        take_over(session, world.merchant_id, {f"A{number:03}": Item(size="S") for number in range(60)})

    first = mo.reads("/items?sku=A")
    assert "A049" in first and "A050" not in first and "after=A049" in first
    assert "A050" in mo.reads("/items?sku=A&after=A049")
