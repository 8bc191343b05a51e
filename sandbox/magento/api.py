"""/magento/rest/all/V1/…: what our client talks to, and what every call must bring."""

from __future__ import annotations

import json
import threading
from typing import Any

from flask import Blueprint, Response, request

from sandbox.magento import changes, listing
from sandbox.magento.changes import Refusal
from sandbox.magento.events import KEYS, public_pem
from sandbox.magento.state import ACCESS_TOKEN, MagentoShop


def magento_blueprint(shop: MagentoShop, stopping: threading.Event) -> Blueprint:
    """The API of one shop and Adobe's keys; `stopping` ends answers that were told to be slow."""
    blueprint = Blueprint("magento", __name__, url_prefix="/magento")

    @blueprint.route("/rest/all/V1/<path:path>", methods=["GET", "POST", "PUT", "DELETE"])
    def call(path: str) -> Response:
        stopping.wait(shop.behaviour.get("slow"))
        if shop.behaviour.get("down"):
            return Response("<h1>Service Temporarily Unavailable</h1>", 503, mimetype="text/html")
        try:
            _let_in(shop, path)
            with shop.world.lock:
                found = _answer(shop, request.method, path.split("/"))
        except Refusal as refusal:
            return _json({"message": str(refusal), **refusal.more}, refusal.status)
        if request.method != "GET" and shop.behaviour.spend("lost_answers"):
            return Response("<h1>Gateway Timeout</h1>", 504, mimetype="text/html")
        if shop.behaviour.spend("garbled"):
            return Response("<html>One moment, please</html>", 200, mimetype="text/html")
        return _json(found, 200)

    @blueprint.get("/prod/keys/<name>")
    def key(name: str) -> Response:
        path = f"/prod/keys/{name}"
        if path not in KEYS:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404, mimetype="application/xml")
        return Response(public_pem(path), mimetype="application/x-pem-file")

    return blueprint


def _let_in(shop: MagentoShop, path: str) -> None:
    if shop.behaviour.spend("throttled"):
        raise Refusal(429, "Too many requests.")
    if path == "inventory/in-store-pickup/pickup-locations":
        if shop.behaviour.get("token_revoked"):
            raise Refusal(401, "The consumer isn't authorized to access %resources.")
        return  # open to everybody
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if shop.behaviour.get("token_revoked") or token != ACCESS_TOKEN:
        more = {"parameters": {"resources": "Magento_Sales::actions_view"}}
        raise Refusal(401, "The consumer isn't authorized to access %resources.", more)
    if request.method != "GET" and request.mimetype != "application/json":
        raise Refusal(400, "Server cannot understand Content-Type HTTP header media type.")


def _answer(shop: MagentoShop, method: str, path: list[str]) -> Any:
    match method, path:
        case "GET", ["orders"]:
            return listing.orders(shop)
        case "GET", ["orders", order_id]:
            return listing.order(shop, order_id)
        case "GET", ["inventory", "in-store-pickup", "pickup-locations"]:
            return listing.pickup_locations(shop)
        case "GET", ["inventory", "source-items"]:
            return listing.source_items(shop)
        case "POST", ["inventory", "source-items"]:
            return changes.set_stock(shop, _sent())
        case "POST", ["order", "notify-orders-are-ready-for-pickup"]:
            return changes.notify(shop, _sent())
        case "POST", ["orders", order_id, "comments"]:
            return changes.comment(shop, listing.existing(shop, order_id), _sent())
        case "GET", ["eventing", "getEventSubscriptions"] if not shop.behaviour.get("no_events"):
            return list(shop.events.subscribed.values())
        case "POST", ["eventing", "eventSubscribe"] if not shop.behaviour.get("no_events"):
            return changes.subscribe(shop, _sent())
    raise Refusal(404, "Request does not match any route.")


def _sent() -> Any:
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise Refusal(400, "Decoding error: \n \nSyntax error") from None


def _json(payload: Any, status: int) -> Response:
    return Response(json.dumps(payload), status, mimetype="application/json")
