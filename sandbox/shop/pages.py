"""The shop for people and for the demo: a page to buy from and a JSON API beside it."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox.behaviour import Refused
from sandbox.shop.catalogue import CATALOGUE
from sandbox.shop.changes import CHANGES, change
from sandbox.shop.objects import financial_status
from sandbox.shop.state import Shop
from sandbox.shop.world import NotPossible, Order, Wanted, WantedLine

EMAIL = "shopper@example.com"
"""Of whoever does not say otherwise."""
METHODS = ("PICK_UP", "SHIPPING", "LOCAL", "PICKUP_POINT", "RETAIL", "NONE")


def shop_blueprint(shop: Shop) -> Blueprint:
    """/shop and /shop/api."""
    blueprint = Blueprint("shop", __name__, url_prefix="/shop")

    @blueprint.get("/")
    def page() -> str:
        return render_template("shop.html", items=CATALOGUE.values(), locations=shop.config.locations)

    @blueprint.post("/api/orders")
    def place() -> tuple[Response, int]:
        order = shop.world.place(_wanted(shop, request.get_json(silent=True)), shop.behaviour.get("units_after"))
        return jsonify(order_id=order.order_id, name=order.name), 201

    @blueprint.get("/api/orders")
    def orders() -> Response:
        with shop.world.lock:
            return jsonify(orders=[_seen(shop, order) for order in shop.world.orders.values()])

    @blueprint.post("/api/orders/<order_id>/<any(pay, cancel):action>")
    def pay_or_cancel(order_id: str, action: str) -> Response:
        try:
            order = shop.world.pay(order_id) if action == "pay" else shop.world.cancel(order_id)
        except NotPossible as refusal:
            raise Refused("not_possible", f"This cannot be done: {refusal}.", 409) from None
        return jsonify(_seen(shop, order))

    @blueprint.get("/api/ledger")
    def ledger() -> Response:
        return jsonify(shop.ledger())

    @blueprint.get("/api/behaviour")
    def behaviour() -> Response:
        return jsonify(shop.behaviour.all())

    @blueprint.post("/api/behaviour")
    def behave() -> Response:
        return jsonify(shop.behaviour.change(request.get_json(silent=True)))

    _add_later(blueprint, shop)
    return blueprint


def _add_later(blueprint: Blueprint, shop: Shop) -> None:
    """What happens to orders later, and to the app."""

    @blueprint.post("/api/orders/<order_id>/change")
    def change_later(order_id: str) -> Response:
        wanted = request.get_json(silent=True)
        if not isinstance(wanted, dict) or wanted.get("do") not in CHANGES:
            raise Refused("unknown_change", f"`do` wants one of {', '.join(CHANGES)}.")
        try:
            change(shop.world, order_id, wanted["do"], wanted)
        except NotPossible as refusal:
            raise Refused("not_possible", f"This cannot be done: {refusal}.", 409) from None
        return jsonify(ok=True)

    @blueprint.post("/api/tell")
    def tell() -> Response:
        wanted = request.get_json(silent=True)
        if not isinstance(wanted, dict) or not isinstance(wanted.get("body"), dict):
            raise Refused("not_an_object", "Send a topic and a body.")
        shop.webhooks.tell_app(str(wanted.get("topic")), wanted["body"])
        return jsonify(ok=True)

    @blueprint.post("/api/uninstall")
    def uninstall() -> Response:
        shop.uninstall()
        return jsonify(ok=True)

    @blueprint.get("/api/subscriptions")
    def subscriptions() -> Response:
        return jsonify(subscriptions=[asdict(one) for one in shop.webhooks.subscriptions.all()])


def _wanted(shop: Shop, payload: Any) -> Wanted:
    if not isinstance(payload, dict):
        raise Refused("not_an_object", "Send a JSON object.")
    lines = payload.get("lines")
    if not isinstance(lines, list) or not 1 <= len(lines) <= 250:
        raise Refused("no_lines", "`lines` wants 1 to 250 of {sku, quantity}.")
    paid = payload.get("paid", True)
    if not isinstance(paid, bool):
        raise Refused("bad_paid", "`paid` wants true or false.")
    first_name = str(payload.get("first_name") or "").strip()[:60]
    phone = re.sub(r"[^\d+]", "", str(payload.get("phone") or ""))[:20]
    email = str(payload.get("email", EMAIL) or "").strip()[:254]
    where = payload.get("location_id", "")
    return Wanted(tuple(_line(shop, line, where) for line in lines), first_name, phone, email, paid)


def _line(shop: Shop, line: Any, where: Any) -> WantedLine:
    if not isinstance(line, dict) or line.get("sku") not in CATALOGUE:
        raise Refused("unknown_sku", f"`sku` wants one of {', '.join(CATALOGUE)}.")
    quantity = line.get("quantity", 1)
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= 99:
        raise Refused("bad_quantity", "`quantity` wants 1 to 99.")
    location_id = str(line.get("location_id", where)).rpartition("/")[2]
    if location_id not in shop.names:
        raise Refused("unknown_location", f"`location_id` wants one of {', '.join(shop.names)}.")
    method = line.get("method", "PICK_UP")
    if method not in METHODS:
        raise Refused("unknown_method", f"`method` wants one of {', '.join(METHODS)}.")
    return WantedLine(CATALOGUE[line["sku"]], quantity, location_id, method)


def _seen(shop: Shop, order: Order) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "name": order.name,
        "created_at": order.created_at.isoformat(),
        "first_name": order.first_name,
        "location": shop.names[order.location_id],
        "state": _state(order),
        "financial_status": financial_status(order),
        "fulfillment_status": order.fulfillment_status,
        "total": f"{order.total // 100}.{order.total % 100:02d}",
        "lines": [{"sku": ln.item.sku, "title": ln.item.title, "quantity": ln.total} for ln in order.lines],
        "units": [
            {"unit_id": unit.unit_id, "status": unit.status, "ready": unit.prepared_at is not None}
            for unit in order.units
        ],
    }


def _state(order: Order) -> str:
    """One word for the page, as the platform sees the order."""
    if order.cancelled_at:
        return "cancelled"
    if order.fulfillment_status == "FULFILLED":
        return "picked_up"
    if all(unit.prepared_at for unit in order.units):
        return "ready"
    return "paid" if order.paid else "unpaid"
