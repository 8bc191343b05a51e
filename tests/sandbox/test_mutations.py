"""Preparing and fulfilling: what the pretend shop does, what it refuses, and what its ledger keeps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.running import Running
from tests.sandbox.test_graphql import execute, refusal

READY = """mutation R($input: FulfillmentOrderLineItemsPreparedForPickupInput!) {
  fulfillmentOrderLineItemsPreparedForPickup(input: $input) { userErrors { field message code } } }"""
COLLECTED = """mutation C($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { status } userErrors { message } } }"""


def unit_gid(unit_id: str) -> str:
    return f"gid://shopify/FulfillmentOrder/{unit_id}"


def prepare(running: Running, *unit_ids: str) -> str:
    """ "" when done, else the code of the refusal."""
    entries = [{"fulfillmentOrderId": unit_gid(unit_id)} for unit_id in unit_ids]
    answer = execute(running, READY, {"input": {"lineItemsByFulfillmentOrder": entries}})
    errors = answer.json()["data"]["fulfillmentOrderLineItemsPreparedForPickup"]["userErrors"]
    return str(errors[0]["code"]) if errors else ""


def fulfil(running: Running, *entries: dict[str, Any]) -> str:
    """ "" when done, else the words of the refusal."""
    answer = execute(running, COLLECTED, {"fulfillment": {"lineItemsByFulfillmentOrder": list(entries)}})
    payload = answer.json()["data"]["fulfillmentCreate"]
    assert (payload["fulfillment"] is None) == bool(payload["userErrors"])
    return str(payload["userErrors"][0]["message"]) if payload["userErrors"] else ""


def whole(unit_id: str) -> dict[str, Any]:
    return {"fulfillmentOrderId": unit_gid(unit_id)}


def part(running: Running, order_id: str, quantity: int) -> dict[str, Any]:
    unit = running.sandbox.shop.world.orders[order_id].units[0]
    line = {"id": f"gid://shopify/FulfillmentOrderLineItem/{unit.lines[0].line_id}", "quantity": quantity}
    return {"fulfillmentOrderId": unit_gid(unit.unit_id), "fulfillmentOrderLineItems": [line]}


def state(running: Running) -> str:
    return str(running.get("/shop/api/orders")["orders"][0]["state"])


def test_an_order_goes_from_paid_to_ready_to_picked_up(running: Running) -> None:
    unit_id = running.unit_of(running.order())
    seen = [state(running)]
    assert prepare(running, unit_id) == ""
    seen.append(state(running))
    assert fulfil(running, whole(unit_id)) == ""
    seen.append(state(running))

    assert seen == ["paid", "ready", "picked_up"]


def test_preparing_twice_is_refused_the_second_time(running: Running) -> None:
    unit_id = running.unit_of(running.order())

    assert [prepare(running, unit_id) for _ in range(2)] == ["", "NO_LINE_ITEMS_TO_PREPARE_FOR_FULFILLMENT_ORDER"]


def test_only_goods_to_be_picked_up_can_be_prepared(running: Running) -> None:
    order_id = running.order(lines=[{"sku": "LIP-ROSE", "method": "SHIPPING"}])

    assert prepare(running, running.unit_of(order_id)) == "FULFILLMENT_ORDER_INVALID"


@pytest.mark.parametrize("unit_id", ["1", "x"])
def test_a_unit_there_is_not_cannot_be_prepared(running: Running, unit_id: str) -> None:
    assert prepare(running, unit_id) == "FULFILLMENT_ORDER_INVALID"


def test_preparing_nothing_is_refused(running: Running) -> None:
    assert prepare(running) == "NO_LINE_ITEMS_TO_PREPARE_FOR_FULFILLMENT_ORDER"


def test_what_was_called_off_can_be_neither_prepared_nor_fulfilled(running: Running) -> None:
    order_id = running.order()
    running.post(f"/shop/api/orders/{order_id}/cancel", {})

    assert prepare(running, running.unit_of(order_id)) == "FULFILLMENT_ORDER_INVALID"
    assert "unfulfillable status= cancelled" in fulfil(running, whole(running.unit_of(order_id)))


def test_what_is_closed_cannot_be_fulfilled_again(running: Running) -> None:
    unit_id = running.unit_of(running.order())
    fulfil(running, whole(unit_id))

    assert "unfulfillable status= closed" in fulfil(running, whole(unit_id))


def test_a_part_can_be_fulfilled_and_then_the_rest(running: Running) -> None:
    order_id = running.order(lines=[{"sku": "LIP-ROSE", "quantity": 3}])
    assert fulfil(running, part(running, order_id, 2)) == ""
    assert running.get("/shop/api/orders")["orders"][0]["units"][0]["status"] == "IN_PROGRESS"
    assert "quantity" in fulfil(running, part(running, order_id, 2))
    assert fulfil(running, part(running, order_id, 1)) == ""

    assert state(running) == "picked_up"


@pytest.mark.parametrize("quantity", [0, -1, 2])
def test_no_more_and_no_less_than_there_is_can_be_fulfilled(running: Running, quantity: int) -> None:
    assert "quantity" in fulfil(running, part(running, running.order(), quantity))


def test_units_of_two_orders_do_not_go_together(running: Running) -> None:
    units = [running.unit_of(running.order()) for _ in range(2)]

    assert "same order" in fulfil(running, *[whole(unit_id) for unit_id in units])


def test_units_of_two_places_do_not_go_together(running: Running) -> None:
    order_id = running.order(lines=[{"sku": "LIP-ROSE"}, {"sku": "LIP-ROSE", "location_id": "1002"}])
    units = running.sandbox.shop.world.orders[order_id].units

    assert "single location" in fulfil(running, *[whole(unit.unit_id) for unit in units])


def test_nothing_and_the_same_twice_cannot_be_fulfilled(running: Running) -> None:
    unit_id = running.unit_of(running.order())

    assert fulfil(running)
    assert fulfil(running, whole(unit_id), whole(unit_id))


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        (READY, {"input": {}}),
        (READY, {"input": {"fulfillmentOrderId": "x"}}),
        (READY, {"input": {"lineItemsByFulfillmentOrder": [{"id": "x"}]}}),
        (READY, {"input": {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": "x", "lineItems": []}]}}),
        (COLLECTED, {"fulfillment": {"lineItemsByFulfillmentOrder": [], "notify": False}}),
        (COLLECTED, {"fulfillment": {"lineItemsByFulfillmentOrder": [], "notifyCustomer": "no"}}),
        (
            COLLECTED,
            {
                "fulfillment": {
                    "lineItemsByFulfillmentOrder": [
                        {"fulfillmentOrderId": "x", "fulfillmentOrderLineItems": [{"id": "x"}]}
                    ]
                }
            },
        ),
    ],
)
def test_an_input_of_the_wrong_shape_changes_nothing(running: Running, document: str, variables: Any) -> None:
    assert refusal(execute(running, document, variables)) == "INVALID_VARIABLE"
    assert running.mutations() == []


def test_the_ledger_keeps_what_was_done_and_what_was_refused(running: Running) -> None:
    order_id = running.order()
    unit_id = running.unit_of(order_id)
    prepare(running, unit_id)
    prepare(running, unit_id)
    fulfil(running, {**whole(unit_id)})

    ledger = running.mutations()
    assert [(each["operation"], each["unit_ids"], each["order_id"], bool(each["refused"])) for each in ledger] == [
        ("fulfillmentOrderLineItemsPreparedForPickup", [unit_id], order_id, False),
        ("fulfillmentOrderLineItemsPreparedForPickup", [unit_id], order_id, True),
        ("fulfillmentCreate", [unit_id], order_id, False),
    ]
    assert all(each["at"] for each in ledger)
