from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bopis.errors import PermanentFailure
from bopis.ports import Location, Money, OrderSnapshot
from integrations.woocommerce import schemas
from integrations.woocommerce.measures import Measures
from integrations.woocommerce.translate import order_snapshot
from tests.integrations.woocommerce.payloads import in_blocks, line, order, package, refund


def read(payload: dict[str, Any], *refunds: dict[str, Any], **more: Any) -> OrderSnapshot:
    found = schemas.read(schemas.Order(), payload, "order")
    return order_snapshot(found, [schemas.read(schemas.Refund(), each, "refund") for each in refunds], **more)


def contents(snapshot: OrderSnapshot) -> list[list[tuple[str, int]]]:
    return [[(line.line_id, line.quantity) for line in unit.lines] for unit in snapshot.units]


def test_an_order_is_read_with_whom_to_reach_and_what_it_costs() -> None:
    snapshot = read(order())
    assert (snapshot.order_id, snapshot.name, snapshot.paid, snapshot.to_pay) == ("727", "#727", True, False)
    assert snapshot.updated_at == dt.datetime(2026, 11, 22, 12, 28, 8, tzinfo=dt.UTC)
    assert (snapshot.phone, snapshot.emails, snapshot.country) == ("+14155550123", ("robin@example.com",), "US")
    assert (snapshot.first_name, snapshot.total, snapshot.complete) == ("Robin", Money(1944, "USD"), True)
    (unit,) = snapshot.units
    assert (unit.unit_id, unit.status, unit.is_pickup) == ("727-317", "open", True)
    (row,) = unit.lines
    assert (row.title, row.sku, row.cost) == ("Stoneware mug, slate", "MUG-SLATE", Money(1944, "USD"))


@pytest.mark.parametrize(
    ("shipping_line", "location"),
    [
        (package(), Location("4", "High Street")),
        (package(instance_id=4), Location("4", "High Street")),
        (in_blocks("Caf&eacute;  Station"), Location("café station", "Café Station")),
        (package(instance_id="0"), Location("high street", "High Street")),
        (package(instance_id=None, method_title=None), Location("", "")),
        (package(method="pickup_location", instance_id="0", method_title="Pickup"), Location("pickup", "Pickup")),
    ],
)
def test_a_place_of_the_classic_checkout_is_a_number_and_one_of_the_block_its_name(
    shipping_line: dict[str, Any], location: Location
) -> None:
    (unit,) = read(order(shipping_lines=[shipping_line])).units
    assert (unit.is_pickup, unit.location) == (True, location)


@pytest.mark.parametrize("method", ["flat_rate", "free_shipping", "local_delivery", "", "pickup"])
def test_what_is_sent_is_no_pickup(method: str) -> None:
    (unit,) = read(order(shipping_lines=[package(method=method)])).units
    assert not unit.is_pickup


def test_an_order_without_any_way_of_delivery_has_no_units() -> None:
    assert read(order(shipping_lines=[])).units == ()


@pytest.mark.parametrize(
    ("status", "unit", "paid", "called_off"),
    [
        ("processing", "open", True, False),
        ("completed", "closed", True, False),
        ("on-hold", "on_hold", True, False),
        ("pending", "open", False, False),
        ("failed", "open", False, False),
        ("cancelled", "cancelled", True, True),
        ("refunded", "cancelled", True, True),
        ("trash", "cancelled", True, True),
        ("fraud-review", "on_hold", True, False),
        ("ready-for-pickup", "open", True, False),
    ],
)
def test_each_status_means_one_thing(status: str, unit: str, paid: bool, called_off: bool) -> None:
    snapshot = read(order(status=status), open_statuses=["ready-for-pickup"])
    assert (snapshot.units[0].status, snapshot.paid, snapshot.cancelled_at is not None) == (unit, paid, called_off)


@pytest.mark.parametrize(
    ("status", "method", "paid", "to_pay", "unit"),
    [
        ("on-hold", "bacs", False, False, "open"),
        ("processing", "cod", False, True, "open"),
        ("pending", "cod", False, False, "open"),
        ("processing", "stripe", True, False, "open"),
        ("fraud-review", "stripe", False, False, "on_hold"),
    ],
)
def test_without_a_date_of_payment_the_status_and_the_way_to_pay_decide(
    status: str, method: str, paid: bool, to_pay: bool, unit: str
) -> None:
    snapshot = read(order(status=status, payment_method=method, date_paid=None, date_paid_gmt=None))
    assert (snapshot.paid, snapshot.to_pay, snapshot.units[0].status) == (paid, to_pay, unit)


def test_a_mixed_order_is_told_apart_by_what_its_packages_say_in_any_language() -> None:
    both = [line(1, "Mug, slate", 3), line(2, "Lamp &times; 2, arc", 1)]
    lines = [
        package(10, items="Mug, slate &times; 1"),
        package(11, "flat_rate", items="Mug, slate &times; 2, Lamp × 2, arc × 1"),
    ]
    snapshot = read(order(line_items=both, shipping_lines=lines))
    assert [unit.is_pickup for unit in snapshot.units] == [True, False]
    assert contents(snapshot) == [[("1", 1)], [("1", 2), ("2", 1)]]


def test_what_no_package_names_is_in_the_one_that_is_picked_up() -> None:
    both = [line(1, "Mug"), line(2, "Lamp")]
    packages = [package(10, "flat_rate", items="Mug &times; 1"), package(11, items="Something else &times; 1")]
    assert contents(read(order(line_items=both, shipping_lines=packages))) == [[("1", 1)], [("2", 1)]]


def test_a_package_that_is_alone_holds_everything_whatever_it_says() -> None:
    both = [line(1, "Mug"), line(2, "Lamp")]
    assert contents(read(order(line_items=both, shipping_lines=[package(items="Mug &times; 1")]))) == [
        [("1", 1), ("2", 1)]
    ]


def test_refunded_pieces_are_not_handed_over_and_cost_nothing() -> None:
    payload = order(
        line_items=[line(1, quantity=3, total="54.00", total_tax="4.32")],
        refunds=[{"id": 900, "reason": "", "total": "-19.44"}],
        total="58.32",
    )
    snapshot = read(payload, refund((1, 1)))
    assert contents(snapshot) == [[("1", 2)]]
    assert (snapshot.total, snapshot.units[0].lines[0].cost) == (Money(3888, "USD"), Money(3888, "USD"))


def test_a_refund_of_every_piece_leaves_nothing_to_hand_over() -> None:
    snapshot = read(order(), refund((315, 1)))
    assert (snapshot.units[0].status, contents(snapshot), snapshot.cancelled_at) == ("closed", [[]], None)


def test_a_refund_of_money_alone_leaves_the_goods() -> None:
    snapshot = read(order(refunds=[{"id": 900, "reason": "", "total": "-5.00"}]), refund())
    assert (contents(snapshot), snapshot.total) == ([[("315", 1)]], Money(1444, "USD"))


def test_a_refunded_line_without_its_mark_is_found_by_its_product() -> None:
    back = refund((315, 1))
    back["line_items"][0]["meta_data"] = []
    assert contents(read(order(), back)) == [[]]


@pytest.mark.parametrize(("wrote", "status"), [("ready", "open"), ("collected", "closed"), ("returned", "closed")])
def test_what_we_wrote_of_a_package_is_read_again(wrote: str, status: str) -> None:
    mine = {"id": 1, "key": "_locker_317", "value": wrote}
    assert read(order(meta_data=[mine])).units[0].status == status


def test_somebody_elses_meta_data_of_any_shape_says_nothing() -> None:
    odd = [
        {"id": 1, "key": "_locker_317", "value": ["collected"]},
        {"id": 2, "key": "_locker_999", "value": "collected"},
    ]
    assert read(order(meta_data=odd)).units[0].status == "open"


@pytest.mark.parametrize(("quantity", "pieces"), [(2, 2), ("2", 2), (0.5, 1), (1.2, 2)])
def test_half_a_metre_takes_the_room_of_one_piece(quantity: object, pieces: int) -> None:
    assert contents(read(order(line_items=[{**line(), "quantity": quantity}]))) == [[("315", pieces)]]


@pytest.mark.parametrize(
    ("missing", "field"),
    [("id", "id"), ("status", "status"), ("line_items", "line_items"), ("shipping_lines", "shipping_lines")],
)
def test_what_is_missing_is_named_and_no_value_is(missing: str, field: str) -> None:
    payload = order()
    del payload[missing]
    with pytest.raises(PermanentFailure, match=rf"order\.{field}") as problem:
        read(payload)
    assert "Robin" not in str(problem.value)


@pytest.mark.parametrize("text", ["", "twelve", "1e9", "19.999"])
def test_an_amount_that_is_none_is_not_guessed(text: str) -> None:
    assert read(order(total=text)).total is None


@pytest.mark.parametrize(
    ("measures", "grams", "sides"),
    [
        (Measures("0.48", ("12", "11", "12.5"), "kg", "cm"), 480, (125, 110, 120)),
        (Measures("1", ("1", "2", "3"), "lbs", "in"), 454, (76, 51, 25)),
        (Measures("", ("", "11", "12"), "kg", "cm"), None, None),
        (Measures("heavy", ("1", "1", "1"), "kg", "furlong"), None, None),
    ],
)
def test_a_products_measures_become_grams_and_millimetres(
    measures: Measures, grams: int | None, sides: tuple[int, int, int] | None
) -> None:
    (row,) = read(order(), measures={(3150, 0): measures}).units[0].lines
    assert (row.weight_grams, row.sides_mm) == (grams, sides)
