"""Orders as a file: what it may hold, and that every mistake is named by its line."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from bopis.ports import BadOrders
from integrations.standard import StandardOrders

NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
HEAD = "order_id,updated_at,paid,location_id,line_id,quantity"
ROW = "W-1,2026-11-22T09:00:00Z,yes,12,1,2"


def mistakes(text: str) -> list[tuple[int, str]]:
    with pytest.raises(BadOrders) as refused:
        StandardOrders().from_table(text, NOW)
    return [tuple(each) for each in refused.value.mistakes]


def test_rows_of_one_order_are_its_lines_and_a_unit_id_parts_them() -> None:
    text = f"{HEAD},unit_id\n{ROW},a\nW-1,,,12,2,1,a\nW-1,,,14,3,1,b\n"
    (message,) = StandardOrders().from_table(text, NOW)
    units = json.loads(message.body)["data"]["units"]
    assert [(u["id"], u["location"]["id"], [line["id"] for line in u["lines"]]) for u in units] == [
        ("a", "12", ["1", "2"]),
        ("b", "14", ["3"]),
    ]


def test_semicolons_a_byte_order_mark_empty_rows_and_quotes_do_no_harm() -> None:
    text = "\ufeff" + f"{HEAD},title\n\n{ROW},x\n".replace(",", ";").replace("x", '"Mug; blue, ""large"""') + ";;;;;;\n"
    (message,) = StandardOrders().from_table(text, NOW)
    assert json.loads(message.body)["data"]["units"][0]["lines"][0]["title"] == 'Mug; blue, "large"'


def test_the_same_order_in_the_same_words_is_the_same_message() -> None:
    first, again = (StandardOrders().from_table(f"{HEAD}\n{ROW}\n", NOW)[0] for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "the file is empty"),
        ("order_id\n", 1, "there is no column updated_at"),
        (f"{HEAD},colour\n{ROW},red\n", 1, "colour is no column we know"),
        (f"{HEAD},paid\n{ROW},yes\n", 1, "the column paid is there twice"),
        (f"{HEAD}\n", 1, "there is no order in this file"),
        (f"{HEAD}\n{ROW}\n{ROW},more\n", 3, "7 values for 6 columns"),
        (f"{HEAD}\n{ROW}\nW-2,2026-11-22,yes,12,1,1\n", 3, "updated_at: Is a time with its offset"),
        (f"{HEAD}\n{ROW}\nW-1,,no,12,2,1\n", 3, "paid is not what line 2 says of the same order"),
        (f"{HEAD}\n{ROW}\nW-1,,,14,2,1\n", 3, "location_id is not what line 2 says of the same unit"),
        (f"{HEAD}\n{ROW}\nW-1,,,,2,0\n", 3, "units[0].lines[1].quantity: "),
        (f"{HEAD}\n{ROW}\nW-1,,,,1,1\n", 2, "units[0].lines: Two lines have the same id."),
        (f"{HEAD}\nW-1,2026-11-22T09:00:00Z,,12,1,1\n", 2, "paid: Missing data"),
        (f"{HEAD}\n,2026-11-22T09:00:00Z,yes,12,1,1\n", 2, "the order_id is missing"),
        (f'{HEAD}\n{ROW}\n"W-2,2026', 3, "this is no CSV"),
        (f"{HEAD}\nW-1,2026-11-23T09:00:00Z,yes,12,1,1\n", 0, "lies in the future"),
    ],
)
def test_a_mistake_is_named_by_its_line(text: str, line: int, words: str) -> None:
    found = mistakes(text)
    assert any(each[0] == line and words in each[1] for each in found), found


def test_all_mistakes_are_named_at_once() -> None:
    text = f"{HEAD}\nW-1,never,yes,12,1,1\nW-2,2026-11-22T09:00:00Z,yes,12,,1\n"
    assert [line for line, _ in mistakes(text)] == [2, 3]


def test_an_order_as_json_is_taken_or_refused_with_its_mistakes() -> None:
    unit = {"location": {"id": "12"}, "lines": [{"id": "1", "quantity": 1}]}
    order = {"id": "W-1", "updated_at": "2026-11-22T09:00:00Z", "paid": True, "units": [unit]}
    assert StandardOrders().from_json(order, NOW).delivery.subject == "W-1"
    for bad in ([], None, {}, {**order, "updated_at": "2027-01-01T00:00:00Z"}):
        with pytest.raises(BadOrders):
            StandardOrders().from_json(bad, NOW)
