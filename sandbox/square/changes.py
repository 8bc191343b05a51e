"""What may be changed through the API, with what Square refuses."""

from __future__ import annotations

from typing import Any

from flask import request

from sandbox.square.hooks import NotAllowed
from sandbox.square.state import Seller
from sandbox.square.world import ENDED, STATES

LONGEST_ORDER_KEY, LONGEST_STOCK_KEY = 192, 128
MOST_CHANGES = 100


class Refusal(Exception):
    """An error: its status, Square's code, and words."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.code = code
        categories = {401: "AUTHENTICATION_ERROR", 403: "AUTHENTICATION_ERROR", 429: "RATE_LIMIT_ERROR"}
        self.category = categories.get(status, "API_ERROR" if status >= 500 else "INVALID_REQUEST_ERROR")


def existing(seller: Seller, order_id: str) -> dict[str, Any]:
    """The order. Raises Refusal."""
    if order_id not in seller.world.orders:
        raise Refusal(404, "NOT_FOUND", "Order not found for this id.")
    return seller.world.orders[order_id]


def update_order(seller: Seller, order_id: str, wanted: Any) -> dict[str, Any]:
    """PUT /v2/orders/{id}, as an app uses it to move one fulfilment."""
    key, order = _key(wanted, LONGEST_ORDER_KEY), existing(seller, order_id)
    if key in seller.answered:
        return _same(seller, key, wanted)
    sparse = wanted.get("order")
    if not isinstance(sparse, dict) or sparse.keys() != {"location_id", "version", "fulfillments"}:
        raise Refusal(400, "BAD_REQUEST", "order")
    if sparse["location_id"] != order["location_id"]:
        raise Refusal(400, "INVALID_VALUE", "order.location_id")
    if seller.behaviour.spend("busy"):
        seller.world.changed(order)
    if sparse["version"] != order.get("version"):
        raise Refusal(409, "VERSION_MISMATCH", "The order has changed since this version.")
    for change in sparse["fulfillments"]:
        _check(order, change)
    for change in sparse["fulfillments"]:
        seller.ledger.append((order_id, change["state"]))
        seller.world.move(order, change["uid"], change["state"])
    seller.answered[key] = (wanted, {"order": order})
    return {"order": order}


def change_stock(seller: Seller, wanted: Any) -> dict[str, Any]:
    """POST /v2/inventory/changes/batch-create: goods brought in, once for each key."""
    key = _key(wanted, LONGEST_STOCK_KEY)
    if key in seller.answered:
        return _same(seller, key, wanted)
    listed = wanted.get("changes")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_CHANGES:
        raise Refusal(400, "ARRAY_LENGTH_TOO_LONG", "changes")
    needed = {"catalog_object_id", "from_state", "to_state", "location_id", "quantity", "occurred_at"}
    for change in listed:
        adjustment = change.get("adjustment") if change.get("type") == "ADJUSTMENT" else None
        if not isinstance(adjustment, dict) or not needed <= adjustment.keys() <= needed | {"reference_id"}:
            raise Refusal(400, "MISSING_REQUIRED_PARAMETER", "changes.adjustment")
        way = (adjustment["from_state"], adjustment["to_state"])
        if way not in (
            ("NONE", "IN_STOCK"),
            ("UNLINKED_RETURN", "IN_STOCK"),
            ("IN_STOCK", "SOLD"),
            ("IN_STOCK", "WASTE"),
        ):
            raise Refusal(400, "INVALID_VALUE", "changes.adjustment.to_state")
        if adjustment["location_id"] not in seller.names or not isinstance(adjustment["quantity"], str):
            raise Refusal(400, "INVALID_VALUE", "changes.adjustment.quantity")
    seller.world.stock += [change["adjustment"] for change in listed]
    seller.answered[key] = (wanted, {"counts": []})
    return {"counts": []}


def subscriptions(seller: Seller, method: str, rest: list[str], wanted: Any) -> dict[str, Any]:
    """/v2/webhooks/subscriptions."""
    hooks = seller.hooks
    if method == "GET" and not rest:
        return _listed(seller)
    if method == "POST" and rest[1:] == ["test"] and rest[0] in hooks.all:
        try:
            wanted_topic = wanted.get("event_type") if isinstance(wanted, dict) else None
            return {"subscription_test_result": hooks.test(rest[0], wanted_topic)}
        except NotAllowed as refused:
            raise Refusal(400, "INVALID_VALUE", str(refused)) from None
    if method == "POST" and not rest:
        _key(wanted, LONGEST_ORDER_KEY)
    elif method != "PUT" or len(rest) != 1 or rest[0] not in hooks.all:
        raise Refusal(404, "NOT_FOUND", "Subscription not found.")
    try:
        return {"subscription": hooks.put(wanted.get("subscription"), *rest)}
    except NotAllowed as refused:
        raise Refusal(400, "INVALID_VALUE", str(refused)) from None


def _listed(seller: Seller) -> dict[str, Any]:
    """Page by page; those at rest only for whoever asks for them."""
    everyone = request.args.get("include_disabled") == "true"
    found = [each for each in seller.hooks.all.values() if each["enabled"] or everyone]
    start, size = int(request.args.get("cursor", 0)), seller.behaviour.get("a_page") or 100
    more = {"cursor": str(start + size)} if start + size < len(found) else {}
    return ({"subscriptions": found[start : start + size]} if found else {}) | more


def _check(order: dict[str, Any], change: Any) -> None:
    """A fulfilment goes forward only, and from its end nowhere."""
    found = [each for each in order.get("fulfillments", []) if each["uid"] == change.get("uid")]
    if change.keys() != {"uid", "state"} or not found:
        raise Refusal(400, "INVALID_VALUE", "order.fulfillments.uid")
    before, after = found[0]["state"], change["state"]
    is_forward = after == "CANCELED" or (after in STATES and STATES.index(after) > STATES.index(before))
    if before in ENDED or not is_forward:
        raise Refusal(400, "INVALID_FULFILLMENT_STATE", f"{before} cannot become {after}.")
    if after == "COMPLETED" and order["net_amount_due_money"]["amount"]:
        raise Refusal(400, "BAD_REQUEST", "The order must be paid before it can be completed.")


def _key(wanted: Any, longest: int) -> str:
    key = wanted.get("idempotency_key") if isinstance(wanted, dict) else None
    if not isinstance(key, str) or not 1 <= len(key) <= longest:
        raise Refusal(400, "MISSING_REQUIRED_PARAMETER", "idempotency_key")
    return key


def _same(seller: Seller, key: str, wanted: Any) -> Any:
    """The first answer again, if the same was asked."""
    asked, answer = seller.answered[key]
    if asked != wanted:
        raise Refusal(400, "IDEMPOTENCY_KEY_REUSED", "Different request parameters used for the same idempotency_key.")
    return answer
