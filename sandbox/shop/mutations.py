"""The mutations an app like ours needs, with what Shopify refuses. What is done to orders is in the ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.shop.objects import gid, subscription, written
from sandbox.shop.state import Shop
from sandbox.shop.subscriptions import BY_ENUM
from sandbox.shop.world import Unit, UnitLine

_OPEN = ("OPEN", "IN_PROGRESS")
_LARGEST_FULFILLMENT = 512


class Refusal(Exception):
    """A userError."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


def prepared_for_pickup(shop: Shop, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """fulfillmentOrderLineItemsPreparedForPickup."""
    entries = arguments["input"]["lineItemsByFulfillmentOrder"]
    name = "fulfillmentOrderLineItemsPreparedForPickup"
    with shop.world.lock:
        try:
            if not entries:
                raise Refusal("There are no line items to prepare.", "NO_LINE_ITEMS_TO_PREPARE_FOR_FULFILLMENT_ORDER")
            units = [_preparable(shop, entry["fulfillmentOrderId"]) for entry in entries]
        except Refusal as refusal:
            shop.record(name, _ids(entries), str(refusal.code))
            return {"userErrors": [{"field": ["input"], "message": str(refusal), "code": refusal.code}]}
        shop.world.prepare(units)
        shop.record(name, [unit.unit_id for unit in units])
        return {"userErrors": []}


def fulfillment_create(shop: Shop, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """fulfillmentCreate."""
    wanted = arguments["fulfillment"]
    entries = wanted["lineItemsByFulfillmentOrder"]
    notify = bool(wanted.get("notifyCustomer"))
    with shop.world.lock:
        try:
            takes = [_take(shop, entry) for entry in entries]
            _check_together([unit for unit, _ in takes], sum(len(lines) for _, lines in takes))
        except Refusal as refusal:
            shop.record("fulfillmentCreate", _ids(entries), str(refusal), notify)
            error = {"field": ["fulfillment"], "message": str(refusal)}
            return {"fulfillment": None, "userErrors": [error]}
        fulfillment_id = shop.world.fulfil(takes)
        shop.record("fulfillmentCreate", [unit.unit_id for unit, _ in takes], "", notify)
        return {
            "fulfillment": {
                "id": gid("Fulfillment", fulfillment_id),
                "status": "SUCCESS",
                "displayStatus": "PICKED_UP" if takes[0][0].method == "PICK_UP" else "FULFILLED",
                "createdAt": written(shop.now()),
            },
            "userErrors": [],
        }


def webhook_subscription_create(shop: Shop, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """webhookSubscriptionCreate."""
    topic = BY_ENUM.get(getattr(arguments["topic"], "name", arguments["topic"]))
    uri = str(arguments["webhookSubscription"].get("uri") or "")
    added = shop.webhooks.subscriptions.add(topic, uri) if topic else "Topic is invalid"
    if isinstance(added, str):
        return {"webhookSubscription": None, "userErrors": [{"field": ["webhookSubscription"], "message": added}]}
    return {"webhookSubscription": subscription(added), "userErrors": []}


def _preparable(shop: Shop, text: str) -> Unit:
    unit = _unit(shop, text)
    if unit is None or unit.method != "PICK_UP" or unit.status not in _OPEN:
        raise Refusal("The fulfillment order is not valid for pickup.", "FULFILLMENT_ORDER_INVALID")
    if unit.prepared_at:
        raise Refusal(
            "There are no line items to prepare for this fulfillment order.",
            "NO_LINE_ITEMS_TO_PREPARE_FOR_FULFILLMENT_ORDER",
        )
    return unit


def _take(shop: Shop, entry: Mapping[str, Any]) -> tuple[Unit, list[tuple[UnitLine, int]]]:
    unit = _unit(shop, entry["fulfillmentOrderId"])
    if unit is None:
        raise Refusal("Fulfillment order does not exist.")
    if unit.status not in _OPEN:
        raise Refusal(f"Fulfillment order {unit.unit_id} has an unfulfillable status= {unit.status.lower()}.")
    asked = entry.get("fulfillmentOrderLineItems")
    if asked is None:
        return unit, [(line, line.remaining) for line in unit.lines if line.remaining]
    by_id = {gid("FulfillmentOrderLineItem", line.line_id): line for line in unit.lines}
    quantities = []
    for each in asked:
        line = by_id.get(str(each["id"]))
        if line is None:
            raise Refusal("Fulfillment order line item does not exist.")
        if not 1 <= each["quantity"] <= line.remaining:
            raise Refusal("Invalid fulfillment order line item quantity requested.")
        quantities.append((line, each["quantity"]))
    return unit, quantities


def _check_together(units: list[Unit], lines: int) -> None:
    if not units:
        raise Refusal("Line items by fulfillment order can't be blank.")
    if len({unit.unit_id for unit in units}) < len(units):
        raise Refusal("Fulfillment orders must be unique.")
    if len({unit.order_id for unit in units}) > 1:
        raise Refusal("All fulfillment orders must belong to the same order.")
    if len({unit.location_id for unit in units}) > 1:
        raise Refusal("All fulfillment orders must be assigned to a single location.")
    if lines > _LARGEST_FULFILLMENT:
        raise Refusal(f"A fulfillment cannot have more than {_LARGEST_FULFILLMENT} line items.")


def _unit(shop: Shop, text: str) -> Unit | None:
    found = re.fullmatch(r"gid://shopify/FulfillmentOrder/(\d+)", str(text))
    return shop.world.unit(found[1]) if found else None


def _ids(entries: list[Mapping[str, Any]]) -> list[str]:
    return [str(entry["fulfillmentOrderId"]).rpartition("/")[2] for entry in entries]
