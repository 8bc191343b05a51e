from __future__ import annotations

import pytest

from bopis.lockers.fit import TOO_BIG, size_for
from bopis.ports import Line


def line(sku: str = "", quantity: int = 1, grams: int | None = None) -> Line:
    return Line("l", "Thing", quantity, sku, grams)


@pytest.mark.parametrize(
    ("lines", "known", "size"),
    [
        ([line("MUG")], {"MUG": "S"}, "S"),
        ([line("MUG", grams=9_000)], {"MUG": "S"}, "L"),
        ([line(grams=500)], {}, "S"),
        ([line(grams=3_000)], {}, "M"),
        ([line(grams=3_000, quantity=3)], {}, "L"),
        ([line(grams=26_000)], {}, None),
        ([line()], {}, "M"),
        ([], {}, "M"),
        ([line("MUG"), line("LAMP")], {"MUG": "S", "LAMP": "L"}, "L"),
        ([line("MUG", 5)], {"MUG": "S"}, "M"),
        ([line("SOFA")], {"SOFA": TOO_BIG}, None),
    ],
    ids=[
        "item table",
        "weight beats a small item",
        "light",
        "heavier",
        "weights add up",
        "too heavy",
        "nothing known",
        "no lines",
        "the largest need counts",
        "many pieces do not lie flat",
        "too big by the table",
    ],
)
def test_the_size_follows_item_table_then_weight_then_medium(
    lines: list[Line], known: dict[str, str], size: str | None
) -> None:
    assert size_for(lines, known) == size
