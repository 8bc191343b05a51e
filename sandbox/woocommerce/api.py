"""`/wp-json/wc/v3`: what a client of the shop talks to. It refuses what the published schema does not know."""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, request

from sandbox.woocommerce import listing, writing
from sandbox.woocommerce.answers import Answer, WpError
from sandbox.woocommerce.orders import Order, note_body, refund_body
from sandbox.woocommerce.shop import WooCommerceShop

_WARNING = (
    "<br />\n<b>Warning</b>:  Undefined array key [refund_total] in <b>/srv/wp-content/x.php</b> on line <b>7</b>\n"
)


def api_blueprint(shop: WooCommerceShop, stopping: threading.Event) -> Blueprint:
    """The REST API of one shop; `stopping` ends answers that were told to hang."""
    routes = Blueprint("woocommerce_api", __name__, url_prefix="/wp-json/wc/v3")
    door = _door(shop, stopping)

    def route(path: str, method: str, serve: Callable[..., Answer]) -> None:
        routes.add_url_rule(path, f"{method} {path}", door(serve), methods=[method])

    route("/orders", "GET", lambda: listing.orders(shop))
    route("/orders/<int:of>", "GET", lambda of: Answer(shop.body(_asked_for(shop, of))))
    route("/orders/<int:of>", "PUT", lambda of: writing.order(shop, _order(shop, of)))
    route("/orders/<int:of>/notes", "GET", lambda of: _notes(shop, of))
    route("/orders/<int:of>/notes", "POST", lambda of: writing.note(shop, _order(shop, of)))
    route("/orders/<int:of>/refunds", "GET", lambda of: _refunds(shop, of))
    route("/orders/<int:of>/refunds", "POST", lambda of: writing.refund(shop, _order(shop, of)))
    route("/products", "GET", listing.products)
    route("/settings/products/<of>", "GET", _setting)
    route("/webhooks", "GET", lambda: listing.paged([each.body() for each in shop.webhooks.all.values()]))
    route("/webhooks", "POST", lambda: writing.new_webhook(shop))
    route("/webhooks/<int:of>", "PUT", lambda of: writing.webhook(shop, of))
    route("/shipping/zones", "GET", lambda: Answer([{"id": 0, "name": "Everywhere else", "order": 0}]))
    route("/shipping/zones/0/methods", "GET", lambda: Answer(_methods(shop)))
    return routes


def _door(
    shop: WooCommerceShop, stopping: threading.Event
) -> Callable[[Callable[..., Answer]], Callable[..., Response]]:
    def guarded(serve: Callable[..., Answer]) -> Callable[..., Response]:
        @wraps(serve)
        def served(**arguments: Any) -> Response:
            behaviour = shop.behaviour
            stopping.wait(behaviour.get("slow"))
            for mood, status in (("down", 503), ("blocked", 403)):
                if behaviour.get(mood):
                    return Response("<!doctype html><title>Sorry</title>", status, mimetype="text/html")
            try:
                if behaviour.spend("throttled"):
                    raise WpError(429, "too_many_requests", "Slow down.")
                _check_key(shop)
                with shop.lock:
                    answer = serve(**arguments)
            except WpError as refused:
                return _json(shop, Answer(refused.body(), refused.status))
            if request.method != "GET" and behaviour.spend("lost_answers"):
                stopping.wait(behaviour.get("hang"))
            return _json(shop, answer)

        return served

    return guarded


def _json(shop: WooCommerceShop, answer: Answer) -> Response:
    text = json.dumps(answer.payload)
    if shop.behaviour.get("warnings") or answer.warns:
        text = _WARNING + text
    return Response(text, answer.status, answer.headers, content_type="application/json; charset=UTF-8")


def _check_key(shop: WooCommerceShop) -> None:
    scheme, _, pair = request.headers.get("Authorization", "").partition(" ")
    try:
        key, _, secret = base64.b64decode(pair, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        key = secret = ""
    if scheme != "Basic" or shop.keys.get(key) is None or shop.behaviour.get("key_revoked"):
        raise WpError(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    if shop.keys[key] != secret:
        raise WpError(401, "woocommerce_rest_authentication_error", "Consumer secret is invalid.")


def _order(shop: WooCommerceShop, order_id: int) -> Order:
    found = shop.orders.get(order_id)
    if found is None:
        raise WpError(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
    return found


def _asked_for(shop: WooCommerceShop, order_id: int) -> Order:
    found = _order(shop, order_id)
    others = [order for order in shop.orders.values() if order is not found]
    return others[0] if shop.behaviour.get("lies") and others else found


def _notes(shop: WooCommerceShop, order_id: int) -> Answer:
    return Answer([note_body(note) for note in reversed(_order(shop, order_id).notes)])


def _refunds(shop: WooCommerceShop, order_id: int) -> Answer:
    order = _order(shop, order_id)
    return listing.paged([refund_body(refund, order) for refund in reversed(order.refunds)])


def _setting(of: str) -> Answer:
    units = {"woocommerce_weight_unit": "kg", "woocommerce_dimension_unit": "cm"}
    if of not in units:
        raise WpError(404, "rest_setting_setting_invalid", "Invalid setting.")
    return Answer({"id": of, "label": of, "type": "select", "value": units[of]})


def _methods(shop: WooCommerceShop) -> list[dict[str, Any]]:
    places = [
        {"instance_id": int(number), "title": name, "method_id": "local_pickup", "enabled": True, "order": n}
        for n, (number, name) in enumerate(shop.config.locations, 1)
        if number.isdigit()
    ]
    return [*places, {"instance_id": 1, "title": "Flat rate", "method_id": "flat_rate", "enabled": True, "order": 9}]
