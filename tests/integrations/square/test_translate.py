"""Square's order made ours."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bopis.errors import PermanentFailure
from bopis.ports import Line, Location, Money
from integrations.square import schemas
from integrations.square.schemas import read
from integrations.square.translate import order_snapshot, parts_of

UPDATED = dt.datetime(2024, 4, 16, 23, 14, 26, 359000, tzinfo=dt.UTC)
PLACE = {"id": "FPYCBCHYMXFK1", "name": "High Street", "country": "US"}
SKUS = {"VARIATION1": "MUG"}


def usd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD"}


def fulfilment(**changes: Any) -> dict[str, Any]:
    recipient = {"display_name": "Robin Example", "phone_number": "415 555 0123", "email_address": "robin@example.com"}
    return {
        "uid": "VWJ1N9leLqjSDLvF2hvYjD",
        "type": "PICKUP",
        "state": "PROPOSED",
        "line_item_application": "ALL",
        "pickup_details": {
            "recipient": recipient,
            "schedule_type": "SCHEDULED",
            "pickup_at": "2024-04-17T12:00:00.000Z",
            "prep_time_duration": "PT30M",
        },
        **changes,
    }


def line(**changes: Any) -> dict[str, Any]:
    return {
        "uid": "line1",
        "name": "Stoneware mug",
        "quantity": "3",
        "catalog_object_id": "VARIATION1",
        "variation_name": "Slate",
        "item_type": "ITEM",
        "total_money": usd(5400),
        **changes,
    }


def order(**changes: Any) -> dict[str, Any]:
    """What GET /v2/orders/{id} answers under `order`."""
    return {
        "id": "eA3vssLHKJrv9H0IdJCM3gNqfdcZY",
        "location_id": "FPYCBCHYMXFK1",
        "line_items": [line()],
        "fulfillments": [fulfilment()],
        "state": "OPEN",
        "version": 2,
        "created_at": "2024-04-16T23:14:26.129Z",
        "updated_at": "2024-04-16T23:14:26.359Z",
        "total_money": usd(5400),
        "net_amount_due_money": usd(0),
        "tenders": [{"id": "t1", "amount_money": usd(5400), "card_details": {"status": "CAPTURED"}}],
        "ticket_name": "Robin",
        **changes,
    }


def snapshot(**changes: Any) -> Any:
    return order_snapshot(read(schemas.Order(), order(**changes), "order"), PLACE, SKUS)


def test_a_paid_pickup_is_ours_with_its_place_and_lines() -> None:
    found = snapshot()
    assert (found.order_id, found.paid, found.cancelled_at) == ("eA3vssLHKJrv9H0IdJCM3gNqfdcZY", True, None)
    assert (found.updated_at, found.total, found.complete) == (UPDATED, Money(5400, "USD"), True)
    (unit,) = found.units
    assert (unit.unit_id, unit.status) == ("eA3vssLHKJrv9H0IdJCM3gNqfdcZY/VWJ1N9leLqjSDLvF2hvYjD", "open")
    assert (unit.is_pickup, unit.location) == (True, Location("FPYCBCHYMXFK1", "High Street"))
    assert unit.lines == (Line("line1", "Stoneware mug – Slate", 3, "MUG"),)


def test_whoever_picks_up_is_reached() -> None:
    found = snapshot()
    assert (found.units[0].phone, found.units[0].email) == ("+14155550123", "robin@example.com")
    assert (found.first_name, found.country) == ("Robin", "US")
    assert "555" not in repr(found)


def test_an_order_is_called_by_its_reference_and_never_by_a_persons_name() -> None:
    assert snapshot(reference_id="W-1001").name == "W-1001"
    assert snapshot().name == "#qfdcZY"


def test_a_sale_at_the_register_is_looked_through_and_left_alone() -> None:
    assert [unit.is_pickup for unit in snapshot(fulfillments=None).units] == [False]


@pytest.mark.parametrize("kind", ["SHIPMENT", "DELIVERY", "IN_STORE", "DIGITAL"])
def test_only_pickups_are_ours(kind: str) -> None:
    assert [unit.is_pickup for unit in snapshot(fulfillments=[fulfilment(type=kind)]).units] == [False]


def test_a_draft_has_no_units() -> None:
    assert snapshot(state="DRAFT").units == ()


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("PROPOSED", "open"),
        ("RESERVED", "open"),
        ("PREPARED", "open"),
        ("COMPLETED", "closed"),
        ("CANCELED", "cancelled"),
        ("FAILED", "cancelled"),
        ("ELSEWHERE", "on_hold"),
    ],
)
def test_each_state_means_one_thing(state: str, status: str) -> None:
    assert snapshot(fulfillments=[fulfilment(state=state)]).units[0].status == status


def test_of_several_fulfilments_each_has_its_own_lines() -> None:
    pickup = {"uid": "f1", "line_item_application": "ENTRY_LIST"}
    found = snapshot(
        line_items=[line(), line(uid="line2", name="Lip balm", quantity="2", variation_name="Regular")],
        fulfillments=[
            fulfilment(**pickup, entries=[{"uid": "e1", "line_item_uid": "line1", "quantity": "1"}]),
            fulfilment(uid="f2", type="SHIPMENT", line_item_application="ALL"),
        ],
    )
    first, second = found.units
    assert [(each.line_id, each.quantity) for each in first.lines] == [("line1", 1)]
    assert (second.is_pickup, [each.title for each in second.lines]) == (False, ["Stoneware mug – Slate", "Lip balm"])


def test_gift_cards_and_amounts_are_nothing_to_hand_over_and_what_is_weighed_counts_as_begun() -> None:
    found = snapshot(
        line_items=[
            line(quantity="0.75"),
            line(uid="l2", item_type="GIFT_CARD"),
            line(uid="l3", item_type="CUSTOM_AMOUNT"),
        ]
    )
    assert [(each.line_id, each.quantity) for each in found.units[0].lines] == [("line1", 1)]


@pytest.mark.parametrize(
    ("changes", "paid", "to_pay"),
    [
        ({}, True, False),
        ({"net_amount_due_money": usd(5400), "tenders": None}, False, True),
        ({"net_amount_due_money": usd(400)}, False, False),
        ({"net_amount_due_money": None}, True, False),
        ({"net_amount_due_money": None, "tenders": []}, False, True),
        ({"tenders": [{"amount_money": usd(5400), "card_details": {"status": "AUTHORIZED"}}]}, False, False),
        ({"tenders": [{"amount_money": usd(5400), "card_details": {"status": "VOIDED"}}]}, False, False),
        ({"tenders": [{"amount_money": usd(5400), "type": "CASH"}]}, True, False),
    ],
)
def test_paid_is_when_nothing_is_due_and_the_money_was_taken(changes: dict[str, Any], paid: bool, to_pay: bool) -> None:
    found = snapshot(**changes)
    assert (found.paid, found.to_pay) == (paid, to_pay)


def test_refunds_are_taken_off_and_when_all_is_refunded_it_is_called_off() -> None:
    part = snapshot(
        refunds=[{"status": "APPROVED", "amount_money": usd(400)}, {"status": "FAILED", "amount_money": usd(5000)}]
    )
    assert (part.total, part.cancelled_at) == (Money(5000, "USD"), None)
    assert snapshot(refunds=[{"status": "PENDING", "amount_money": usd(5400)}]).cancelled_at == UPDATED


def test_a_cancelled_order_says_when() -> None:
    closed = dt.datetime(2024, 4, 16, 23, 14, tzinfo=dt.UTC)
    assert snapshot(state="CANCELED", closed_at="2024-04-16T23:14:00Z").cancelled_at == closed
    assert snapshot(state="CANCELED").cancelled_at == UPDATED


def test_a_missing_field_is_named_and_no_value_is() -> None:
    broken = order(fulfillments=[fulfilment(uid="")])
    with pytest.raises(PermanentFailure, match=r"order\.fulfillments\.0\.uid") as refused:
        read(schemas.Order(), broken, "order")
    assert "555" not in str(refused.value)


def test_a_units_id_leads_back_to_its_order() -> None:
    assert parts_of("order/with/slashes") == ("order", "with/slashes")
