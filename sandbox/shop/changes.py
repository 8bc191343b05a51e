"""What a merchant does to an order later: edits, refunds, moves, splits, merges, holds, deletes; and what is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.shop.catalogue import CATALOGUE
from sandbox.shop.world import NotPossible, Order, Unit, UnitLine, World, unit_body

_OPEN = ("OPEN", "IN_PROGRESS")


def edit(world: World, order: Order, wanted: Mapping[str, Any]) -> None:
    """`add` and `remove`, each {sku: pieces}. What is added joins the first open fulfilment order."""
    unit = next((unit for unit in order.units if unit.status in _OPEN), None)
    if unit is None:
        raise NotPossible("nothing of the order is open")
    additions, removals = [], []
    for sku, pieces in dict(wanted.get("add") or {}).items():
        if sku not in CATALOGUE:
            raise NotPossible(f"there is no {sku}")
        unit.lines.append(world.new_line(CATALOGUE[sku], int(pieces)))
        additions.append({"id": int(unit.lines[-1].order_line_id), "delta": int(pieces)})
    for sku, pieces in dict(wanted.get("remove") or {}).items():
        line = _take_off(order, sku, int(pieces))
        line.total -= int(pieces)
        removals.append({"id": int(line.order_line_id), "delta": int(pieces)})
    news = {
        "id": 1,
        "order_id": int(order.order_id),
        "committed_at": None,
        "line_items": {"additions": additions, "removals": removals},
    }
    world.tell("orders/edited", order, {"order_edit": news})
    world.changed(order)


def refund(world: World, order: Order, wanted: Mapping[str, Any]) -> None:
    """`remove` {sku: pieces}: their money is given back and they are not handed over any more."""
    lines = []
    for sku, pieces in dict(wanted.get("remove") or {}).items():
        line = _take_off(order, sku, int(pieces))
        order.refunded += int(pieces)
        lines.append({"line_item_id": int(line.order_line_id), "quantity": int(pieces), "restock_type": "cancel"})
    body = {
        "id": 509562969,
        "order_id": int(order.order_id),
        "note": None,
        "refund_line_items": lines,
        "transactions": [],
    }
    world.tell("refunds/create", order, body)
    world.changed(order)


def move(world: World, order: Order, wanted: Mapping[str, Any]) -> None:
    """`unit_id` goes to `location_id`: it closes, and a new one with another id appears there."""
    old = _unit(order, wanted)
    new = world.new_unit(order, old, old.lines)
    new.location_id = str(wanted["location_id"])
    old.lines, old.status = [], "CLOSED"
    body = {
        "original_fulfillment_order": unit_body(old)["fulfillment_order"],
        "moved_fulfillment_order": unit_body(new)["fulfillment_order"],
    }
    world.tell("fulfillment_orders/moved", order, body)
    world.changed(order)


def relocate(world: World, order: Order, wanted: Mapping[str, Any]) -> None:
    """`unit_id` goes to `location_id` and keeps its id."""
    unit = _unit(order, wanted)
    unit.location_id = str(wanted["location_id"])
    world.tell("fulfillment_orders/moved", order, {"moved_fulfillment_order": unit_body(unit)["fulfillment_order"]})
    world.changed(order)


def split(world: World, order: Order, wanted: Mapping[str, Any]) -> None:
    """`remove` {sku: pieces} of `unit_id` become a fulfilment order of their own."""
    unit = _unit(order, wanted)
    new = world.new_unit(order, unit, [])
    for sku, pieces in dict(wanted["remove"]).items():
        line = _take_off(order, sku, int(pieces))
        line.total -= int(pieces)
        new.lines.append(world.new_line(line.item, int(pieces), line.order_line_id))
    unit.lines = [line for line in unit.lines if line.total]
    body = {**unit_body(unit), "remaining_fulfillment_order": unit_body(new)["fulfillment_order"]}
    world.tell("fulfillment_orders/split", order, body)
    world.changed(order)


def merge(world: World, order: Order, wanted: Mapping[str, Any]) -> None:
    """`unit_ids`: the first takes everything, the others close."""
    first, *others = [_unit(order, {"unit_id": unit_id}) for unit_id in wanted["unit_ids"]]
    for other in others:
        first.lines += other.lines
        other.lines, other.status = [], "CLOSED"
    ids = [{"fulfillment_order_id": f"gid://shopify/FulfillmentOrder/{unit.unit_id}"} for unit in (first, *others)]
    world.tell("fulfillment_orders/merged", order, {"fulfillment_order_merges": [{"merge_intents": ids}]})
    world.changed(order)


def hold(world: World, order: Order, wanted: Mapping[str, Any]) -> None:
    """`unit_id` is not to be handed over for now."""
    unit = _unit(order, wanted)
    unit.status = "ON_HOLD"
    holds = [{"id": "gid://shopify/FulfillmentHold/1", "reason": "other", "reason_notes": "example"}]
    world.tell("fulfillment_orders/placed_on_hold", order, unit_body(unit, fulfillment_holds=holds))
    world.changed(order)


def release(world: World, order: Order, wanted: Mapping[str, Any]) -> None:
    """`unit_id` may go on."""
    unit = _unit(order, wanted, statuses=("ON_HOLD",))
    unit.status = "OPEN"
    world.tell("fulfillment_orders/hold_released", order, unit_body(unit))
    world.changed(order)


def delete(world: World, order: Order, wanted: Mapping[str, Any]) -> None:
    """The order is gone as if it had never been."""
    del world.orders[order.order_id]
    world.tell("orders/delete", order, {"id": int(order.order_id)})


CHANGES = {each.__name__: each for each in (edit, refund, move, relocate, split, merge, hold, release, delete)}


def change(world: World, order_id: str, what: str, wanted: Mapping[str, Any]) -> None:
    """Do one of CHANGES. Raises NotPossible."""
    with world.lock:
        try:
            CHANGES[what](world, world.existing(order_id), wanted)
        except (KeyError, TypeError, ValueError):
            raise NotPossible(f"{what} needs other words than these") from None


def _unit(order: Order, wanted: Mapping[str, Any], statuses: tuple[str, ...] = _OPEN) -> Unit:
    for unit in order.units:
        if unit.unit_id == str(wanted["unit_id"]) and unit.status in statuses:
            return unit
    raise NotPossible("that fulfilment order is not in a state for it")


def _take_off(order: Order, sku: str, pieces: int) -> UnitLine:
    for unit in order.units:
        for line in unit.lines:
            if line.item.sku == sku and 1 <= pieces <= line.remaining:
                line.remaining -= pieces
                if not any(each.remaining for each in unit.lines):
                    unit.status = "CLOSED"
                return line
    raise NotPossible(f"there are not so many {sku} left")
