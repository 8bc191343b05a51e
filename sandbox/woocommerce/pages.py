"""`/woocommerce/api`: for tests and programs that play the shopper and the merchant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.behaviour import Refused
from sandbox.woocommerce.orders import Order
from sandbox.woocommerce.shop import WooCommerceShop


def pages_blueprint(shop: WooCommerceShop) -> Blueprint:
    """Orders, what happens to them, the ledger, the behaviour."""
    routes = Blueprint("woocommerce_pages", __name__, url_prefix="/woocommerce/api")
    deeds: dict[str, Callable[[Order, dict[str, Any]], Any]] = {
        "status": lambda order, wanted: shop.set_status(order, str(wanted["status"])),
        "refund": lambda order, wanted: _refund(shop, order, wanted),
        "trash": lambda order, wanted: shop.trash(order),
        "restore": lambda order, wanted: shop.restore(order),
        "delete": lambda order, wanted: shop.delete(order),
        "touch": lambda order, wanted: shop.changed(order),
    }

    @routes.post("/orders")
    def place() -> Response:
        return jsonify(order_id=str(shop.place(request.get_json()).order_id))

    @routes.post("/orders/<int:order_id>/change")
    def change(order_id: int) -> Response:
        """`{"do": …}` with one of the deeds above, and the words it wants."""
        wanted = request.get_json()
        if wanted.get("do") not in deeds:
            raise Refused("unknown_deed", f"There are: {', '.join(deeds)}.")
        deeds[wanted["do"]](shop.existing(order_id), wanted)
        return jsonify(order_id=str(order_id))

    @routes.get("/ledger")
    def ledger() -> Response:
        return jsonify(
            writes=shop.ledger,
            deliveries=shop.webhooks.sent,
            emails=shop.emails,
            stock=shop.stock,
            webhooks=[each.body() for each in shop.webhooks.all.values()],
            pings=shop.webhooks.pings,
        )

    @routes.route("/behaviour", methods=["GET", "POST"])
    def behaviour() -> Response:
        return jsonify(shop.behaviour.change(request.get_json()) if request.method == "POST" else shop.behaviour.all())

    return routes


def _refund(shop: WooCommerceShop, order: Order, wanted: dict[str, Any]) -> None:
    """`lines` {sku: pieces} and `amount` in cents."""
    ids = {line.item.sku: line.line_id for line in order.lines}
    lines = [(ids[sku], int(pieces), 0) for sku, pieces in dict(wanted.get("lines", {})).items()]
    shop.refund(order, int(wanted.get("amount", 0)), "Changed their mind", lines, True, True)
