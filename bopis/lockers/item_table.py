"""A merchant's items as a table: CSV read whole, every mistake named by its line, nothing taken over if there is one.

Columns, in any order; all but `sku` may be missing or empty: `size` (S, M, L, XL, none), `height_mm`, `width_mm`,
`depth_mm`, `grams`, `category`, `needs` (upright, chilled, frozen, accessible, with blanks between).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bopis.lockers.fit import NEEDS, SIZES, TOO_BIG, Item

COLUMNS = ("sku", "size", "height_mm", "width_mm", "depth_mm", "grams", "category", "needs")
_SIDES = COLUMNS[2:5]
_LONGEST_MM, _HEAVIEST_GRAMS = 10_000, 1_000_000
_LONGEST_TEXT = 255


class Mistake(NamedTuple):
    """What is wrong in one line; the first line is 1."""

    line: int
    words: str


class BadTable(Exception):
    """The table holds mistakes; all of them."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(f"line {mistake.line}: {mistake.words}" for mistake in mistakes))
        self.mistakes = list(mistakes)


def read(text: str) -> dict[str, Item]:
    """The items by SKU. Commas or semicolons, whichever the first line has. Raises BadTable."""
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines:
        raise BadTable([Mistake(1, "the file is empty; the first line names the columns")])
    rows = csv.reader(lines, delimiter=";" if ";" in lines[0] and "," not in lines[0] else ",", strict=True)
    items: dict[str, Item] = {}
    mistakes: list[Mistake] = []
    try:
        names = [name.strip().lower() for name in next(rows)]
        mistakes += [Mistake(1, words) for words in _wrong_columns(names)]
        if not mistakes:
            for row in rows:
                mistakes += [Mistake(rows.line_num, words) for words in _taken_in(items, names, row)]
    except csv.Error as problem:
        mistakes.append(Mistake(rows.line_num, f"this is no CSV: {problem}"))
    if mistakes:
        raise BadTable(mistakes)
    return items


def _wrong_columns(names: Sequence[str]) -> Iterator[str]:
    if "sku" not in names:
        yield "there is no column sku"
    yield from (
        f"{name or 'a column without a name'} is none of {', '.join(COLUMNS)}" for name in names if name not in COLUMNS
    )
    yield from (f"the column {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1}))


def _taken_in(items: dict[str, Item], names: Sequence[str], row: Sequence[str]) -> list[str]:
    """Take one row over, or say what is wrong with it. Empty rows are passed over."""
    values = [value.strip() for value in row]
    if not any(values):
        return []
    if len(values) != len(names):
        return [f"{len(values)} values for {len(names)} columns"]
    cells = dict(zip(names, values, strict=True))
    wrong = list(_wrong_cells(cells))
    if cells["sku"] in items:
        wrong.append(f"the SKU {cells['sku']} is there already")
    if not wrong:
        items[cells["sku"]] = _item(cells)
    return wrong


def _wrong_cells(cells: Mapping[str, str]) -> Iterator[str]:
    if not cells["sku"]:
        yield "the SKU is missing"
    yield from (f"{name} is too long" for name in ("sku", "category") if len(cells.get(name, "")) > _LONGEST_TEXT)
    size = cells.get("size", "")
    if size and _size(size) not in (*SIZES, TOO_BIG):
        yield f"size is one of {', '.join((*SIZES, TOO_BIG))}, not {size!r}"
    given = [name for name in _SIDES if cells.get(name)]
    if given and len(given) < len(_SIDES):
        yield "height, width and depth are given together or not at all"
    for name, most in (*((side, _LONGEST_MM) for side in given), ("grams", _HEAVIEST_GRAMS)):
        value = cells.get(name, "")
        if value and not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= most and len(value) <= 9):
            yield f"{name} is a whole number from 1 to {most}, not {value!r}"
    unknown = [need for need in cells.get("needs", "").lower().split() if need not in NEEDS]
    if unknown:
        yield f"needs are of {', '.join(NEEDS)}, not {unknown[0]!r}"
    if {"chilled", "frozen"} <= set(cells.get("needs", "").lower().split()):
        yield "chilled and frozen do not go together"


def _item(cells: Mapping[str, str]) -> Item:
    high, wide, deep = (int(cells.get(name) or 0) for name in _SIDES)
    return Item(
        size=_size(cells.get("size", "")),
        sides=(high, wide, deep) if high else None,
        grams=int(cells["grams"]) if cells.get("grams") else None,
        category=cells.get("category", ""),
        needs=frozenset(cells.get("needs", "").lower().split()),
    )


def _size(written: str) -> str:
    return TOO_BIG if written.lower() == TOO_BIG else written.upper()
