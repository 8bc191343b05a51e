"""The Pickups API: what lies ready and what was collected, with what the vendor refuses."""

from __future__ import annotations

import re
from typing import Any

from sandbox.bigcommerce.state import Store
from sandbox.bigcommerce.world import PICKUP_METHOD, Order, Record

MOST = 100
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\d{10}")


class Invalid(Exception):
    """422; the text is its title."""


def listed(store: Store, order_ids: str) -> list[Record]:
    """GET ?order_id:in=."""
    wanted = {int(each) for each in order_ids.split(",") if each.isdigit()}
    return [record for record in store.world.records.values() if record.order_id in wanted]


def make(store: Store, wanted: Any) -> list[Record]:
    """POST: all of them or none."""
    checked = [_checked(store, each) for each in _few(wanted)]
    made = []
    for order, entry in checked:
        store.record("record_ready", order.order_id, len(entry["pickup_items"]))
        items = [dict(item) for item in entry["pickup_items"]]
        made.append(store.world.record(order, entry["pickup_method_id"], entry["ready_at"], items))
    return made


def update(store: Store, wanted: Any) -> list[Record]:
    """PUT."""
    found = []
    for entry in _few(wanted):
        if not isinstance(entry, dict) or entry.keys() - {"id", "pickup_id", "ready_at", "collected_at"}:
            raise Invalid("a pickup has id, pickup_id, ready_at and collected_at")
        record = store.world.records.get(entry.get("pickup_id", 0))
        if record is None or entry.get("id") != record.record_id or not _is_moment(entry.get("collected_at")):
            raise Invalid("id, pickup_id or collected_at is invalid")
        found.append((record, entry["collected_at"]))
    for record, at in found:
        store.record("record_collected", record.order_id, at)
        for item in record.items:
            item |= {"status": "COLLECTED", "collected_at": at}
    return [record for record, _ in found]


def _few(wanted: Any) -> list[Any]:
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= MOST:
        raise Invalid("a list of 1 to 100 pickups is needed")
    return wanted


def _checked(store: Store, entry: Any) -> tuple[Order, dict[str, Any]]:
    needed = {"pickup_method_id", "order_id", "ready_at", "pickup_items"}
    if not isinstance(entry, dict) or not needed <= entry.keys() <= needed | {"collected_at"}:
        raise Invalid("pickup_method_id, order_id, ready_at and pickup_items are needed")
    order = store.world.orders.get(entry["order_id"])
    if order is None or order.pickup_id is None or entry["pickup_method_id"] != PICKUP_METHOD:
        raise Invalid("order_id or pickup_method_id is invalid")
    if not _is_moment(entry["ready_at"]) or not isinstance(entry["pickup_items"], list) or not entry["pickup_items"]:
        raise Invalid("ready_at or pickup_items is invalid")
    left = {each.product_id: each.quantity for each in order.products if each.pickup_id}
    for record in listed(store, str(order.order_id)):
        for item in record.items:
            left[item["order_product_id"]] -= item["quantity"]
    for item in entry["pickup_items"]:
        if not isinstance(item, dict) or item.keys() != {"order_product_id", "quantity"}:
            raise Invalid("an item has order_product_id and quantity")
        if not 1 <= item["quantity"] <= left.get(item["order_product_id"], 0):
            raise Invalid("the quantity is more than is left of the product")
        left[item["order_product_id"]] -= item["quantity"]
    return order, entry


def _is_moment(text: Any) -> bool:
    return isinstance(text, str) and bool(_MOMENT.fullmatch(text))
