"""Orders as a table: CSV with a row for each line of an order, read whole, every mistake named by its line. No I/O.

Columns, in any order: those of COLUMNS; the ones in NEEDED must be there. What is said of an order, and of a unit, is
taken from its first row and must not be said otherwise in its other rows.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bopis.ports import BadOrders, Mistake
from integrations.standard import schemas

NEEDED = ("order_id", "updated_at", "paid", "location_id", "line_id", "quantity")
_OF_ORDER = ("name", "updated_at", "paid", "pay_later", "cancelled_at", "country", "total", "currency")
_OF_CUSTOMER = ("first_name", "phone", "email", "locale")
_OF_UNIT = ("status", "location_id", "location_name")
_OF_LINE = ("line_id", "title", "quantity", "sku", "weight_grams")
COLUMNS = ("order_id", *_OF_ORDER, *_OF_CUSTOMER, "unit_id", *_OF_UNIT, *_OF_LINE)
MOST_ORDERS, MOST_MISTAKES = 5000, 1000
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def read(text: str) -> list[dict[str, Any]]:
    """The orders, shaped as in JSON and right in themselves. Commas or semicolons. Raises BadOrders."""
    mistakes: list[Mistake] = []
    orders = _Orders()
    try:
        for line, cells in _rows(text):
            mistakes += [Mistake(line, words) for words in orders.take_in(line, cells)]
            if len(orders.found) > MOST_ORDERS or len(mistakes) >= MOST_MISTAKES:
                raise BadOrders([*mistakes, Mistake(line, f"a file holds at most {MOST_ORDERS} orders; stopped here")])
    except csv.Error as problem:
        mistakes.append(Mistake(len(text.splitlines()), f"this is no CSV: {problem}"))
    if not mistakes:
        mistakes = sorted(orders.misfits())
    if not mistakes and not orders.found:
        mistakes = [Mistake(1, "there is no order in this file")]
    if mistakes:
        raise BadOrders(mistakes)
    return list(orders.found.values())


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, its cells by column). Raises BadOrders for columns, csv.Error for what is no CSV."""
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines:
        raise BadOrders([Mistake(1, "the file is empty; the first line names the columns")])
    rows = csv.reader(lines, delimiter=";" if ";" in lines[0] and "," not in lines[0] else ",", strict=True)
    names = [name.strip().lower() for name in next(rows)]
    wrong = [f"there is no column {name}" for name in NEEDED if name not in names]
    wrong += [f"{name or 'a column without a name'} is no column we know" for name in names if name not in COLUMNS]
    wrong += [f"the column {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1})]
    if wrong:
        raise BadOrders([Mistake(1, words) for words in wrong])
    for row in rows:
        values = [value.strip() for value in row]
        if len(values) == len(names) and any(values):
            yield rows.line_num, dict(zip(names, values, strict=True))
        elif any(values):
            raise BadOrders([Mistake(rows.line_num, f"{len(values)} values for {len(names)} columns")])


class _Orders:
    """What was read so far: orders by their ids, and the lines of the file that they and their parts came from."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        self._came_from: dict[tuple[Any, ...], int] = {}
        self._said: dict[tuple[str, ...], tuple[int, Mapping[str, str]]] = {}

    def take_in(self, line: int, cells: Mapping[str, str]) -> Iterator[str]:
        """Take a row over; yields what is wrong with it."""
        order_id, unit_id = cells["order_id"], cells.get("unit_id") or cells["order_id"]
        if not order_id:
            yield "the order_id is missing"
            return
        yield from self._same((order_id,), (*_OF_ORDER, *_OF_CUSTOMER), line, cells)
        yield from self._same((order_id, unit_id), _OF_UNIT, line, cells)
        for name in ("paid", "pay_later"):
            if cells.get(name) and cells[name].lower() not in _YES_NO:
                yield f"{name} is yes or no"
        for name in ("quantity", "weight_grams"):
            if cells.get(name) and not (cells[name].isascii() and cells[name].isdigit() and len(cells[name]) < 10):
                yield f"{name} is a whole number"
        order = self.found.setdefault(order_id, _order(cells))
        self._came_from.setdefault((order_id,), line)
        number = next((n for n, unit in enumerate(order["units"]) if unit["id"] == unit_id), len(order["units"]))
        if number == len(order["units"]):
            order["units"].append(_unit(unit_id, cells))
        self._came_from.setdefault((order_id, number), line)
        self._came_from[order_id, number, len(order["units"][number]["lines"])] = line
        order["units"][number]["lines"].append(_line(cells))

    def _same(self, of: tuple[str, ...], names: Sequence[str], line: int, cells: Mapping[str, str]) -> Iterator[str]:
        first, said = self._said.setdefault(of, (line, cells))
        for name in names:
            if cells.get(name) and cells[name] != said.get(name):
                yield f"{name} is not what line {first} says of the same {'order' if len(of) == 1 else 'unit'}"

    def misfits(self) -> Iterator[Mistake]:
        """What does not fit the schema, each at the line it came from."""
        for order_id, order in self.found.items():
            for path, words in schemas.mistakes(schemas.Order().validate(order)):
                yield Mistake(self._line_of(order_id, path), f"{path}: {words}")

    def _line_of(self, order_id: str, path: str) -> int:
        key: tuple[Any, ...] = (order_id, *(int(part.partition("]")[0]) for part in path.split("[")[1:3]))
        while key not in self._came_from:
            key = key[:-1]
        return self._came_from[key]


def _order(cells: Mapping[str, str]) -> dict[str, Any]:
    order: dict[str, Any] = {
        "id": cells["order_id"],
        **{name: cells[name] for name in ("name", "updated_at", "cancelled_at", "country") if cells.get(name)},
        **{name: _YES_NO.get(cells[name].lower()) for name in ("paid", "pay_later") if cells.get(name)},
        "customer": {name: cells[name] for name in _OF_CUSTOMER if cells.get(name)},
        "units": [],
    }
    if cells.get("total") or cells.get("currency"):
        order["total"] = {"amount": cells.get("total", ""), "currency": cells.get("currency", "")}
    return order


def _unit(unit_id: str, cells: Mapping[str, str]) -> dict[str, Any]:
    place = {"id": cells["location_id"], "name": cells.get("location_name", "")}
    return {"id": unit_id, "location": place, "status": cells.get("status") or "open", "lines": []}


def _line(cells: Mapping[str, str]) -> dict[str, Any]:
    numbers = {name: int(cells[name]) for name in ("quantity", "weight_grams") if cells.get(name, "").isdigit()}
    texts = {name: cells[name] for name in ("title", "sku") if cells.get(name)}
    return {"id": cells["line_id"], **texts, **numbers}
