from __future__ import annotations

import pytest

from bopis.lockers.fit import TOO_BIG, Experience, Item, Need, Parcel, need_of, parcels, size_for
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


def measured(high: int, wide: int, deep: int, **more: object) -> Item:
    return Item(sides=(high, wide, deep), **more)


@pytest.mark.parametrize(
    ("item", "grams", "experience", "size"),
    [
        (measured(100, 100, 100, size="L"), 100, Experience(), "L"),
        (measured(200, 300, 300, confirmed="S"), 100, Experience(), "M"),
        (Item(confirmed="L", category="lamps"), 100, Experience({("lamps", "S"): "M"}), "L"),
        (Item(category="lamps"), 100, Experience({("lamps", "S"): "XL"}, {"lamps": "M"}), "XL"),
        (Item(category="lamps"), 9_000, Experience({("lamps", "S"): "S"}, {"lamps": "XL"}), "XL"),
        (Item(category="lamps"), 100, Experience(), "S"),
        (Item(category="lamps"), None, Experience(), "M"),
    ],
    ids=[
        "the merchant's word beats dimensions",
        "dimensions beat what was confirmed",
        "what was confirmed beats its category",
        "category with weight beats category alone",
        "category alone",
        "its weight",
        "nothing",
    ],
)
def test_each_source_speaks_when_those_before_it_are_silent(
    item: Item, grams: int | None, experience: Experience, size: str
) -> None:
    assert need_of([line("LAMP", grams=grams)], {"LAMP": item}, experience).size == size


def test_measured_things_are_packed_together() -> None:
    books = {"BOOK": measured(40, 150, 230)}

    assert need_of([line("BOOK", 2)], books) == Need("S", frozenset(), "packed")
    assert need_of([line("BOOK", 8)], books).size == "S"
    assert need_of([line("BOOK", 16)], books).size == "M"
    assert need_of([line("BOOK", 30)], books).size == "XL"


def test_what_just_fills_a_door_gets_the_next_one() -> None:
    assert need_of([line("BOARD")], {"BOARD": measured(115, 380, 475)}).size == "M"
    assert need_of([line("BOARD")], {"BOARD": measured(114, 380, 475)}).size == "S"


def test_what_must_stand_upright_gets_a_door_that_is_high_enough() -> None:
    bottle = {"OIL": measured(300, 80, 80, needs=frozenset({"upright"}))}

    assert need_of([line("OIL")], bottle).size == "L"
    assert need_of([line("OIL")], {"OIL": measured(300, 80, 80)}).size == "S"


def test_the_door_must_bear_the_weight() -> None:
    assert need_of([line("IRON", 3)], {"IRON": measured(50, 50, 50, grams=3_000)}).size == "L"


def test_what_is_needed_is_gathered_from_all_lines() -> None:
    items = {"MILK": Item(size="S", needs=frozenset({"chilled", "upright"})), "MUG": Item(size="S")}

    assert need_of([line("MILK"), line("MUG")], items) == Need("S", frozenset({"chilled", "upright"}), "guessed")


@pytest.mark.parametrize("other", [Item(size="S"), Item(size="S", needs=frozenset({"chilled"}))])
def test_what_is_frozen_goes_with_nothing_else_into_one_door(other: Item) -> None:
    items = {"ICE": Item(size="S", needs=frozenset({"frozen"})), "OTHER": other}

    assert need_of([line("ICE", 2)], items).size == "S"
    assert need_of([line("ICE"), line("OTHER")], items).size is None


def test_what_fits_no_door_as_one_goes_into_several_only_if_each_piece_fits_one() -> None:
    boxes = {"BOX": measured(350, 350, 450), "PIANO": measured(900, 900, 900)}

    assert need_of([line("BOX", 3)], boxes).size is None
    assert parcels([line("BOX", 3)], boxes) == [Parcel("L", frozenset(), ((0, 1),))] * 3
    assert parcels([line("BOX"), line("PIANO")], boxes) is None


def test_too_heavy_together_is_split_too() -> None:
    split = parcels([line("IRON", 4)], {"IRON": measured(50, 50, 50, grams=12_000)})

    assert split == [Parcel("XL", frozenset(), ((0, 2),))] * 2


def test_the_largest_parcel_comes_first_and_each_needs_what_is_in_it() -> None:
    cold, ice = frozenset({"chilled"}), frozenset({"frozen"})
    items = {"MILK": Item(size="S", needs=cold), "ICE": Item(size="M", needs=ice), "MUG": Item(size="S")}

    split = parcels([line("MILK", 2), line("ICE"), line("MUG")], items)

    assert split == [Parcel("M", ice, ((1, 1),)), Parcel("S", cold, ((0, 2), (2, 1)))]


@pytest.mark.parametrize("quantity", [5, 41, 100_000])
def test_what_would_take_many_doors_is_for_the_counter(quantity: int) -> None:
    assert parcels([line("BOX", quantity)], {"BOX": measured(350, 350, 450)}) is None


def test_the_platforms_dimensions_are_used_where_the_merchants_table_has_none() -> None:
    tall = Line("l", "Vase", 1, "VASE", 300, (240, 100, 100))

    assert need_of([tall], {}) == Need("S", frozenset(), "packed")
    assert need_of([tall], {"VASE": Item(needs=frozenset({"upright"}))}).size == "L"
    assert need_of([tall], {"VASE": measured(600, 300, 300)}).size == "XL"


def test_what_staff_found_too_small_is_not_packed_into_the_same_size_again() -> None:
    assert need_of([line("MUG")], {"MUG": measured(100, 100, 100, confirmed="M")}).size == "M"
