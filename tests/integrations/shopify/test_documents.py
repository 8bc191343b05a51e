"""Every GraphQL document we send, against the rules the pretend shop knows, and its cost against one query's limit."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.shopify import documents
from integrations.shopify.subscriptions import TOPICS
from sandbox.shop.graphql.execute import cost_now
from sandbox.shop.graphql.parse import parse
from sandbox.shop.graphql.validate import LARGEST_COST, check
from sandbox.shop.subscriptions import BY_ENUM

UNIT = "gid://shopify/FulfillmentOrder/1"
LINES = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": UNIT}]}
VARIABLES: dict[str, dict[str, Any]] = {
    "ORDER_PICKUP": {"id": "gid://shopify/Order/1", "first": 5, "after": None},
    "UNIT_LINES": {"id": UNIT, "after": None},
    "UNIT_STATUS": {"id": UNIT},
    "UNIT_ORDER": {"id": UNIT},
    "CHANGED_ORDERS": {"query": "updated_at:>='2026-11-22T12:00:00Z'", "after": None},
    "LOCATIONS": {"after": None},
    "SUBSCRIPTIONS": {"after": None},
    "SUBSCRIBE": {"topic": "ORDERS_CREATE", "subscription": {"uri": "https://example.com/x", "format": "JSON"}},
    "READY_FOR_PICKUP": {"input": LINES},
    "UNIT_LEFT": {"id": UNIT, "after": None},
    "BACK_IN_STOCK": {
        "key": "01a20497-f713-769e-9716-8fd705e1fae2",
        "input": {
            "orderId": "gid://shopify/Order/1",
            "notify": False,
            "note": "Not collected",
            "refundLineItems": [{"lineItemId": "gid://shopify/LineItem/1", "quantity": 1, "restockType": "CANCEL"}],
        },
    },
    "PICKED_UP": {"fulfillment": {**LINES, "notifyCustomer": False}},
}
DOCUMENTS = {name: text for name, text in vars(documents).items() if name.isupper() and not name.startswith("_")}


def test_every_document_is_tried_here() -> None:
    assert set(DOCUMENTS) == set(VARIABLES)


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_a_document_is_what_the_schema_allows_and_no_query_costs_too_much(name: str) -> None:
    operation = parse(DOCUMENTS[name])
    assert check(operation, VARIABLES[name]) == []
    assert 0 < cost_now(operation, VARIABLES[name]) <= LARGEST_COST


def test_every_topic_we_ask_for_is_one_the_shop_has() -> None:
    assert set(TOPICS) <= set(BY_ENUM.values())
