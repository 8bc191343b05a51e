"""A table of items is taken over whole or not at all, and every mistake is named by its line."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bopis.lockers.fit import Item
from bopis.lockers.item_table import BadTable, read

WHOLE = """sku,size,height_mm,width_mm,depth_mm,grams,category,needs
MUG,s,,,,350,kitchen,
OIL,,300,80,80,900,kitchen,upright chilled
SOFA,none,,,,,,
"""


def test_a_table_says_what_is_known_of_each_item() -> None:
    assert read(WHOLE) == {
        "MUG": Item(size="S", grams=350, category="kitchen"),
        "OIL": Item(sides=(300, 80, 80), grams=900, category="kitchen", needs=frozenset({"upright", "chilled"})),
        "SOFA": Item(size="none"),
    }


def test_columns_may_be_missing_in_any_order_and_parted_by_semicolons() -> None:
    assert read('\ufeffSize; SKU\r\nM;"A;B"\r\n\r\n;C\r\n') == {"A;B": Item(size="M"), "C": Item()}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the file is empty"),
        ("size\nM\n", "line 1: there is no column sku"),
        ("sku,colour\n", "line 1: colour is none of sku, size"),
        ("sku,size,size\n", "line 1: the column size is there twice"),
        ("sku,size\nA,XXL\n", "line 2: size is one of S, M, L, XL, none, not 'XXL'"),
        ("sku,size\n,M\n", "line 2: the SKU is missing"),
        ("sku,size\nA\n", "line 2: 1 values for 2 columns"),
        ("sku\nA\nB\nA\n", "line 4: the SKU A is there already"),
        ("sku,height_mm,width_mm,depth_mm\nA,1,2,\n", "line 2: height, width and depth are given together"),
        ("sku,grams\nA,1.5\n", "line 2: grams is a whole number from 1 to 1000000, not '1.5'"),
        ("sku,grams\nA,0\n", "line 2: grams is a whole number"),
        ("sku,grams\nA,-3\n", "line 2: grams is a whole number"),
        ("sku,needs\nA,cold\n", "line 2: needs are of upright, chilled, frozen, accessible, not 'cold'"),
        ("sku,needs\nA,chilled frozen\n", "line 2: chilled and frozen do not go together"),
        ('sku\n"A\n', "line 2: this is no CSV"),
        (f"sku\n{'A' * 256}\n", "line 2: sku is too long"),
    ],
)
def test_a_mistake_is_named_by_its_line(text: str, said: str) -> None:
    with pytest.raises(BadTable) as caught:
        read(text)

    assert said in str(caught.value)


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(BadTable) as caught:
        read("sku,size,grams\nA,huge,x\nB,M,1\nC,,\nB,,\n")

    assert [mistake.line for mistake in caught.value.mistakes] == [2, 2, 5]


@given(st.text(alphabet="sku,size;\n\r\"AM '0१\t\x00é", max_size=60))
def test_whatever_is_in_the_file_it_is_read_or_refused(text: str) -> None:
    with suppress(BadTable):
        assert all(item.size in ("", "S", "M", "L", "XL", "none") for item in read("sku,size\n" + text).values())
