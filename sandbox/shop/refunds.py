"""refundCreate, as an app uses it to put back into stock what nobody collected: lines and no money."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.shop.mutations import Refusal
from sandbox.shop.objects import gid, written
from sandbox.shop.state import Shop
from sandbox.shop.world import Order, UnitLine


def refund_create(shop: Shop, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The same key again answers what it answered first."""
    wanted, key = arguments["input"], str(arguments["@idempotent.key"])
    with shop.world.lock:
        if key in shop.world.refunds:
            return shop.world.refunds[key]
        order = shop.world.orders.get(str(wanted["orderId"]).rpartition("/")[2])
        try:
            if order is None:
                raise Refusal("Order does not exist.")
            takes = [_take(order, each) for each in wanted.get("refundLineItems") or []]
            if not takes:
                raise Refusal("A refund must have something to refund.")
        except Refusal as refusal:
            shop.record("refundCreate", _units_of(order, []), str(refusal))
            return {"refund": None, "order": None, "userErrors": [{"field": ["input"], "message": str(refusal)}]}
        unit_ids = _units_of(order, [line for line, _ in takes])
        shop.world.put_back(order, takes)
        shop.record("refundCreate", unit_ids, "", bool(wanted.get("notify")))
        refund = {"id": gid("Refund", "509562969"), "legacyResourceId": "509562969", "note": wanted.get("note")}
        done = {"refund": {**refund, "createdAt": written(shop.now())}, "order": None, "userErrors": []}
        shop.world.refunds[key] = done
        return done


def _take(order: Order, entry: Mapping[str, Any]) -> tuple[UnitLine, int]:
    found = re.fullmatch(r"gid://shopify/LineItem/(\d+)", str(entry["lineItemId"]))
    for line in order.lines:
        if found and line.order_line_id == found[1]:
            restock = getattr(entry.get("restockType"), "name", entry.get("restockType"))
            if restock == "CANCEL" and 1 <= entry["quantity"] <= line.remaining:
                return line, int(entry["quantity"])
    raise Refusal("Quantity cannot refund more items than were purchased and left.")


def _units_of(order: Order | None, lines: list[UnitLine]) -> list[str]:
    units = order.units if order else []
    return [unit.unit_id for unit in units if any(line in unit.lines for line in lines)]
