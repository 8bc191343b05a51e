"""Writing calls: their bodies checked against the published schema, then done, then in the ledger."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import request

from sandbox.woocommerce.answers import Answer, WpError, invalid
from sandbox.woocommerce.orders import Order, note_body, refund_body
from sandbox.woocommerce.shop import WooCommerceShop
from sandbox.woocommerce.webhooks import TOPICS

_AMOUNT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?")
_WEBHOOK = {"name": str, "status": str, "topic": str, "delivery_url": str, "secret": str}
_STATUSES = ("active", "paused", "disabled")


def order(shop: WooCommerceShop, found: Order) -> Answer:
    """`PUT /orders/<id>`: the status, meta data, or both."""
    body = _body({"status": str, "meta_data": list})
    status = body.get("status", "")
    if status and status not in shop.statuses:
        raise invalid("status", f"status is not one of {', '.join(sorted(shop.statuses))}.")
    for entry in body.get("meta_data", []):
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str) or "value" not in entry:
            raise invalid("meta_data", "meta_data[0] is not of type object.")
    for entry in body.get("meta_data", []):
        _keep_meta(shop, found, entry["key"], entry["value"])
    before = found.status
    if status and status != before:
        shop.set_status(found, status)
    else:
        shop.changed(found)
    _record(shop, "order", found.order_id, body)
    return Answer(shop.body(found))


def note(shop: WooCommerceShop, found: Order) -> Answer:
    """`POST /orders/<id>/notes`."""
    body = _body({"note": str, "customer_note": bool}, required=("note",))
    made = shop.note(found, body["note"], body.get("customer_note", False))
    _record(shop, "note", found.order_id, body)
    return Answer(note_body(made), 201)


def refund(shop: WooCommerceShop, found: Order) -> Answer:
    """`POST /orders/<id>/refunds`. Money moves unless `api_refund` is false, goods unless `api_restock` is."""
    kinds = {"amount": str, "reason": str, "api_refund": bool, "api_restock": bool, "line_items": list}
    body = _body(kinds, required=("amount",))
    if not _AMOUNT.fullmatch(body["amount"]):
        raise invalid("amount", "amount is not of type string.")
    cents = round(float(body["amount"]) * 100)
    if cents > found.remaining:
        raise WpError(500, "woocommerce_rest_cannot_create_order_refund", "Invalid refund amount.")
    lines = [_refunded(found, each) for each in body.get("line_items", [])]
    moves = body.get("api_refund", True)
    made = shop.refund(found, cents, body.get("reason", ""), lines, body.get("api_restock", True), moves)
    _record(shop, "refund", found.order_id, body)
    warns = any("refund_total" not in each for each in body.get("line_items", []))
    return Answer(refund_body(made, found), 201, warns=warns)


def new_webhook(shop: WooCommerceShop) -> Answer:
    """`POST /webhooks`. A secret that is not given is made, and nobody is told it."""
    body = _body(_WEBHOOK, required=("topic", "delivery_url"))
    _check_webhook(body)
    made = shop.webhooks.create(body.get("name", ""), body["topic"], body["delivery_url"], body.get("secret") or "made")
    return Answer(made.body(), 201)


def webhook(shop: WooCommerceShop, webhook_id: int) -> Answer:
    """`PUT /webhooks/<id>`. What is switched on again keeps its count of failures."""
    found = shop.webhooks.all.get(webhook_id)
    if found is None:
        raise WpError(400, "woocommerce_rest_shop_webhook_invalid_id", "ID is invalid.")
    body = _body(_WEBHOOK)
    _check_webhook(body)
    for name, value in body.items():
        setattr(found, name, value)
    return Answer(found.body())


def _check_webhook(body: Mapping[str, Any]) -> None:
    if "topic" in body and body["topic"] not in TOPICS:
        raise WpError(400, "woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic must be valid.")
    if "status" in body and body["status"] not in _STATUSES:
        raise invalid("status", f"status is not one of {', '.join(_STATUSES)}.")
    if "delivery_url" in body and urlsplit(body["delivery_url"]).scheme not in ("http", "https"):
        raise WpError(400, "woocommerce_rest_shop_webhook_invalid_delivery_url", "Webhook delivery URL must be valid.")


def _body(kinds: Mapping[str, type], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The JSON body. Stricter than the vendor, who passes over a name it does not know."""
    if request.mimetype != "application/json":
        raise WpError(400, "rest_missing_callback_param", f"Missing parameter(s): {', '.join(required)}")
    try:
        body = json.loads(request.get_data())
    except ValueError:
        raise WpError(400, "rest_invalid_json", "Invalid JSON body passed.") from None
    if not isinstance(body, dict):
        raise WpError(400, "rest_invalid_json", "Invalid JSON body passed.")
    for name in required:
        if name not in body:
            raise WpError(400, "rest_missing_callback_param", f"Missing parameter(s): {name}", params=[name])
    for name, value in body.items():
        if name not in kinds:
            raise invalid(name, f"{name} is not a parameter of this call.")
        if not isinstance(value, kinds[name]):
            raise invalid(name, f"{name} is not of type {kinds[name].__name__}.")
    return body


def _refunded(found: Order, wanted: Any) -> tuple[int, int, int]:
    lines = {line.line_id for line in found.lines}
    if not isinstance(wanted, dict) or wanted.get("id") not in lines:
        raise invalid("line_items", "line_items[0][id] is not a line of this order.")
    pieces, total = wanted.get("quantity", 0), wanted.get("refund_total", 0)
    if isinstance(pieces, bool) or not isinstance(pieces, int) or not isinstance(total, (int, float)):
        raise invalid("line_items", "line_items[0][quantity] is not of type integer.")
    return wanted["id"], pieces, round(total * 100)


def _keep_meta(shop: WooCommerceShop, found: Order, key: str, value: Any) -> None:
    for place, (number, known, _) in enumerate(found.meta):
        if known == key:
            found.meta[place] = (number, key, value)
            return
    found.meta.append((shop.new_id(), key, value))


def _record(shop: WooCommerceShop, what: str, order_id: int, body: Mapping[str, Any]) -> None:
    shop.ledger.append({"what": what, "order_id": order_id, "at": shop.now().isoformat(), "body": dict(body)})
