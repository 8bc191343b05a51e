"""BigCommerce's order made ours."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bopis.errors import PermanentFailure
from bopis.ports import Line, Location, Money
from integrations.bigcommerce import schemas
from integrations.bigcommerce.schemas import read
from integrations.bigcommerce.translate import order_snapshot, parts_of
from tests.integrations.bigcommerce.payloads import STORE, consignments, order, product, whole

MODIFIED = dt.datetime(2024, 3, 11, 15, 17, 25, tzinfo=dt.UTC)


def snapshot(*products: dict[str, Any], **changes: Any) -> Any:
    return order_snapshot(whole(*products, **changes), STORE)


def test_a_paid_pickup_order_is_ours_with_its_place_and_lines() -> None:
    found = snapshot()
    assert (found.order_id, found.name, found.paid, found.cancelled_at) == ("126", "#126", True, None)
    assert (found.updated_at, found.total, found.complete) == (MODIFIED, Money(6984, "USD"), True)
    (unit,) = found.units
    assert (unit.unit_id, unit.status, unit.is_pickup) == ("126-13", "open", True)
    assert unit.location == Location("2", "location2")
    assert unit.lines == (Line("22", "Stoneware mug", 3, "MUG", 454),)


def test_whoever_ordered_is_reached_and_not_the_store() -> None:
    found = snapshot()
    assert (found.phone, found.emails, found.first_name) == ("+14155550123", ("robin@example.com",), "Robin")
    assert (found.units[0].phone, found.units[0].email) == ("", "")


def test_nobodys_phone_number_is_in_the_repr() -> None:
    assert "555" not in repr(snapshot())


def test_an_order_without_a_pickup_is_looked_through_and_left_alone() -> None:
    found = snapshot(pickups={"pickups": [], "shipping": [{"id": 51}]})
    assert [unit.is_pickup for unit in found.units] == [False]


def test_a_checkout_nobody_finished_has_nothing_to_hand_over_and_is_not_waited_for() -> None:
    found = snapshot(status_id=0, pickups={"pickups": []})
    assert (found.units, found.complete, found.cancelled_at) == ((), True, None)


@pytest.mark.parametrize(
    ("status_id", "status", "is_cancelled"),
    [
        (1, "open", False),
        (2, "closed", False),
        (3, "open", False),
        (4, "cancelled", True),
        (5, "cancelled", True),
        (6, "cancelled", True),
        (7, "open", False),
        (8, "open", False),
        (9, "open", False),
        (10, "closed", False),
        (11, "open", False),
        (12, "on_hold", False),
        (13, "on_hold", False),
        (14, "open", False),
        (99, "on_hold", False),
    ],
)
def test_each_status_means_one_thing(status_id: int, status: str, is_cancelled: bool) -> None:
    found = snapshot(status_id=status_id)
    assert (found.units[0].status, found.cancelled_at is not None) == (status, is_cancelled)


@pytest.mark.parametrize(
    ("payment", "status_id", "paid", "to_pay"),
    [
        ("captured", 11, True, False),
        ("paid", 11, True, False),
        ("partially refunded", 14, True, False),
        ("authorized", 11, False, False),
        ("capture pending", 11, False, False),
        ("held for review", 12, False, False),
        ("pending", 7, False, False),
        ("", 7, False, True),
        ("", 1, False, False),
        ("", 11, True, False),
        (None, 8, True, False),
        ("void", 11, False, False),
    ],
)
def test_paid_is_what_the_payment_says_and_without_one_what_the_merchant_says(
    payment: str | None, status_id: int, paid: bool, to_pay: bool
) -> None:
    found = snapshot(payment_status=payment, status_id=status_id)
    assert (found.paid, found.to_pay) == (paid, to_pay)


def test_refunded_and_shipped_pieces_are_not_handed_over() -> None:
    found = snapshot(product(quantity_refunded=1, quantity_shipped=1), status_id=14)
    assert [line.quantity for line in found.units[0].lines] == [1]
    assert snapshot(product(quantity_refunded=3), status_id=14).units[0].status == "closed"


def test_refunds_are_taken_off_the_total_since_the_order_itself_always_says_nought() -> None:
    assert snapshot(status_id=14, refunds=[{"id": 3, "total_amount": 10.5}]).total == Money(5934, "USD")


def test_what_was_collected_stays_closed_when_some_of_it_is_refunded_later() -> None:
    records = [{"id": 1, "pickup_items": [{"order_product_id": 22, "quantity": 3, "status": "COLLECTED"}]}]
    assert snapshot(status_id=14, records=records).units[0].status == "closed"


def test_downloads_and_what_is_shipped_are_not_among_the_lines() -> None:
    found = snapshot(
        product(),
        product(id=23, type="digital"),
        product(id=24, order_pickup_method_id=None),
        product(id=25, order_pickup_method_id=0),
    )
    assert [line.line_id for line in found.units[0].lines] == ["22"]


def test_a_product_that_only_the_consignment_names_is_among_the_lines() -> None:
    assert len(snapshot(product(order_pickup_method_id=None)).units[0].lines) == 1


def test_an_archived_order_is_called_off_unless_it_was_handed_over() -> None:
    assert snapshot(is_deleted=True).cancelled_at == MODIFIED
    assert snapshot(is_deleted=True, status_id=10).cancelled_at is None


def test_a_place_written_by_hand_is_known_by_its_code() -> None:
    found = snapshot(pickups=consignments(location={"id": None, "name": "Corner", "code": "CORNER"}))
    assert found.units[0].location == Location("CORNER", "Corner")


@pytest.mark.parametrize(
    ("unit", "weight", "grams"),
    [("LBS", "1.0000", 454), ("KGS", "0.25", 250), ("Grams", 40, 40), ("Stone", "1", None), ("LBS", "0.0000", None)],
)
def test_a_piece_weighs_what_the_stores_unit_says(unit: str, weight: Any, grams: int | None) -> None:
    found = order_snapshot(whole(product(weight=weight)), STORE | {"weight_units": unit})
    assert found.units[0].lines[0].weight_grams == grams


@pytest.mark.parametrize("total", [None, "62.6793", "many"])
def test_a_total_that_is_no_amount_is_none(total: str | None) -> None:
    assert snapshot(total_inc_tax=total).total is None


def test_a_missing_field_is_named_and_no_value_is() -> None:
    payload = order(date_modified="yesterday, +14155550123")
    with pytest.raises(PermanentFailure, match=r"order\.date_modified") as refused:
        read(schemas.Order(), payload, "order")
    assert "555" not in str(refused.value)


def test_a_units_id_leads_back_to_its_order() -> None:
    assert parts_of("126-13") == ("126", "13")
    assert parts_of("126") is None
