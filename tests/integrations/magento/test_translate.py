"""A shop's order made ours."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bopis.errors import PermanentFailure
from bopis.ports import Line, Location, Money
from integrations.magento import schemas
from integrations.magento.translate import COLLECTED, READY, RETURNED, order_snapshot

UPDATED = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)


def item(**changes: Any) -> dict[str, Any]:
    return {
        "item_id": 501,
        "product_type": "simple",
        "is_virtual": 0,
        "name": "Stoneware mug",
        "sku": "MUG",
        "qty_ordered": 3,
        "qty_canceled": 0,
        "qty_refunded": 0,
        "qty_shipped": 0,
        "weight": 1.5,
        "row_total": 54.0,
        "tax_amount": 4.455,
        "discount_amount": 5.4,
        "discount_tax_compensation_amount": 0,
        **changes,
    }


def order(**changes: Any) -> dict[str, Any]:
    """What GET /V1/orders/{id} answers."""
    return {
        "entity_id": 81,
        "increment_id": "000000081",
        "state": "processing",
        "status": "processing",
        "updated_at": "2026-11-22 09:30:00",
        "order_currency_code": "USD",
        "grand_total": 53.055,
        "total_paid": 53.055,
        "total_due": 0,
        "customer_firstname": "Robin",
        "customer_email": "robin@example.com",
        "billing_address": {"firstname": "Robin", "country_id": "US", "telephone": "415 555 0123"},
        "payment": {"method": "checkmo"},
        "items": [item()],
        "status_histories": [],
        "extension_attributes": {
            "pickup_location_code": "txspeqs",
            "shipping_assignments": [{"shipping": {"method": "instore_pickup", "address": {"city": "Houston"}}}],
        },
        **changes,
    }


def snapshot(**changes: Any) -> Any:
    read = schemas.read(schemas.Order(), order(**changes), "order")
    return order_snapshot(read | {"as_of": read["updated_at"]}, "Sport Equipment Store", "lbs")


def said(*marks: str) -> list[dict[str, Any]]:
    return [{"comment": None}, *({"comment": f"Something. {mark}"} for mark in marks)]


def test_a_paid_pickup_is_ours_with_its_place_and_lines() -> None:
    found = snapshot()
    assert (found.order_id, found.name, found.paid, found.cancelled_at) == ("81", "#000000081", True, None)
    assert (found.updated_at, found.total) == (UPDATED, Money(5306, "USD"))
    (unit,) = found.units
    assert (unit.unit_id, unit.status, unit.is_pickup) == ("81", "open", True)
    assert unit.location == Location("txspeqs", "Sport Equipment Store")
    assert unit.lines == (Line("501", "Stoneware mug", 3, "MUG", 680, cost=Money(5305, "USD")),)


def test_whoever_ordered_is_reached_and_not_shown() -> None:
    found = snapshot()
    assert (found.phone, found.emails, found.first_name) == ("+14155550123", ("robin@example.com",), "Robin")
    assert "555" not in repr(found)


@pytest.mark.parametrize(
    ("method", "ours"), [("instore_pickup", True), ("instore_pick", True), ("flatrate_flatrate", False), (None, False)]
)
def test_only_pickups_in_a_store_are_ours(method: str | None, ours: bool) -> None:
    more = {"shipping_assignments": [{"shipping": {"method": method}}]}
    assert snapshot(extension_attributes=more).units[0].is_pickup is ours


def test_an_order_without_any_delivery_is_looked_through_and_left_alone() -> None:
    (unit,) = snapshot(extension_attributes={}, items=[item(is_virtual=1)]).units
    assert (unit.is_pickup, unit.lines, unit.location.location_id) == (False, (), "")


@pytest.mark.parametrize(
    ("state", "marks", "status"),
    [
        ("new", (), "open"),
        ("pending_payment", (), "open"),
        ("processing", (READY,), "open"),
        ("complete", (READY,), "open"),
        ("complete", (), "closed"),
        ("complete", (READY, COLLECTED), "closed"),
        ("complete", (READY, RETURNED), "closed"),
        ("closed", (READY,), "cancelled"),
        ("canceled", (), "cancelled"),
        ("holded", (), "on_hold"),
        ("payment_review", (), "on_hold"),
        ("elsewhere", (), "on_hold"),
    ],
)
def test_each_state_means_one_thing(state: str, marks: tuple[str, ...], status: str) -> None:
    assert snapshot(state=state, status_histories=said(*marks)).units[0].status == status


def test_of_a_bundle_what_lies_in_it_is_handed_over_and_of_a_choice_the_one_line_with_its_price() -> None:
    found = snapshot(
        items=[
            item(item_id=1, product_type="bundle", sku="SET", qty_ordered=1, row_total=20),
            item(item_id=2, parent_item_id=1, sku="CUP", qty_ordered=2, row_total=0, tax_amount=0, discount_amount=0),
            item(item_id=3, product_type="configurable", sku="SHIRT-M", qty_ordered=1),
            item(item_id=4, parent_item_id=3, sku="SHIRT-M", qty_ordered=1, row_total=0),
            item(item_id=5, product_type="downloadable", sku="SONG"),
        ]
    )
    assert [(line.sku, line.quantity, line.cost is None) for line in found.units[0].lines] == [
        ("CUP", 2, True),
        ("SHIRT-M", 1, False),
    ]


def test_what_was_refunded_or_cancelled_is_not_handed_over_and_what_was_shipped_is() -> None:
    (line,) = snapshot(items=[item(qty_refunded=1, qty_shipped=3)]).units[0].lines
    assert (line.quantity, line.cost) == (2, Money(3537, "USD"))
    (unit,) = snapshot(items=[item(qty_refunded=2, qty_canceled=1)]).units
    assert (unit.lines, unit.status) == ((), "closed")


@pytest.mark.parametrize(
    ("changes", "paid", "to_pay"),
    [
        ({}, True, False),
        ({"total_due": 53.055, "total_paid": None, "state": "new"}, False, False),
        ({"total_due": 53.055, "state": "processing", "payment": {"method": "cashondelivery"}}, False, True),
        ({"total_due": None, "total_paid": None}, False, False),
        ({"total_due": None}, True, False),
        ({"state": "payment_review"}, False, False),
        ({"grand_total": 0, "total_due": 0, "total_paid": None}, True, False),
    ],
)
def test_paid_is_when_nothing_is_due(changes: dict[str, Any], paid: bool, to_pay: bool) -> None:
    found = snapshot(**changes)
    assert (found.paid, found.to_pay) == (paid, to_pay)


def test_refunds_are_taken_off_and_when_all_is_refunded_it_is_called_off() -> None:
    assert snapshot(total_refunded=18).total == Money(3506, "USD")
    assert snapshot(state="closed", total_refunded=53.055).cancelled_at == UPDATED


def test_money_is_exact_in_currencies_without_cents() -> None:
    found = snapshot(order_currency_code="JPY", grand_total=5400, items=[item(row_total=5400, tax_amount=0)])
    assert (found.total, found.units[0].lines[0].cost) == (Money(5400, "JPY"), Money(5394, "JPY"))


def test_a_missing_field_is_named_and_no_value_is() -> None:
    with pytest.raises(PermanentFailure, match=r"order\.items\.0\.item_id") as refused:
        snapshot(items=[item(item_id="555-0123")])
    assert "555" not in str(refused.value)
