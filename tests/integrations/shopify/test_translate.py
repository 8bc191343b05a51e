"""Shopify's order made ours: what counts as a pickup, as paid, as open, and whose phone number is used."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bopis.ports import Line, Location, Money, OrderSnapshot, Unit
from integrations.shopify import schemas
from integrations.shopify.translate import order_snapshot
from tests.integrations.shopify.payloads import ORDER_ID, UNIT_ID, gid, line, order, page, unit


def translated(payload: dict[str, Any], country: str = "") -> OrderSnapshot:
    return order_snapshot(schemas.load(schemas.Order(), payload), country)


def test_an_order_becomes_a_snapshot() -> None:
    assert translated(order(unit())) == OrderSnapshot(
        order_id=ORDER_ID,
        name="#1001",
        updated_at=dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC),
        paid=True,
        cancelled_at=None,
        units=(
            Unit(
                unit_id=UNIT_ID,
                status="open",
                is_pickup=True,
                location=Location("1001", "High Street"),
                lines=(Line("8001", "Stoneware mug, slate", 1, "MUG-SLATE", 480),),
            ),
        ),
        phone="+14155550123",
        country="US",
        first_name="Ann",
        locale="en-US",
        complete=True,
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("OPEN", "open"),
        ("IN_PROGRESS", "open"),
        ("SCHEDULED", "on_hold"),
        ("ON_HOLD", "on_hold"),
        ("CLOSED", "closed"),
        ("INCOMPLETE", "closed"),
        ("CANCELLED", "cancelled"),
        ("SOMETHING_NEW", "on_hold"),
    ],
)
def test_each_status_has_our_word(theirs: str, ours: str) -> None:
    assert translated(order(unit(status=theirs))).units[0].status == ours


@pytest.mark.parametrize(
    ("method", "is_pickup"),
    [
        ({"methodType": "PICK_UP"}, True),
        ({"methodType": "pickup"}, True),
        ({"methodType": "PICKUP_POINT"}, False),
        ({"methodType": "RETAIL"}, False),
        ({"methodType": "SHIPPING"}, False),
        ({"methodType": "LOCAL"}, False),
        ({"methodType": "NONE"}, False),
        (None, False),
    ],
)
def test_only_the_merchants_own_store_is_a_pickup(method: Any, is_pickup: bool) -> None:
    assert translated(order(unit(deliveryMethod=method))).units[0].is_pickup is is_pickup


@pytest.mark.parametrize(
    ("status", "paid"),
    [
        ("PAID", True),
        ("PARTIALLY_REFUNDED", True),
        ("AUTHORIZED", False),
        ("PARTIALLY_PAID", False),
        ("PENDING", False),
        ("REFUNDED", False),
        ("VOIDED", False),
        ("EXPIRED", False),
        (None, False),
    ],
)
def test_money_promised_is_not_money_paid(status: str | None, paid: bool) -> None:
    seen = translated(order(unit(), displayFinancialStatus=status))

    assert (seen.paid, seen.to_pay) == (paid, status == "PENDING")  # what is held in part must not be paid again


@pytest.mark.parametrize(
    ("amount", "currency", "total"),
    [
        ("19.99", "EUR", Money(1999, "EUR")),
        ("19.9", "EUR", Money(1990, "EUR")),
        ("500.0", "JPY", Money(500, "JPY")),
        ("1.234", "KWD", Money(1234, "KWD")),
        ("0.0", "USD", Money(0, "USD")),
        ("1.999", "EUR", None),
        ("1e3", "EUR", None),
        ("", "EUR", None),
    ],
)
def test_what_it_costs_is_counted_in_minor_units(amount: str, currency: str, total: Money | None) -> None:
    shown = {"presentmentMoney": {"amount": amount, "currencyCode": currency}}

    assert translated(order(unit(), currentTotalPriceSet=shown)).total == total
    assert translated(order(unit())).total is None


def test_the_place_is_where_the_shopper_was_told_to_come() -> None:
    assert translated(order(unit())).units[0].location == Location("1001", "High Street")


def test_without_a_destination_the_place_is_where_the_goods_lie() -> None:
    assert translated(order(unit(destination=None))).units[0].location == Location("9", "Warehouse")


def test_a_place_may_be_unknown() -> None:
    assert translated(order(unit(destination=None, assignedLocation=None))).units[0].location == Location("", "")


def test_lines_with_nothing_left_are_left_out() -> None:
    lines = page([line(1, remainingQuantity=0), line(2, remainingQuantity=2)])

    assert [(each.line_id, each.quantity) for each in translated(order(unit(lines=lines))).units[0].lines] == [
        ("8002", 2)
    ]


def test_a_line_without_its_order_line_keeps_its_own_id() -> None:
    lines = page([line(1, lineItem=None, sku=None, productTitle=None)])

    assert translated(order(unit(lines=lines))).units[0].lines == (Line("7001", "", 1, "", 480),)


@pytest.mark.parametrize(
    ("weight", "grams"),
    [
        ({"value": 250, "unit": "GRAMS"}, 250),
        ({"value": 1.5, "unit": "KILOGRAMS"}, 1500),
        ({"value": 1, "unit": "POUNDS"}, 454),
        ({"value": 8, "unit": "OUNCES"}, 227),
        ({"value": 0, "unit": "KILOGRAMS"}, None),
        ({"value": 3, "unit": "STONES"}, None),
        (None, None),
    ],
)
def test_weights_become_grams_of_one_piece(weight: Any, grams: int | None) -> None:
    lines = page([line(1, weight=weight, remainingQuantity=3)])

    assert translated(order(unit(lines=lines))).units[0].lines[0].weight_grams == grams


ADDRESS = {"firstName": None, "countryCodeV2": "US"}
CUSTOMER = {"firstName": None, "locale": "de", "defaultPhoneNumber": {"phoneNumber": "+14155550103"}}


@pytest.mark.parametrize(
    ("changes", "phone"),
    [
        ({"shippingAddress": {**ADDRESS, "phone": "415 555 0101"}, "phone": "+14155550102"}, "+14155550101"),
        ({"phone": "+14155550102", "customer": CUSTOMER}, "+14155550102"),
        ({"customer": CUSTOMER}, "+14155550103"),
        ({}, "+14155550123"),
        ({"shippingAddress": {**ADDRESS, "phone": "555-555-SHIP"}, "phone": "+14155550102"}, "+14155550102"),
        ({"billingAddress": None}, ""),
    ],
)
def test_the_number_given_for_the_order_is_used_first(changes: dict[str, Any], phone: str) -> None:
    assert translated(order(unit(), **changes)).phone == phone


def test_a_unit_may_have_a_number_of_its_own() -> None:
    destination = {"phone": "(415) 555-0199", "countryCode": "US", "firstName": "Bea", "location": None}
    snapshot = translated(order(unit(destination=destination)))

    assert snapshot.units[0].phone == "+14155550199"
    assert snapshot.first_name == "Bea"


def test_a_national_number_is_read_in_the_merchants_country_when_no_address_names_one() -> None:
    payload = order(phone="020 7946 0958", billingAddress=None, closed=True)

    assert translated(payload, "GB").phone == "+442079460958"
    assert translated(payload).phone == ""


@pytest.mark.parametrize(
    ("changes", "complete"),
    [
        ({}, False),
        ({"closed": True}, True),
        ({"cancelledAt": "2026-11-22T12:00:00Z"}, True),
    ],
)
def test_an_open_order_without_units_is_not_worked_out_yet(changes: dict[str, Any], complete: bool) -> None:
    assert translated(order(**changes)).complete is complete


def test_a_cancelled_order_says_since_when() -> None:
    cancelled = translated(order(cancelledAt="2026-11-22T13:00:00+01:00"))

    assert cancelled.cancelled_at == dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def test_the_customers_language_fills_in_for_the_orders() -> None:
    assert translated(order(unit(), customerLocale=None, customer=CUSTOMER)).locale == "de"


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "id"),
        (order(id=gid("Order", "x")), "id"),
        (order(updatedAt="2026-11-22T12:00:00"), "updatedAt"),
        (order(unit(status=None)), "fulfillmentOrders.nodes.0.status"),
        (
            order(unit(lines=page([line(remainingQuantity="1")]))),
            "fulfillmentOrders.nodes.0.lineItems.nodes.0.remaining",
        ),
        ("text", "the whole body"),
    ],
)
def test_what_is_missing_or_wrong_is_named(payload: Any, field: str) -> None:
    with pytest.raises(schemas.Misfit) as misfit:
        schemas.load(schemas.Order(), payload)

    assert misfit.value.field.startswith(field)
